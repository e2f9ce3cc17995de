"""What slots are counted in: limits, pools, and the queues of those who wait for them. State only; `dispatch` decides."""

from __future__ import annotations

from typing import Any

from tradewind.core.candidate import Candidate


class Limit:
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
        self.sleepers: list[tuple[Any, int, Lane]] = []

    @property
    def has_room(self) -> bool:
        return self.used < self.capacity


class Pool:
    __slots__ = ("capacity", "is_known", "name", "oversized", "turns", "used", "used_by_dag")

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_known = False
        self.capacity: float = 0
        self.used = 0
        self.used_by_dag: dict[str, int] = {}
        self.turns: list[tuple[Any, int, Queue]] = []
        self.oversized: list[Lane] = []
        """Lanes whose candidates need more slots than the pool has."""

    @property
    def free(self) -> float:
        return self.capacity - self.used


class Queue:
    """The lanes of one DAG in one pool."""

    __slots__ = ("dag_id", "lanes", "pool", "served", "turn")

    def __init__(self, pool: Pool, dag_id: str) -> None:
        self.pool = pool
        self.dag_id = dag_id
        self.lanes: list[tuple[Any, int, Lane]] = []
        self.served = 0
        self.turn = -1
        """Number of its valid entry in `pool.turns`; -1: none."""


class Lane:
    """Candidates that share every limit."""

    __slots__ = ("entry", "heap", "key", "limits", "queue")

    def __init__(self, key: tuple[Any, ...], queue: Queue, limits: tuple[Limit, ...]) -> None:
        self.key = key
        self.queue = queue
        self.limits = limits
        self.heap: list[tuple[Any, int, Candidate]] = []
        self.entry = -1
        """Number of its valid entry, in its queue or in the limit where it sleeps; -1: none."""
