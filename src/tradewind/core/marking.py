"""Marking: a user says how tasks, or a whole run, ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from tradewind.core.clearing import clear_instances, select
from tradewind.core.edits import Edit, InstanceEdit, RunEdit, RunSnapshot, runs_in_reach
from tradewind.core.records import InstanceRecord, RunRecord
from tradewind.core.states import ACTIVE, RunState, TaskState

MARKS = (TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED)
_AT_WORK = (TaskState.QUEUED, TaskState.RUNNING, TaskState.RESTARTING, TaskState.DEFERRED, TaskState.UP_FOR_RESCHEDULE)
"""States that marking a run ends with its own verdict; whatever has not begun is skipped."""


def mark_tasks(
    anchor: RunRecord,
    runs: Collection[RunSnapshot],
    task_ids: Iterable[str],
    state: TaskState,
    now: datetime,
    *,
    map_indexes: Collection[int] | None = None,
    past: bool = False,
    future: bool = False,
    upstream: bool = False,
    downstream: bool = False,
    why: str = "",
) -> Edit:
    """Give tasks of the anchor's run, and of earlier or later runs among `runs`, the state success, failed or skipped.

    `downstream` leaves teardowns out, so that they still clean up. What is below the named tasks and had failed, or could
    not run, is cleared, so that the run goes on from there. Raises ValueError for another state.
    """
    if state not in MARKS:
        raise ValueError(f"A task can be marked as {', '.join(MARKS)}, not as {state}.")
    named = list(task_ids)
    edit = Edit()
    for snapshot in runs_in_reach(anchor, list(runs), past=past, future=future):
        graph = snapshot.graph
        chosen = {task_id for task_id in named if task_id in graph}
        for task_id in tuple(chosen):
            if upstream:
                chosen.update(graph.flat_relatives(task_id, upstream=True))
            if downstream:
                below = graph.flat_relatives(task_id, upstream=False)
                chosen.update(found for found in below if not graph.task(found).is_teardown)
        marked = [
            instance
            for instance in snapshot.instances
            if instance.task_id in chosen
            and instance.state is not TaskState.REMOVED
            and (map_indexes is None or instance.task_id not in named or instance.map_index in map_indexes)
        ]
        for instance in marked:
            _mark(edit, snapshot.run, instance, state, now, why or f"marked as {state}")
        keys = {(instance.task_id, instance.map_index) for instance in marked}
        resumed = set(select(graph, [task_id for task_id in named if task_id in graph], downstream=True)) - set(named)
        clear_instances(
            edit,
            snapshot,
            [i for i in snapshot.instances if i.task_id in resumed and (i.task_id, i.map_index) not in keys],
            now,
            only_failed=True,
            why=f"cleared, because a task above was marked as {state}",
        )
    return edit


def mark_run(snapshot: RunSnapshot, state: RunState, now: datetime, why: str = "") -> Edit:
    """Say that a run ended in success or failed.

    What is at work gets the run's verdict and is stopped, what has not begun is skipped, what has ended stays. Teardowns
    are left alone, so that they still clean up; while one of them is unfinished the run ends by itself, after it. Raises
    ValueError for another state.
    """
    if not state.is_final:
        raise ValueError(f"A run can be marked as success or failed, not as {state}.")
    verdict = TaskState.SUCCESS if state is RunState.SUCCESS else TaskState.FAILED
    why = why or f"the run was marked as {state}"
    run, graph = snapshot.run, snapshot.graph
    edit = Edit()
    cleans_up = False
    for instance in snapshot.instances:
        if instance.state.is_final:
            continue
        if instance.task_id in graph and graph.task(instance.task_id).is_teardown:
            cleans_up = True
            continue
        _mark(edit, run, instance, verdict if instance.state in _AT_WORK else TaskState.SKIPPED, now, why)
    if not cleans_up and run.state is not state:
        values: dict[str, Any] = {"state": state, "end_date": now, "end_reason": why}
        if run.start_date is None:
            values["start_date"] = now
        edit.runs.append(RunEdit(run, values, why))
    return edit


def _mark(edit: Edit, run: RunRecord, instance: InstanceRecord, state: TaskState, now: datetime, why: str) -> None:
    if instance.state is state:
        return
    values: dict[str, Any] = {"state": state, "due_at": None, "waiting_for": "", "waiting_since": None}
    if not instance.state.is_final:
        start = instance.start_date or now
        values |= {"start_date": start, "end_date": now, "duration_s": (now - start).total_seconds()}
    edit.instances.append(InstanceEdit(run, instance, values, why))
    if instance.state in ACTIVE:
        edit.kill.append((run, instance))
