"""Whose turn it is to be imported, and what an import may use."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from tradewind.executors import import_faults
from tradewind.executors.host_handle import HostHandle, Phase
from tradewind.runtime import process_facts

_WATCH_MEMORY_S: Final = 0.1
_PATIENCE_S: Final = 0.5
_SLOW_IMPORTS: Final = 8


class ImportTurns:
    """A limited number of imports at once. One that takes long gives its place away: two files that loop for ever must not
    keep all others waiting for their time-out.

    `fork` starts an import, `end` kills one: (host, cause, detail).
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        at_once: int,
        limit_s: float,
        limit_mb: int,
        fork: Callable[[HostHandle], None],
        end: Callable[[HostHandle, str, str], None],
    ) -> None:
        self._loop = loop
        self._at_once = at_once
        self._limit_s = limit_s
        self._limit_mb = limit_mb
        self._fork = fork
        self._end = end
        self._turns: deque[HostHandle] = deque()
        self._importing: dict[HostHandle, float] = {}
        """Since when."""
        self._watches_memory = False

    def __iter__(self) -> Iterator[HostHandle]:
        """Those that import now."""
        return iter(list(self._importing))

    def __contains__(self, host: HostHandle) -> bool:
        return host in self._importing

    def add(self, host: HostHandle, *, soon: bool = False) -> None:
        """`soon`: somebody waits for it, so it comes before those that were added without."""
        if soon:
            self._turns.appendleft(host)
        else:
            self._turns.append(host)
        self._loop.call_soon(self.go_on)

    def forked(self, host: HostHandle) -> None:
        """Its process exists: its time counts from now."""
        if host in self._importing:
            timeout = import_faults.timeout(host.file, self._limit_s)
            host.timer = self._loop.call_later(self._limit_s, self._end, host, *timeout)

    def remove(self, host: HostHandle) -> None:
        """It is done, or given up; fine when it never had a turn."""
        host.cancel_timer()
        self._importing.pop(host, None)
        if host.phase is Phase.WAITING and host in self._turns:
            self._turns.remove(host)
        self._loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Start what there is room for."""
        while self._turns and self._has_room():
            host = self._turns.popleft()
            host.phase = Phase.IMPORTING
            self._importing[host] = time.monotonic()
            self._fork(host)
            self._loop.call_later(_PATIENCE_S, self.go_on)
        if self._importing and not self._watches_memory and self._limit_mb:
            self._watches_memory = True
            self._loop.call_later(_WATCH_MEMORY_S, self._watch_memory)

    def _has_room(self) -> bool:
        if len(self._importing) >= _SLOW_IMPORTS * self._at_once:
            return False
        recent = time.monotonic() - _PATIENCE_S
        return sum(since > recent for since in self._importing.values()) < self._at_once

    def _watch_memory(self) -> None:
        self._watches_memory = bool(self._importing)
        if not self._importing:
            return
        self._loop.call_later(_WATCH_MEMORY_S, self._watch_memory)
        for host in list(self._importing):
            used_mb = process_facts.rss_kb(host.pid) // 1024 if host.pid else 0
            if used_mb > self._limit_mb:
                self._end(host, *import_faults.too_much_memory(host.file, used_mb, self._limit_mb))
