"""How many slots of a pool are taken, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tradewind.core.records import PoolRecord
from tradewind.core.states import TaskState


class PoolUsage(NamedTuple):
    """Slots of a pool, by what its instances do."""

    running: int
    queued: int
    scheduled: int
    deferred: int
    occupied: int
    """Running and queued; deferred ones too in a pool that counts them."""
    open: int | None
    """None: the pool has no limit. Never below 0, also when the pool was made smaller than what it holds."""


def usage_of(pool: PoolRecord, slots: Mapping[TaskState, int]) -> PoolUsage:
    """`slots`: by the state of the instances that hold or want them."""
    running = slots.get(TaskState.RUNNING, 0) + slots.get(TaskState.RESTARTING, 0)
    queued = slots.get(TaskState.QUEUED, 0)
    deferred = slots.get(TaskState.DEFERRED, 0)
    occupied = running + queued + (deferred if pool.include_deferred else 0)
    free = None if pool.slots < 0 else max(0, pool.slots - occupied)
    return PoolUsage(running, queued, slots.get(TaskState.SCHEDULED, 0), deferred, occupied, free)
