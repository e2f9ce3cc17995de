"""Who gets the next slot.

A candidate needs a slot of the executor (`parallelism`), `pool_slots` of its pool, and room in the limits of its DAG, task
and run. Who comes first:

1. Between DAGs, in one pool: the one whose next task has the higher own `priority_weight`, because a user wrote that; then
   the one that holds the fewest slots of the pool, so that a DAG with thousands of runnable tasks does not starve the
   others; then the one that was served longest ago.
2. Within a DAG: the higher total weight, the older run, the order of definition, the map index.

Candidates that need exactly the same limits wait in one lane. A lane that meets a full limit sleeps there and is woken
when room comes, one lane for each freed place, so the cost of a grant does not grow with how many wait. A task that needs
several slots of a pool is not overtaken for ever: when it is its turn and too few are free, its pool waits for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from heapq import heappop, heappush
from itertools import count, islice
from typing import Any

from tradewind.core.candidate import Candidate, CandidateKey
from tradewind.core.reason import Reason
from tradewind.core.slot_reasons import slot_reasons
from tradewind.core.slots import Lane, Limit, Pool, Queue

__all__ = ["Candidate", "CandidateKey", "Dispatcher"]


class Dispatcher:
    """Slots, limits and everyone who waits for them. Knows nothing of time but what it is told.

    `pools` maps names to slots, -1 for unlimited. `parallelism` 0 means unlimited.
    """

    def __init__(self, pools: Mapping[str, int], parallelism: int) -> None:
        self._executor = Limit("parallelism", "executor", parallelism or math.inf)
        self._executor_by_dag: dict[str, int] = {}
        self._pools: dict[str, Pool] = {}
        self._queues: dict[tuple[str, str], Queue] = {}
        self._lanes: dict[tuple[Any, ...], Lane] = {}
        self._limits: dict[tuple[Any, ...], Limit] = {}
        self._waiting: dict[CandidateKey, tuple[Candidate, Lane]] = {}
        self._holding: dict[CandidateKey, tuple[Candidate, tuple[Limit, ...]]] = {}
        self._dirty: dict[Queue, None] = {}
        """Queues whose turn may have moved since it was written down."""
        self._number = count()
        self._served = count(1)
        for name, slots in pools.items():
            self.set_pool(name, slots)

    # --- what is there -----------------------------------------------------------------------------------------------

    def set_pool(self, name: str, slots: int | None) -> None:
        """A pool has so many slots now; -1: unlimited, None: the pool was deleted. Takes nothing from who holds a slot."""
        pool = self._pool(name)
        pool.is_known = slots is not None
        pool.capacity = 0 if slots is None else math.inf if slots < 0 else slots
        oversized, pool.oversized = pool.oversized, []
        for lane in oversized:
            self._enter(lane)

    def set_parallelism(self, slots: int) -> None:
        self._executor.capacity = slots or math.inf

    def set_dag_limits(self, dag_id: str, max_active_tasks: int | None) -> None:
        """The DAG may run so many tasks at once (in all, or in each run, as its dialect says); None: any number."""
        for key, limit in self._limits.items():
            if key[:2] == ("dag_limit", dag_id):
                limit.capacity = math.inf if max_active_tasks is None else max_active_tasks
                self._wake(limit)

    # --- who wants what ----------------------------------------------------------------------------------------------

    def offer(self, candidate: Candidate) -> None:
        """`candidate` wants a slot. Offering it again, or while it holds one, changes nothing."""
        if candidate.key in self._waiting or candidate.key in self._holding:
            return
        lane = self._lane(candidate)
        self._waiting[candidate.key] = (candidate, lane)
        heappush(lane.heap, (candidate.rank, next(self._number), candidate))
        # First of its lane: the lane has a better place now. One that sleeps stays asleep, what it needs is not there.
        if lane.heap[0][2] is candidate and (lane.entry < 0 or not self._sleeps(lane)):
            self._enter(lane)

    def withdraw(self, key: CandidateKey) -> None:
        """It does not want a slot any more. Unknown keys are ignored."""
        found = self._waiting.pop(key, None)
        if found is not None and self._front(found[1]) is None:
            self._empty(found[1])

    def occupied(self, candidate: Candidate) -> None:
        """`candidate` holds a slot already, whatever the limits say: found so at a start."""
        self.withdraw(candidate.key)
        if candidate.key not in self._holding:
            self._take(candidate, self._limits_of(candidate))

    def released(self, key: CandidateKey) -> None:
        """It holds its slot no longer. Unknown keys are ignored."""
        held = self._holding.pop(key, None)
        if held is None:
            return
        candidate, limits = held
        pool = self._pool(candidate.pool)
        pool.used -= candidate.pool_slots
        _add(pool.used_by_dag, candidate.dag_id, -candidate.pool_slots)
        _add(self._executor_by_dag, candidate.dag_id, -1)
        self._executor.used -= 1
        for limit in limits:
            limit.used -= 1
            self._wake(limit)
            self._forget(limit)
        if (queue := self._queues.get((candidate.pool, candidate.dag_id))) is not None:
            self._dirty[queue] = None

    def started(self, candidate: Candidate) -> None:
        """Same as `occupied`, under the name of the event."""
        self.occupied(candidate)

    def longest_waiting(self, count: int) -> list[CandidateKey]:
        """The first `count` of those who wait, by when they were offered."""
        return list(islice(self._waiting, count))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def holding(self) -> int:
        return len(self._holding)

    def usage(self, pool: str) -> tuple[int, Mapping[str, int]]:
        """Slots taken in a pool: in all, and by DAG."""
        found = self._pool(pool)
        return found.used, dict(found.used_by_dag)

    # --- granting ----------------------------------------------------------------------------------------------------

    def grant(self, now: datetime) -> list[Candidate]:
        """Hand out every slot that is free and wanted, best first. Who is returned holds it until `released`."""
        granted: list[Candidate] = []
        while self._waiting and self._executor.has_room:
            best = self._best()
            if best is None:
                break
            queue, lane, candidate = best
            heappop(lane.heap)
            del self._waiting[candidate.key]
            self._take(candidate, lane.limits)
            queue.served = next(self._served)
            self._dirty[queue] = None
            for limit in lane.limits:
                self._wake(limit)
            if self._front(lane) is None:
                self._empty(lane)
            granted.append(candidate)
        return granted

    def _best(self) -> tuple[Queue, Lane, Candidate] | None:
        """Whose turn it is, over all pools that have a slot to give."""
        while self._dirty:
            queue = next(iter(self._dirty))
            del self._dirty[queue]
            self._rekey(queue)
        found: tuple[Any, Queue, Lane, Candidate] | None = None
        for pool in self._pools.values():
            while pool.turns and pool.free > 0:
                key, number, queue = pool.turns[0]
                if queue.turn != number:
                    heappop(pool.turns)
                    continue
                head = self._head(queue)
                if head is None or self._key(queue, head[1]) != key:
                    heappop(pool.turns)
                    self._rekey(queue)
                    continue
                lane, candidate = head
                if candidate.pool_slots > pool.capacity:
                    self._leave(lane)
                    if lane not in pool.oversized:
                        pool.oversized.append(lane)
                    continue
                if candidate.pool_slots <= pool.free and (found is None or key < found[0]):
                    found = (key, queue, lane, candidate)
                break
        if self._dirty:
            # Lanes were woken while looking: look again.
            return self._best()
        return None if found is None else found[1:]

    def _key(self, queue: Queue, head: Candidate) -> tuple[Any, ...]:
        used = queue.pool.used_by_dag.get(queue.dag_id, 0)
        return (-head.own_weight, used, queue.served, head.rank[1], queue.dag_id)

    def _rekey(self, queue: Queue) -> None:
        head = self._head(queue)
        if head is None:
            queue.turn = -1
            return
        queue.turn = next(self._number)
        turns = queue.pool.turns
        heappush(turns, (self._key(queue, head[1]), queue.turn, queue))
        if len(turns) > 64 and len(turns) > 4 * len(self._queues):
            turns[:] = sorted(entry for entry in turns if entry[2].turn == entry[1])

    def _head(self, queue: Queue) -> tuple[Lane, Candidate] | None:
        """The best candidate of a queue that no limit of its DAG holds up."""
        lanes = queue.lanes
        while lanes:
            rank, number, lane = lanes[0]
            if lane.entry != number:
                heappop(lanes)
                continue
            candidate = self._front(lane)
            if candidate is None:
                self._empty(lane)
            elif candidate.rank != rank:
                self._leave(lane)
                self._enter(lane)
            elif (full := next((limit for limit in lane.limits if not limit.has_room), None)) is not None:
                heappop(lanes)
                lane.entry = next(self._number)
                heappush(full.sleepers, (candidate.rank, lane.entry, lane))
                self._pass_on(lane)
            else:
                return lane, candidate
        return None

    def _front(self, lane: Lane) -> Candidate | None:
        while lane.heap:
            candidate = lane.heap[0][2]
            if self._waiting.get(candidate.key, (None,))[0] is candidate:
                return candidate
            heappop(lane.heap)
        return None

    # --- lanes and limits --------------------------------------------------------------------------------------------

    def _take(self, candidate: Candidate, limits: tuple[Limit, ...]) -> None:
        pool = self._pool(candidate.pool)
        pool.used += candidate.pool_slots
        _add(pool.used_by_dag, candidate.dag_id, candidate.pool_slots)
        _add(self._executor_by_dag, candidate.dag_id, 1)
        self._executor.used += 1
        for limit in limits:
            limit.used += 1
        self._holding[candidate.key] = (candidate, limits)

    def _enter(self, lane: Lane) -> None:
        """Put a lane where its queue looks for it."""
        candidate = self._front(lane)
        if candidate is not None:
            lane.entry = next(self._number)
            heappush(lane.queue.lanes, (candidate.rank, lane.entry, lane))
            self._dirty[lane.queue] = None

    def _leave(self, lane: Lane) -> None:
        lane.entry = -1

    def _sleeps(self, lane: Lane) -> bool:
        return any(not limit.has_room for limit in lane.limits)

    def _wake(self, limit: Limit) -> None:
        """Room came free: the best of the lanes that sleep there may look again."""
        while limit.sleepers and limit.has_room:
            _, number, lane = heappop(limit.sleepers)
            if lane.entry == number:
                self._enter(lane)
                return

    def _pass_on(self, lane: Lane) -> None:
        """A woken lane has no use for the room: let the next one look."""
        for limit in lane.limits:
            self._wake(limit)

    def _pool(self, name: str) -> Pool:
        found = self._pools.get(name)
        if found is None:
            found = self._pools[name] = Pool(name)
        return found

    def _limit(self, kind: str, dag_id: str, name: str, capacity: int | None, *rest: object) -> Limit:
        key = (kind, dag_id, *rest)
        found = self._limits.get(key)
        size = math.inf if capacity is None else capacity
        if found is None:
            found = self._limits[key] = Limit(kind, name, size, key)
        elif found.capacity != size:
            # A newer version of the DAG says something else.
            found.capacity = size
            self._wake(found)
        return found

    def _limits_of(self, candidate: Candidate) -> tuple[Limit, ...]:
        dag_id, (run_key, task_id, _) = candidate.dag_id, candidate.key
        limits = []
        if candidate.max_active_tasks is not None:
            run = (run_key,) if candidate.counts_per_run else ()
            limits.append(self._limit("dag_limit", dag_id, dag_id, candidate.max_active_tasks, *run))
        if candidate.max_active_tis_per_dag is not None:
            limits.append(self._limit("task_limit", dag_id, task_id, candidate.max_active_tis_per_dag, task_id))
        if candidate.max_active_tis_per_dagrun is not None:
            limit = candidate.max_active_tis_per_dagrun
            limits.append(self._limit("run_task_limit", dag_id, task_id, limit, task_id, run_key))
        return tuple(limits)

    def _lane(self, candidate: Candidate) -> Lane:
        limits = self._limits_of(candidate)
        key = (candidate.pool, candidate.dag_id, candidate.pool_slots, *(limit.key for limit in limits))
        lane = self._lanes.get(key)
        if lane is None:
            queue = self._queues.get((candidate.pool, candidate.dag_id))
            if queue is None:
                queue = Queue(self._pool(candidate.pool), candidate.dag_id)
                self._queues[candidate.pool, candidate.dag_id] = queue
            lane = self._lanes[key] = Lane(key, queue, limits)
            for limit in limits:
                limit.lanes += 1
        return lane

    def _empty(self, lane: Lane) -> None:
        """Nobody waits in it any more: another lane may use the room it was woken for, and it is forgotten."""
        self._leave(lane)
        self._pass_on(lane)
        if self._lanes.pop(lane.key, None) is not None:
            for limit in lane.limits:
                limit.lanes -= 1
                self._forget(limit)

    def _forget(self, limit: Limit) -> None:
        if not limit.used and not limit.lanes:
            self._limits.pop(limit.key, None)

    # --- explaining --------------------------------------------------------------------------------------------------

    def why_waiting(self, key: CandidateKey) -> tuple[Reason, ...]:
        """Everything that keeps a waiting candidate from a slot right now; empty when it does not wait here."""
        found = self._waiting.get(key)
        if found is None:
            return ()
        candidate, lane = found
        pool = self._pool(candidate.pool)
        return slot_reasons(candidate, self._executor, self._executor_by_dag, pool, lane.limits)


def _add(counts: dict[str, int], key: str, change: int) -> None:
    left = counts.get(key, 0) + change
    if left:
        counts[key] = left
    else:
        counts.pop(key, None)
