"""Forks of a DAG host that were made before they are needed, and wait for their order.

A fork costs more than all the rest of a short task: the page tables of the host are copied, and then each page that the host
itself touches once more. Made while the task before runs, it is off the way between two tasks; made several at a time, the
host's share is paid once for all of them. A spare holds memory, so there are none while the host has nothing to do.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Final

from tradewind.runtime.launching import Launched, Launcher

MOST: Final = 8
"""At a time."""
KEPT_S: Final = 1.0
"""Without a new order the spares end after so long."""


class Spares:
    """The spare forks of one host."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._waiting: list[Launched] = []
        self._next = 1
        """How many to make next time: more with each time that all were used."""
        self._due = 0
        self._used_at = 0.0

    @property
    def fds(self) -> list[int]:
        """Descriptors of the host's side, to be closed in other children."""
        return [fd for spare in self._waiting for fd in (spare.channel, *spare.streams)]

    @property
    def count(self) -> int:
        return len(self._waiting)

    def take(self) -> Launched:
        """A fork for an order that is there now. Raises OSError when there is none and no room for another process."""
        self._used_at = time.monotonic()
        spare = self._first_alive()
        if not self._waiting and not self._due:
            self._due, self._next = self._next, min(2 * self._next, MOST)
        return spare or self._launcher.fork()

    def _first_alive(self) -> Launched | None:
        while self._waiting:
            spare = self._waiting.pop(0)
            if _lives(spare.pid):
                return spare
            _close(spare)
        return None

    @property
    def is_due(self) -> bool:
        """Whether new ones are to be made, one after the other, as far as nothing else is to be done."""
        return self._due > 0

    def make_one(self) -> None:
        """Raises nothing."""
        self._due -= 1
        try:
            self._waiting.append(self._launcher.fork())
        except OSError:
            # No room now; a task that needs a process will say so.
            self._due = 0

    def end_unused(self, now: float) -> None:
        """End all when none was needed for `KEPT_S`. `now` in seconds of the monotonic clock."""
        if self._waiting and now - self._used_at > KEPT_S:
            self.end_all()

    def end_all(self) -> None:
        """End all at once: what they were forked from is not what it was, or nobody needs them."""
        self._next = 1
        self._due = 0
        while self._waiting:
            spare = self._waiting.pop()
            _close(spare)
            try:
                os.kill(spare.pid, signal.SIGKILL)
            except OSError:
                pass
            try:
                os.waitpid(spare.pid, 0)
            except ChildProcessError:
                pass


def _lives(pid: int) -> bool:
    """It has not been waited for, so the pid is its own. One that has ended is, by this."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def _close(spare: Launched) -> None:
    for fd in (spare.channel, *spare.streams):
        os.close(fd)
