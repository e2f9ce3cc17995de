"""Pools: who holds their slots, and who waits for one."""

from __future__ import annotations

from typing import Final

from tradewind.core.states import TaskState
from tradewind.services.pools import list_pools
from tradewind.services.views import actions
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.history import Held

_HOLDS: Final = (TaskState.RUNNING, TaskState.QUEUED, TaskState.RESTARTING)
_MOST: Final = 50
_MOST_READ: Final = 2000


def pool_rows(viewer: Viewer) -> list[View]:
    """`shapes.PoolRow`s by name. Instances of DAGs that the viewer may not see are counted and not named."""
    services = viewer.services
    found = services.store.history.in_pools([*_HOLDS, TaskState.SCHEDULED, TaskState.DEFERRED], _MOST_READ)
    by_pool: dict[str, list[Held]] = {}
    for held in found:
        by_pool.setdefault(held.instance.pool, []).append(held)
    rows = []
    for pool in list_pools(services):
        here = by_pool.get(pool.name, [])
        slots = {
            state: sum(one.instance.pool_slots for one in here if one.instance.state is state) for state in TaskState
        }
        running = slots[TaskState.RUNNING] + slots[TaskState.RESTARTING]
        taken = running + slots[TaskState.QUEUED] + (slots[TaskState.DEFERRED] if pool.include_deferred else 0)
        rows.append(
            {
                "name": pool.name,
                "slots": pool.slots,
                "description": pool.description,
                "include_deferred": pool.include_deferred,
                "running": running,
                "queued": slots[TaskState.QUEUED],
                "scheduled": slots[TaskState.SCHEDULED],
                "deferred": slots[TaskState.DEFERRED],
                "open": -1 if pool.slots < 0 else max(0, pool.slots - taken),
                "holders": _named(viewer, [one for one in here if one.instance.state in _HOLDS]),
                "waiting": _named(viewer, [one for one in here if one.instance.state is TaskState.SCHEDULED]),
                "actions": actions.of_pool(viewer, pool.name),
            }
        )
    return rows


def _named(viewer: Viewer, held: list[Held]) -> list[View]:
    """`shapes.PoolHolder`s."""
    return [
        {
            "dag_id": one.run.dag_id,
            "run_id": one.run.run_id,
            "task_id": one.instance.task_id,
            "map_index": one.instance.map_index,
            "state": one.instance.state.value,
            "slots": one.instance.pool_slots,
            "priority_weight": one.instance.priority_weight,
            "since": one.instance.start_date or one.instance.queued_at or one.instance.scheduled_at,
        }
        for one in held
        if viewer.sees(one.run.dag_id)
    ][:_MOST]
