"""Runs that wait for `max_active_runs`, and how many run: for each DAG, and for each backfill on its own."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tradewind.core.records import RunRecord
from tradewind.core.states import RunType

Lane = tuple[str, int | None]
"""(dag_id, backfill id): runs that share one limit."""


@dataclass(frozen=True, order=True, slots=True)
class QueuedRun:
    run_after: datetime
    run_key: int
    dag_id: str
    run_type: RunType
    backfill_id: int | None

    @property
    def lane(self) -> Lane:
        return (self.dag_id, self.backfill_id)


class RunQueue:
    def __init__(self) -> None:
        self._waiting: dict[Lane, list[tuple[datetime, int]]] = defaultdict(list)
        self._queued: dict[int, QueuedRun] = {}
        self._running: dict[int, Lane] = {}
        self._counts: dict[Lane, int] = defaultdict(int)

    def push(self, run: QueuedRun) -> None:
        if run.run_key not in self._queued and run.run_key not in self._running:
            self._queued[run.run_key] = run
            heapq.heappush(self._waiting[run.lane], (run.run_after, run.run_key))

    def occupy(self, record: RunRecord) -> None:
        """A run of the DAG is running now."""
        if record.run_key not in self._running:
            lane = (record.dag_id, record.backfill_id)
            self._running[record.run_key] = lane
            self._counts[lane] += 1
        self._queued.pop(record.run_key, None)

    def remove(self, run_key: int) -> None:
        """The run is over, or is no longer this queue's concern."""
        self._queued.pop(run_key, None)
        lane = self._running.pop(run_key, None)
        if lane is not None:
            self._counts[lane] -= 1

    def active(self, dag_id: str) -> int:
        """Queued and running runs of the DAG that are not part of a backfill."""
        queued = sum(1 for run in self._queued.values() if run.lane == (dag_id, None))
        return queued + self._counts[(dag_id, None)]

    def promotable(self, room: Callable[[str, int | None], int], now: datetime) -> Iterator[QueuedRun]:
        """Takes out the runs that may start now, those that are due first.

        The caller calls `occupy` for each it starts before asking for the next.
        """
        for lane in list(self._waiting):
            heap = self._waiting[lane]
            limit: int | None = None
            while heap:
                run = self._queued.get(heap[0][1])
                if run is None:
                    heapq.heappop(heap)
                    continue
                if run.run_after > now:
                    break
                if limit is None:
                    limit = room(*lane)
                if self._counts[lane] >= limit:
                    break
                heapq.heappop(heap)
                del self._queued[run.run_key]
                yield run
            if not heap:
                del self._waiting[lane]
