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
from itertools import count
from typing import Any, Final

from tradewind.core.graph import Graph
from tradewind.core.reason import Reason
from tradewind.core.records import RunRecord
from tradewind.core.run_view import Instance

CandidateKey = tuple[int, str, int]
"""(run_key, task_id, map_index)"""

_NAMED: Final = 3


class Candidate:
    """A task instance that wants a slot, or holds one."""

    __slots__ = (
        "counts_per_run",
        "dag_id",
        "key",
        "max_active_tasks",
        "max_active_tis_per_dag",
        "max_active_tis_per_dagrun",
        "own_weight",
        "pool",
        "pool_slots",
        "rank",
        "run_id",
    )

    def __init__(
        self,
        *,
        dag_id: str,
        run_key: int,
        run_id: str,
        task_id: str,
        map_index: int,
        run_after: datetime,
        order: int = 0,
        pool: str = "default_pool",
        pool_slots: int = 1,
        own_weight: int = 1,
        total_weight: int = 1,
        max_active_tasks: int | None = None,
        counts_per_run: bool = False,
        max_active_tis_per_dag: int | None = None,
        max_active_tis_per_dagrun: int | None = None,
    ) -> None:
        self.key: CandidateKey = (run_key, task_id, map_index)
        self.dag_id = dag_id
        self.run_id = run_id
        self.pool = pool
        self.pool_slots = pool_slots
        self.own_weight = own_weight
        self.max_active_tasks = max_active_tasks
        self.counts_per_run = counts_per_run
        """Whether `max_active_tasks` bounds each run (Airflow 3) or all runs of the DAG together (Airflow 2)."""
        self.max_active_tis_per_dag = max_active_tis_per_dag
        self.max_active_tis_per_dagrun = max_active_tis_per_dagrun
        self.rank = (-total_weight, run_after, order, map_index, run_key)
        """Place within its DAG; smaller goes first."""

    def __repr__(self) -> str:
        return f"Candidate({self.dag_id!r}, {self.key!r})"

    @property
    def run_key(self) -> int:
        return self.key[0]

    @property
    def task_id(self) -> str:
        return self.key[1]

    @property
    def map_index(self) -> int:
        return self.key[2]

    @classmethod
    def of(cls, graph: Graph, run: RunRecord, instance: Instance) -> Candidate:
        """The candidate for an instance. A backfill's order is that of its runs, as for all others."""
        task = instance.task
        return cls(
            dag_id=run.dag_id,
            run_key=run.run_key,
            run_id=run.run_id,
            task_id=task.task_id,
            map_index=instance.map_index,
            run_after=run.run_after,
            order=graph.nodes[task.task_id].index,
            pool=instance.pool,
            pool_slots=instance.pool_slots,
            own_weight=task.priority_weight,
            total_weight=instance.priority_weight,
            max_active_tasks=graph.spec.max_active_tasks,
            counts_per_run=graph.spec.dialect >= 3,
            max_active_tis_per_dag=task.max_active_tis_per_dag,
            max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        )


class _Limit:
    """So many at once. Lanes that found it full sleep in it, the best first."""

    __slots__ = ("capacity", "key", "kind", "lanes", "name", "sleepers", "used")

    def __init__(self, kind: str, name: str, capacity: float, key: tuple[Any, ...] = ()) -> None:
        self.key = key
        self.kind = kind
        self.name = name
        self.capacity = capacity
        self.used = 0
        self.lanes = 0
        """Lanes that share it; when nobody waits or runs any more it is forgotten, as runs come and go."""
        self.sleepers: list[tuple[Any, int, _Lane]] = []

    @property
    def has_room(self) -> bool:
        return self.used < self.capacity


class _Pool:
    __slots__ = ("capacity", "is_known", "name", "oversized", "turns", "used", "used_by_dag")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_known = False
        self.capacity: float = 0
        self.used = 0
        self.used_by_dag: dict[str, int] = {}
        self.turns: list[tuple[Any, int, _Queue]] = []
        self.oversized: list[_Lane] = []
        """Lanes whose candidates need more slots than the pool has."""

    @property
    def free(self) -> float:
        return self.capacity - self.used


class _Queue:
    """The lanes of one DAG in one pool."""

    __slots__ = ("dag_id", "lanes", "pool", "served", "turn")

    def __init__(self, pool: _Pool, dag_id: str) -> None:
        self.pool = pool
        self.dag_id = dag_id
        self.lanes: list[tuple[Any, int, _Lane]] = []
        self.served = 0
        self.turn = -1
        """Number of its valid entry in `pool.turns`; -1: none."""


class _Lane:
    """Candidates that share every limit."""

    __slots__ = ("entry", "heap", "key", "limits", "queue")

    def __init__(self, key: tuple[Any, ...], queue: _Queue, limits: tuple[_Limit, ...]) -> None:
        self.key = key
        self.queue = queue
        self.limits = limits
        self.heap: list[tuple[Any, int, Candidate]] = []
        self.entry = -1
        """Number of its valid entry, in its queue or in the limit where it sleeps; -1: none."""


