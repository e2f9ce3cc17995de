"""Which of the hosts without work may stay: importing a file again costs time, keeping it costs memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from tradewind.executors.host_handle import HostHandle


class RestingHosts:
    """Lets hosts go that nobody needs: at most `most` rest at a time, and after `for_s` seconds only the `rested` used last.

    `hosts` names all that there are, `leave` tells one to end.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        most: int,
        for_s: float,
        rested: int,
        hosts: Callable[[], Iterable[HostHandle]],
        leave: Callable[[HostHandle], None],
    ) -> None:
        self._loop = loop
        self._most = most
        self._for_s = for_s
        self._rested = rested
        self._hosts = hosts
        self._leave = leave
        self._looks = False
        self.stopped = False

    def has_come_to_rest(self, host: HostHandle) -> None:
        """To be called whenever a host has nothing to do."""
        host.last_used = time.monotonic()
        if host.retired:
            self._leave(host)
            return
        idle = self._idle()
        if len(idle) > self._most:
            self._leave(idle[0])
        elif len(idle) > self._rested and not self._looks:
            self._looks = True
            self._loop.call_later(self._for_s, self._end_rested)

    def _idle(self) -> list[HostHandle]:
        """Hosts without work, the one that has been idle longest first."""
        return sorted((host for host in self._hosts() if host.is_idle), key=lambda host: host.last_used)

    def _end_rested(self) -> None:
        self._looks = False
        if self.stopped:
            return
        idle = self._idle()
        too_many = idle[: max(0, len(idle) - self._rested)]
        cutoff = time.monotonic() - self._for_s
        for host in too_many:
            if host.last_used <= cutoff:
                self._leave(host)
        if too_many and too_many[-1].last_used > cutoff:
            self._looks = True
            self._loop.call_later(self._for_s, self._end_rested)
