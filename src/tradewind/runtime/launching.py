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
from typing import NoReturn, Union

import msgspec

from tradewind.core.messages import AskSchedule, StartCallback, StartTry
from tradewind.runtime import process_facts, thread_pins
from tradewind.runtime.framing import FrameReader
from tradewind.runtime.fresh import FreshOrder, start_fresh
from tradewind.runtime.journal import Journal
from tradewind.runtime.plain_signals import BLOCK, DEFAULT, TERM, UNBLOCK, change_mask, set_handler

_CRASHED = 70
_READ_BYTES = 1 << 16
# Told to a child that still has its host's handlers, these would be lost: they wait until it has its own.
_HELD_BACK = (TERM, int(signal.SIGINT), int(signal.SIGHUP))
_CHILD = int(signal.SIGCHLD)


class ForkOrder(msgspec.Struct):
    """What a fork of a host is to do, said once it is there."""

    ident: str
    share: int
    """Of the `cpus`, for the threads of numerical libraries."""
    cpus: int
    work: Union[StartTry, StartCallback, AskSchedule]


@dataclass(frozen=True)
class Launched:
    """A process that was started, and the host's ends of what connects it. The descriptors are the caller's to close."""

    pid: int
    channel: int
    streams: tuple[int, int]
    """Its standard output and its standard error."""
    forked: bool


Perform = Callable[[Union[StartTry, StartCallback, AskSchedule], socket.socket], object]


class Launcher:
    """Starts processes for one host. To be made after the import, when the libraries are loaded.

    `prepare` is called in a fork while it waits for its order, `perform` with the order; `own_fds` names the host's
    descriptors, which a fork closes.
    """

    def __init__(
        self,
        journal: Journal,
        prepare: Callable[[socket.socket], object],
        perform: Perform,
        own_fds: Callable[[], Iterable[int]],
    ) -> None:
        self._journal = journal
        self._prepare = prepare
        self._perform = perform
        self._own_fds = own_fds
        self._host_pid = os.getpid()
        self._thread_setters = thread_pins.loaded_setters()

    def fork(self) -> Launched:
        """A fork that waits for its order (`ForkOrder`). Raises OSError when there is no room for another process."""
        ours, theirs = socket.socketpair()
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        change_mask(BLOCK, _HELD_BACK)
        try:
            pid = _fork()
            if pid == 0:
                for fd in (ours.detach(), out_r, err_r):
                    os.close(fd)
                self._become(theirs, (out_w, err_w))
        except OSError:
            for fd in (ours.detach(), out_r, err_r):
                os.close(fd)
            raise
        finally:
            change_mask(UNBLOCK, _HELD_BACK)
            for fd in (theirs.detach(), out_w, err_w):
                os.close(fd)
        return Launched(pid, ours.detach(), (out_r, err_r), True)

    def fresh(self, ident: str, order: FreshOrder, running: int, user: str | None) -> Launched:
        """Start an interpreter; `order` is still to be sent to its channel. Raises as `start_fresh` does."""
        ours, theirs = socket.socketpair()
        out_r, out_w = os.pipe()
        err_r, err_w = os.pipe()
        share, cpus = share_of(running)
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

    def _become(self, channel: socket.socket, streams: tuple[int, int]) -> NoReturn:
        """The child's life. It ties itself to its host, waits for its order, and carries it out."""
        status = _CRASHED
        try:
            process_facts.die_with_parent(self._host_pid)
            os.setsid()
            signal.set_wakeup_fd(-1)
            for signum in (*_HELD_BACK, _CHILD):
                set_handler(signum, DEFAULT)
            change_mask(UNBLOCK, _HELD_BACK)
            os.dup2(streams[0], 1)
            os.dup2(streams[1], 2)
            for fd in (*streams, self._journal.fd, *self._own_fds()):
                os.close(fd)
            thread_pins.reseed_numpy()
            self._prepare(channel)
            order = _received(channel)
            if order is None:
                os._exit(0)
            os.environ["TRADEWIND_TRY_ID"] = order.ident
            threads = thread_pins.restore(os.environ, order.share, order.cpus)
            if threads > 1:
                for set_threads in self._thread_setters:
                    set_threads(threads)
            self._perform(order.work, channel)
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _received(channel: socket.socket) -> ForkOrder | None:
    """The first frame: the host sends no other before it is asked for something. None: the host does not need this fork."""
    reader: FrameReader[ForkOrder] = FrameReader(ForkOrder)
    while data := channel.recv(_READ_BYTES):
        orders = reader.feed(data)
        if orders:
            return orders[0]
    return None


def _fork() -> int:
    if sys.hexversion < 0x030C0000:
        return os.fork()
    with warnings.catch_warnings():
        # "This process is multi-threaded": it was looked at, see `fork_safety`.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def share_of(running: int) -> tuple[int, int]:
    """Threads for one more process beside those that run, and the number of CPUs."""
    cpus = process_facts.available_cpus()
    return max(1, cpus // (running + 1)), cpus
