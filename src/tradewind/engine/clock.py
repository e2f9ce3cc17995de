"""A clock that stands still until it is turned. (The machine's own is in `tradewind.services.session`.)"""

from __future__ import annotations

from datetime import datetime, timedelta

from tradewind.core.moments import plain_utc


class VirtualClock:
    """Stands at `start` (aware) until it is advanced. Never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = plain_utc(start)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self.set(self._now + by)

    def set(self, to: datetime) -> None:
        """Moves to `to`; a time in the past raises ValueError."""
        if to < self._now:
            raise ValueError(f"the virtual clock stands at {self._now} and cannot go back to {to}")
        self._now = plain_utc(to)
