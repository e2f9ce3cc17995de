"""The tasks that decided when a run ended: each one that the next had to wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime


def by_ends(ends: Mapping[str, datetime], upstream: Callable[[str], Sequence[str]]) -> list[str]:
    """Of a run that has ended: from the task that ended last back along the upstream that ended last, in running order."""
    if not ends:
        return []
    path = [max(ends, key=lambda task: (ends[task], task))]
    while True:
        above = [task for task in upstream(path[-1]) if task in ends]
        if not above:
            return path[::-1]
        path.append(max(above, key=lambda task: (ends[task], task)))


def by_durations(
    order: Sequence[str], seconds: Mapping[str, float], upstream: Callable[[str], Sequence[str]]
) -> list[str]:
    """The longest way through a graph by durations; tasks without one count as none. `order`: upstreams first."""
    longest: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for task in order:
        above = [up for up in upstream(task) if up in longest]
        best = max(above, key=lambda up: (longest[up], up), default=None)
        before[task] = best
        longest[task] = seconds.get(task, 0.0) + (longest[best] if best is not None else 0.0)
    if not longest or not any(longest.values()):
        return []
    at: str | None = max(longest, key=lambda task: (longest[task], task))
    path: list[str] = []
    while at is not None:
        path.append(at)
        at = before[at]
    return path[::-1]