class Dispatcher:
    """Slots, limits and everyone who waits for them. Knows nothing of time but what it is told.

    `pools` maps names to slots, -1 for unlimited. `parallelism` 0 means unlimited.
    """

    def __init__(self, pools: Mapping[str, int], parallelism: int) -> None:
        self._executor = _Limit("parallelism", "executor", parallelism or math.inf)
        self._executor_by_dag: dict[str, int] = {}
        self._pools: dict[str, _Pool] = {}
        self._queues: dict[tuple[str, str], _Queue] = {}
        self._lanes: dict[tuple[Any, ...], _Lane] = {}
        self._limits: dict[tuple[Any, ...], _Limit] = {}
        self._waiting: dict[CandidateKey, tuple[Candidate, _Lane]] = {}
        self._holding: dict[CandidateKey, tuple[Candidate, tuple[_Limit, ...]]] = {}
        self._dirty: dict[_Queue, None] = {}
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
        self._waiting.pop(key, None)

    def occupied(self, candidate: Candidate) -> None:
        """`candidate` holds a slot already, whatever the limits say: found so at a start."""
        self._waiting.pop(candidate.key, None)
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
            granted.append(candidate)
        return granted

    def _best(self) -> tuple[_Queue, _Lane, Candidate] | None:
        """Whose turn it is, over all pools that have a slot to give."""
        while self._dirty:
            queue = next(iter(self._dirty))
            del self._dirty[queue]
            self._rekey(queue)
        found: tuple[Any, _Queue, _Lane, Candidate] | None = None
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

    def _key(self, queue: _Queue, head: Candidate) -> tuple[Any, ...]:
        used = queue.pool.used_by_dag.get(queue.dag_id, 0)
        return (-head.own_weight, used, queue.served, head.rank[1], queue.dag_id)

    def _rekey(self, queue: _Queue) -> None:
        head = self._head(queue)
        if head is None:
            queue.turn = -1
            return
        queue.turn = next(self._number)
        turns = queue.pool.turns
        heappush(turns, (self._key(queue, head[1]), queue.turn, queue))
        if len(turns) > 64 and len(turns) > 4 * len(self._queues):
            turns[:] = sorted(entry for entry in turns if entry[2].turn == entry[1])

    def _head(self, queue: _Queue) -> tuple[_Lane, Candidate] | None:
        """The best candidate of a queue that no limit of its DAG holds up."""
        lanes = queue.lanes
        while lanes:
            rank, number, lane = lanes[0]
            if lane.entry != number:
                heappop(lanes)
                continue
            candidate = self._front(lane)
            if candidate is None:
                self._leave(lane)
                self._pass_on(lane)
                self._drop(lane)
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

    def _front(self, lane: _Lane) -> Candidate | None:
        while lane.heap:
            candidate = lane.heap[0][2]
            if self._waiting.get(candidate.key, (None,))[0] is candidate:
                return candidate
            heappop(lane.heap)
        return None

    # --- lanes and limits --------------------------------------------------------------------------------------------

    def _take(self, candidate: Candidate, limits: tuple[_Limit, ...]) -> None:
        pool = self._pool(candidate.pool)
        pool.used += candidate.pool_slots
        _add(pool.used_by_dag, candidate.dag_id, candidate.pool_slots)
        _add(self._executor_by_dag, candidate.dag_id, 1)
        self._executor.used += 1
        for limit in limits:
            limit.used += 1
        self._holding[candidate.key] = (candidate, limits)

    def _enter(self, lane: _Lane) -> None:
        """Put a lane where its queue looks for it."""
        candidate = self._front(lane)
        if candidate is not None:
            lane.entry = next(self._number)
            heappush(lane.queue.lanes, (candidate.rank, lane.entry, lane))
            self._dirty[lane.queue] = None

    def _leave(self, lane: _Lane) -> None:
        lane.entry = -1

    def _sleeps(self, lane: _Lane) -> bool:
        return any(not limit.has_room for limit in lane.limits)

    def _wake(self, limit: _Limit) -> None:
        """Room came free: the best of the lanes that sleep there may look again."""
        while limit.sleepers and limit.has_room:
            _, number, lane = heappop(limit.sleepers)
            if lane.entry == number:
                if self._front(lane) is None:
                    self._leave(lane)
                    self._drop(lane)
                    continue
                self._enter(lane)
                return

    def _pass_on(self, lane: _Lane) -> None:
        """A woken lane has no use for the room: let the next one look."""
        for limit in lane.limits:
            self._wake(limit)

    def _pool(self, name: str) -> _Pool:
        found = self._pools.get(name)
        if found is None:
            found = self._pools[name] = _Pool(name)
        return found

    def _limit(self, kind: str, dag_id: str, name: str, capacity: int | None, *rest: object) -> _Limit:
        key = (kind, dag_id, *rest)
        found = self._limits.get(key)
        size = math.inf if capacity is None else capacity
        if found is None:
            found = self._limits[key] = _Limit(kind, name, size, key)
        elif found.capacity != size:
            # A newer version of the DAG says something else.
            found.capacity = size
            self._wake(found)
        return found

    def _limits_of(self, candidate: Candidate) -> tuple[_Limit, ...]:
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

    def _lane(self, candidate: Candidate) -> _Lane:
        limits = self._limits_of(candidate)
        key = (candidate.pool, candidate.dag_id, candidate.pool_slots, *(limit.key for limit in limits))
        lane = self._lanes.get(key)
        if lane is None:
            queue = self._queues.get((candidate.pool, candidate.dag_id))
            if queue is None:
                queue = _Queue(self._pool(candidate.pool), candidate.dag_id)
                self._queues[candidate.pool, candidate.dag_id] = queue
            lane = self._lanes[key] = _Lane(key, queue, limits)
            for limit in limits:
                limit.lanes += 1
        return lane

    def _drop(self, lane: _Lane) -> None:
        if self._lanes.get(lane.key) is lane and not lane.heap:
            del self._lanes[lane.key]
            for limit in lane.limits:
                limit.lanes -= 1
                self._forget(limit)

    def _forget(self, limit: _Limit) -> None:
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
        reasons: list[Reason] = []
        if not self._executor.has_room:
            holders = _holders(self._executor_by_dag)
            reasons.append(
                Reason(
                    kind="parallelism",
                    text=f"All {self._executor.capacity:g} slots of the executor are taken ({holders}).",
                    holder=holders,
                    remedy="Wait, or raise [core] parallelism.",
                )
            )
        if (reason := _pool_reason(pool, candidate)) is not None:
            reasons.append(reason)
        reasons += [_limit_reason(limit, candidate) for limit in lane.limits if not limit.has_room]
        if not reasons:
            reasons.append(Reason(kind="turn", text="It is next in line for a free slot; others go first.", holder=None))
        return tuple(reasons)


