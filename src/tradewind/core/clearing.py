"""Clearing: which task instances go back to the start, and with which values.

The history stays: tries are kept and their numbers count on, and what a branch decided is kept until it decides again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from tradewind.core.edits import Edit, InstanceEdit, RunEdit, RunSnapshot, runs_in_reach
from tradewind.core.graph import Graph
from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord
from tradewind.core.states import FAILURES, RunState, TaskEvent, TaskState, next_state


def select(
    graph: Graph, task_ids: Iterable[str], *, upstream: bool = False, downstream: bool = False
) -> tuple[str, ...]:
    """The tasks that go with `task_ids`, in order of definition. Unknown ids are left out.

    Setups and teardowns come along where the tasks need them: a task brings the setups it relies on and their teardowns,
    a setup its teardowns, a setup found upstream the teardowns that clean up after it.
    """
    chosen = [task_id for task_id in dict.fromkeys(task_ids) if task_id in graph]
    found = set(chosen)
    for task_id in chosen:
        task = graph.task(task_id)
        is_plain = not task.is_setup and not task.is_teardown
        if downstream:
            for below in graph.flat_relatives(task_id, upstream=False):
                found.add(below)
                spec = graph.task(below)
                if below not in chosen and not spec.is_setup and not spec.is_teardown:
                    found.update(graph.setups_and_teardowns_of(below))
        if upstream:
            for above in graph.flat_relatives(task_id, upstream=True):
                found.add(above)
                if graph.task(above).is_setup:
                    found.update(graph.teardowns_of(above))
        elif is_plain:
            found.update(graph.setups_and_teardowns_of(task_id))
        if task.is_setup and not downstream:
            found.update(graph.teardowns_of(task_id))
    return tuple(task_id for task_id in graph.task_ids if task_id in found)


def clear(
    anchor: RunRecord,
    runs: Collection[RunSnapshot],
    task_ids: Iterable[str],
    now: datetime,
    *,
    map_indexes: Collection[int] | None = None,
    past: bool = False,
    future: bool = False,
    upstream: bool = False,
    downstream: bool = False,
    only_failed: bool = False,
    only_running: bool = False,
    exclude_task_ids: Collection[str] = (),
    why: str = "cleared",
) -> Edit:
    """Clear tasks of the anchor's run, and of earlier or later runs among `runs`.

    `map_indexes` narrows the tasks named, not those that come along. `only_failed`: failed and upstream_failed ones;
    `only_running`: running ones. Running instances become RESTARTING and are stopped; others go back to none. A run that
    had ended is queued again.
    """
    named = list(task_ids)
    edit = Edit()
    for snapshot in runs_in_reach(anchor, list(runs), past=past, future=future):
        chosen = set(select(snapshot.graph, named, upstream=upstream, downstream=downstream)) - set(exclude_task_ids)
        picked = [
            instance
            for instance in snapshot.instances
            if instance.task_id in chosen
            and (map_indexes is None or instance.task_id not in named or instance.map_index in map_indexes)
        ]
        clear_instances(edit, snapshot, picked, now, only_failed=only_failed, only_running=only_running, why=why)
    return edit


def clear_instances(
    edit: Edit,
    snapshot: RunSnapshot,
    instances: Iterable[InstanceRecord],
    now: datetime,
    *,
    only_failed: bool = False,
    only_running: bool = False,
    why: str = "cleared",
) -> None:
    """Add to `edit` what clearing exactly these instances of a run changes."""
    run, graph = snapshot.run, snapshot.graph
    cleared = False
    for instance in _in_order(graph, instances):
        if only_failed and instance.state not in FAILURES:
            continue
        if only_running and instance.state is not TaskState.RUNNING:
            continue
        values = cleared_values(graph, instance)
        if values is None:
            continue
        cleared = True
        edit.instances.append(InstanceEdit(run, instance, values, why))
        if values["state"] is TaskState.RESTARTING:
            edit.kill.append((run, instance))
    if cleared:
        requeue(edit, run, now, why)


def requeue(edit: Edit, run: RunRecord, now: datetime, why: str = "cleared") -> None:
    """Add to `edit` that a run has something to do again: one that had ended is queued."""
    edit.runs.append(RunEdit(run, _requeued(run, now), why))


def cleared_values(graph: Graph, instance: InstanceRecord) -> dict[str, Any] | None:
    """The new columns of a cleared instance; None when there is nothing to clear."""
    if instance.state is TaskState.RESTARTING:
        return None
    if instance.state is TaskState.REMOVED and (instance.map_index == NOT_MAPPED or instance.task_id not in graph):
        # A placeholder that was expanded, or a task that is gone: it comes back by itself when there is a need.
        return None
    retries = graph.task(instance.task_id).retries if instance.task_id in graph else 0
    max_tries = instance.try_number + retries
    if next_state(instance.state, TaskEvent.CLEARED) is None:
        return {"state": TaskState.RESTARTING, "max_tries": max_tries, "waiting_for": "", "waiting_since": None}
    return {
        "state": TaskState.NONE,
        "max_tries": max_tries,
        "scheduled_at": None,
        "queued_at": None,
        "start_date": None,
        "end_date": None,
        "duration_s": None,
        "due_at": None,
        "first_started_at": None,
        "reschedule_count": 0,
        "pid": None,
        "waiting_for": "",
        "waiting_since": None,
    }


def _requeued(run: RunRecord, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"clear_number": run.clear_number + 1, "queued_at": now}
    if run.state.is_final:
        values |= {
            "state": RunState.QUEUED,
            "start_date": None,
            "end_date": None,
            "end_reason": "",
            "callback_pending": False,
        }
    return values


def _in_order(graph: Graph, instances: Iterable[InstanceRecord]) -> list[InstanceRecord]:
    position = {task_id: index for index, task_id in enumerate(graph.task_ids)}
    return sorted(instances, key=lambda i: (position.get(i.task_id, len(position)), i.task_id, i.map_index))
