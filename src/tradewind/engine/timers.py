"""Every moment the engine waits for, in one heap.

A timer has a key; setting the key again replaces it. Replaced and cancelled entries stay in the heap and are passed over
when they come up, so every operation is O(log n).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable
from datetime import datetime
from itertools import count

Action = Callable[[datetime], None]
"""What happens when a timer is due; it is given the present moment."""


class Timers:
    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Hashable]] = []
        self._current: dict[Hashable, tuple[int, Action]] = {}
        self._numbers = count()

    def set(self, key: Hashable, at: datetime, action: Action) -> None:
        number = next(self._numbers)
        self._current[key] = (number, action)
        heapq.heappush(self._heap, (at, number, key))

    def cancel(self, key: Hashable) -> None:
        self._current.pop(key, None)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._current

    def next_at(self) -> datetime | None:
        """When the earliest live timer is due."""
        while self._heap:
            at, number, key = self._heap[0]
            live = self._current.get(key)
            if live is not None and live[0] == number:
                return at
            heapq.heappop(self._heap)
        return None

    def fire(self, now: datetime) -> int:
        """Runs the action of every timer due at `now`, oldest first; returns how many. Actions may set timers."""
        fired = 0
        while (at := self.next_at()) is not None and at <= now:
            _, _, key = heapq.heappop(self._heap)
            _, action = self._current.pop(key)
            action(now)
            fired += 1
        return fired
