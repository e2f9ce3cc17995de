"""Going into the background, as `airflow scheduler -D` does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tradewind.cli.errors import Refused


def daemonize(
    name: str,
    home: Path,
    *,
    pid: Path | None = None,
    stdout: Path | None = None,
    stderr: Path | None = None,
    log: Path | None = None,
) -> None:
    """Returns in the daemon only; the process that was called prints where the daemon is and exits with 0.

    Files default to `airflow-<name>.{pid,out,err}` in the home. Raises Refused while the pid file names a
    living process.
    """
    pid_file = pid or home / f"airflow-{name}.pid"
    running = _living(pid_file)
    if running:
        raise Refused(f"The {name} already runs as process {running} (see {pid_file}). Stop it with `kill {running}`.")
    out = stdout or log or home / f"airflow-{name}.out"
    err = stderr or log or home / f"airflow-{name}.err"
    sys.stdout.flush()
    sys.stderr.flush()
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        print(f"The {name} runs in the background; its process id is in {pid_file}, its output in {out}.")
        sys.stdout.flush()
        os._exit(0)
    os.setsid()
    if os.fork():
        # The session's leader goes, so that no terminal can ever become the daemon's own.
        os._exit(0)
    os.umask(0o077)
    written = pid_file.with_name(f"{pid_file.name}.{os.getpid()}")
    written.write_text(f"{os.getpid()}\n")
    written.replace(pid_file)
    _redirect(out, err)


def _living(pid_file: Path) -> int | None:
    """The process in the pid file, when it lives."""
    try:
        pid = int(pid_file.read_text())
        os.kill(pid, 0)
    except PermissionError:
        return pid
    except (OSError, ValueError):
        return None
    return pid


def _redirect(out: Path, err: Path) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for path, number in ((out, 1), (err, 2)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