def _pool_reason(pool: _Pool, candidate: Candidate) -> Reason | None:
    name, need = pool.name, candidate.pool_slots
    if not pool.is_known:
        return Reason(
            kind="no_pool",
            text=f"Its pool '{name}' does not exist.",
            holder=name,
            remedy=f"Create it (airflow pools set {name} SLOTS DESCRIPTION), or give the task another pool.",
        )
    if need > pool.capacity:
        return Reason(
            kind="pool",
            text=f"It needs {need} slots of pool '{name}', which has only {pool.capacity:g}: it can never start.",
            holder=name,
            remedy=f"Give pool '{name}' at least {need} slots, or lower the task's pool_slots.",
        )
    if need > pool.free:
        holders = _holders(pool.used_by_dag)
        return Reason(
            kind="pool",
            text=f"Pool '{name}' has {max(0, pool.free):g} of {pool.capacity:g} slots free, it needs {need} ({holders}).",
            holder=holders,
            remedy=f"Wait, give pool '{name}' more slots, or give the task another pool.",
        )
    return None


def _limit_reason(limit: _Limit, candidate: Candidate) -> Reason:
    if limit.kind == "dag_limit":
        where = f"run '{candidate.run_id}'" if candidate.counts_per_run else f"DAG '{candidate.dag_id}'"
        text = f"{limit.used} tasks of {where} run, and max_active_tasks is {limit.capacity:g}."
        remedy = "Wait, or raise max_active_tasks of the DAG."
    elif limit.kind == "task_limit":
        text = f"{limit.used} instances of task '{limit.name}' run, and max_active_tis_per_dag is {limit.capacity:g}."
        remedy = "Wait, or raise max_active_tis_per_dag of the task."
    else:
        text = (
            f"{limit.used} instances of task '{limit.name}' run in this run, and max_active_tis_per_dagrun is "
            f"{limit.capacity:g}."
        )
        remedy = "Wait, or raise max_active_tis_per_dagrun of the task."
    return Reason(kind=limit.kind, text=text, holder=candidate.dag_id, remedy=remedy)


def _holders(used_by_dag: Mapping[str, int]) -> str:
    """`'big' holds 120, 'small' holds 8`."""
    most = sorted(used_by_dag.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"'{dag_id}' holds {slots}" for dag_id, slots in most[:_NAMED])
    more = f" and {len(most) - _NAMED} more DAGs" if len(most) > _NAMED else ""
    return (named or "nobody holds any") + more


def _add(counts: dict[str, int], key: str, change: int) -> None:
    left = counts.get(key, 0) + change
    if left:
        counts[key] = left
    else:
        counts.pop(key, None)
