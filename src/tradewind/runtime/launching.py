"""The start of a process for a try, a callback or a question: a fork of the DAG host, or a fresh interpreter."""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from tradewind.runtime import process_facts, thread_pins
from tradewind.runtime.fresh import FreshOrder, start_fresh
from tradewind.runtime.journal import Journal, write_try

_CRASHED = 70
# Told to a child that still has its host's handlers, these would be lost: they wait until it has its own.
_HELD_BACK = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class Launched:
    """A process that was started, and the host's ends of what connects it. The descriptors are the caller's to close."""

    pid: int
    channel: int
    streams: tuple[int, int]
    """Its standard output and its standard error."""
    forked: bool


class Launcher:
    """Starts processes for one host. To be made after the import, when the libraries are loaded."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._host_pid = os.getpid()
        self._thread_setters = thread_pins.loaded_setters()

    def fork(
        self,
        ident: str,
        run: Callable[[socket.socket], object],
        own_fds: Callable[[], Iterable[int]],
        running: int,
        in_journal: bool,
    ) -> Launched:
        """Run `run(channel)` in a fork. `own_fds` are the host's descriptors, which the child closes; `running` counts the
        processes beside it. Raises OSError when there is no room for another process."""
        ours, theirs = socket.socketpair()
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        share, cpus = _share(running)
        signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
        try:
            pid = _fork()
            if pid == 0:
                for fd in (ours.detach(), out_r, err_r):
                    os.close(fd)
                self._become(ident, run, theirs, (out_w, err_w), own_fds, share, cpus, in_journal)
        except OSError:
            for fd in (ours.detach(), out_r, err_r):
                os.close(fd)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
            for fd in (theirs.detach(), out_w, err_w):
                os.close(fd)
        return Launched(pid, ours.detach(), (out_r, err_r), True)

    def fresh(self, ident: str, order: FreshOrder, running: int, user: str | None) -> Launched:
        """Start an interpreter; `order` is still to be sent to its channel. Raises as `start_fresh` does."""
        ours, theirs = socket.socketpair()
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        share, cpus = _share(running)
        try:
            pid = start_fresh(theirs, out_w, err_w, self._journal.path, ident, self._host_pid, share, cpus, user)
        except BaseException:
            for fd in (ours.detach(), out_r, err_r):
                os.close(fd)
            raise
        finally:
            for fd in (theirs.detach(), out_w, err_w):
                os.close(fd)
        return Launched(pid, ours.detach(), (out_r, err_r), False)

    def _become(
        self,
        ident: str,
        run: Callable[[socket.socket], object],
        channel: socket.socket,
        streams: tuple[int, int],
        own_fds: Callable[[], Iterable[int]],
        share: int,
        cpus: int,
        in_journal: bool,
    ) -> NoReturn:
        """The child's life. Before any user code it ties itself to its host and writes down that it exists."""
        status = _CRASHED
        try:
            process_facts.die_with_parent(self._host_pid)
            os.setsid()
            if in_journal:
                write_try(self._journal.fd, ident)
            signal.set_wakeup_fd(-1)
            for signum in (*_HELD_BACK, signal.SIGCHLD):
                signal.signal(signum, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
            os.dup2(streams[0], 1)
            os.dup2(streams[1], 2)
            for fd in (*streams, self._journal.fd, *own_fds()):
                os.close(fd)
            os.environ["TRADEWIND_TRY_ID"] = ident
            threads = thread_pins.restore(os.environ, share, cpus)
            if threads > 1:
                for set_threads in self._thread_setters:
                    set_threads(threads)
            thread_pins.reseed_numpy()
            run(channel)
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _fork() -> int:
    if sys.hexversion < 0x030C0000:
        return os.fork()
    with warnings.catch_warnings():
        # "This process is multi-threaded": it was looked at, see `fork_safety`.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _share(running: int) -> tuple[int, int]:
    """Threads for one more process beside those that run, and the number of CPUs."""
    cpus = process_facts.available_cpus()
    return max(1, cpus // (running + 1)), cpus
