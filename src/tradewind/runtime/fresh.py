"""A try in an interpreter of its own, for files whose process must not be forked.

    python -m tradewind.runtime.fresh

Descriptor 0 is the channel to the DAG host; its first frame is a `FreshOrder`. 1 and 2 lead to the try's log. The file is
imported again; `Ready` says when that is done.
"""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import traceback
from typing import Final

import msgspec

from tradewind.core.messages import CallbackRun, Failed, Ready, TaskEnds, TaskTry
from tradewind.runtime import process_facts, thread_pins
from tradewind.runtime.framing import HEADER_BYTES, frame
from tradewind.runtime.settings import RuntimeSettings

_HOST: Final = "TRADEWIND_HOST_PID"
_JOURNAL: Final = "TRADEWIND_JOURNAL"


class FreshOrder(msgspec.Struct):
    """What to import and to run: a try or a callback."""

    file: str
    source: str | None
    source_digest: str
    settings: RuntimeSettings
    task_try: TaskTry | None = None
    callback: CallbackRun | None = None

    def frame(self) -> bytes:
        return frame(self)


def start_fresh(
    channel: socket.socket,
    out: int,
    err: int,
    journal: str,
    ident: str,
    host_pid: int,
    share: int,
    cpus: int,
    user: str | None,
) -> int:
    """Start the interpreter; answers its pid.

    `user` is `run_as_user`. Raises OSError when no process can be started, LookupError or PermissionError when that user
    is unknown or we may not act for him.
    """
    environ = dict(os.environ)
    threads = thread_pins.restore(environ, share, cpus)
    if threads < cpus:
        for name in thread_pins.PINNED:
            environ.setdefault(name, str(threads))
    environ |= {_HOST: str(host_pid), _JOURNAL: journal, "TRADEWIND_TRY_ID": ident}
    account: pwd.struct_passwd | None = None
    groups: list[int] = []
    if user is not None:
        own, account = os.geteuid(), pwd.getpwnam(user)
        environ |= {"HOME": account.pw_dir, "USER": user, "LOGNAME": user}
        if account.pw_uid == own:
            account = None
        elif own == 0:
            groups = os.getgrouplist(user, account.pw_gid)
        else:
            raise PermissionError(
                "tradewind itself does not run as root, so it cannot start a process for another user. Start it as root, "
                "or leave run_as_user out"
            )
    process = subprocess.Popen(
        [sys.executable, "-m", "tradewind.runtime.fresh"],
        stdin=channel.fileno(),
        stdout=out,
        stderr=err,
        env=environ,
        start_new_session=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=groups if account else None,
    )
    # The host waits for its children itself.
    process.returncode = 0
    return process.pid


def main() -> None:
    from tradewind.runtime.journal import write_try

    host_pid = int(os.environ.pop(_HOST))
    process_facts.die_with_parent(host_pid)
    journal = os.environ.pop(_JOURNAL)
    try:
        fd = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError:
        # As another user it cannot be written; the host knows the pid as well.
        pass
    else:
        write_try(fd, os.environ["TRADEWIND_TRY_ID"])
        os.close(fd)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sock = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    order = _receive_order(sock)
    status = 70
    try:
        _carry_out(order, sock)
        status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _receive_order(sock: socket.socket) -> FreshOrder:
    """Exactly one frame: what follows it belongs to the task's channel."""
    length = int.from_bytes(_exactly(sock, HEADER_BYTES), "big")
    return msgspec.msgpack.decode(_exactly(sock, length), type=FreshOrder)


def _exactly(sock: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = sock.recv(length - len(data))
        if not piece:
            os._exit(70)
        data += piece
    return bytes(data)


def _carry_out(order: FreshOrder, sock: socket.socket) -> None:
    from tradewind.runtime.importing import entry, import_file
    from tradewind.runtime.task_channel import TaskChannel

    settings = order.settings
    channel = TaskChannel(sock)
    dags, parsed = import_file(order.file, order.source, order.source_digest, settings, channel)
    work = order.task_try or order.callback
    assert work is not None
    dag = dags.get(work.run.dag_id)
    if dag is None:
        problem = parsed.problems[0].message if parsed.problems else "the file does not define it any more"
        print(
            f"DAG {work.run.dag_id!r} could not be imported from {order.file}: {problem}", file=sys.stderr, flush=True
        )
        sock.sendall(frame(TaskEnds(Failed(cause="import_error", error=problem.splitlines()[0]))))
        return
    sock.sendall(frame(Ready()))
    if order.task_try is not None:
        entry(settings.run_try)(dag, order.task_try, sock)
    else:
        entry(settings.run_callback)(dag, order.callback, sock)


if __name__ == "__main__":
    main()
