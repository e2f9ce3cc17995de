"""Makes sure that processes are really gone, before anybody says so."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from typing import Final

from tradewind.runtime import process_facts

_LOOK_AGAIN_S: Final = 0.02


class Burial:
    """Kills processes and all that belongs to their sessions, and calls back when none of them can run code any more.

    Waits by event where the system offers that. A process that the kernel cannot end (a dead network file system) is
    waited for as long as it takes: starting its try again beside it would be worse.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        processes: Callable[[], Iterable[tuple[int, int]]],
        try_ids: Iterable[str],
        done: Callable[[], object],
    ) -> None:
        """`processes`: (pid, start_ticks) of session leaders; `try_ids` finds what left the session.

        `processes` is asked before each look, so that it may find more when those that it named before are gone: a host
        that dies may have forked a try that had not written itself down yet.
        """
        self._loop = loop
        self._processes = processes
        self._marks = frozenset(try_ids)
        self._done = done
        self._waiting: dict[int, int] = {}
        self._polled: list[tuple[int, int]] = []
        self._round()

    def _round(self) -> None:
        """Kill what is found; when nothing is found any more, that was it."""
        leaders = dict(self._processes())
        found = {(pid, ticks) for pid, ticks in leaders.items() if process_facts.is_alive(pid, ticks)}
        if leaders or self._marks:
            # A session's number is its leader's pid. Should that be another process's by now, the session is not ours.
            ours = {pid for pid, ticks in leaders.items() if not _is_someone_else(pid, ticks)}
            found |= {(pid, ticks) for pid, ticks, _ in process_facts.members(ours, self._marks)}
        if not found:
            self._done()
            return
        for pid, ticks in found:
            fd = process_facts.open_pidfd(pid, ticks)
            if fd is None:
                self._polled.append((pid, ticks))
            else:
                self._waiting[fd] = pid
                self._loop.add_reader(fd, self._gone, fd)
            process_facts.send_signal(pid, ticks, signal.SIGKILL)
        if self._polled:
            self._loop.call_later(_LOOK_AGAIN_S, self._poll)

    def _gone(self, fd: int) -> None:
        self._loop.remove_reader(fd)
        os.close(fd)
        del self._waiting[fd]
        self._next_round()

    def _poll(self) -> None:
        self._polled = [(pid, ticks) for pid, ticks in self._polled if process_facts.is_alive(pid, ticks)]
        if self._polled:
            self._loop.call_later(_LOOK_AGAIN_S, self._poll)
        else:
            self._next_round()

    def _next_round(self) -> None:
        if not self._waiting and not self._polled:
            # They may have started others while they died.
            self._round()


def _is_someone_else(pid: int, ticks: int) -> bool:
    stat = process_facts.stat_of(pid)
    return stat is not None and bool(ticks) and stat.start_ticks != ticks
