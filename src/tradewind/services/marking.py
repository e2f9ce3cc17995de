"""Marking: a user says how tasks or runs ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from tradewind.core import marking as core
from tradewind.core.clearing import requeue
from tradewind.core.edits import Edit, InstanceEdit, RunSnapshot
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.services.edits import Part, carry_out, spec_of_run
from tradewind.services.errors import Invalid
from tradewind.services.selections import Selection, Wanted, fits, resolved, select_from_run
from tradewind.services.session import Services
from tradewind.services.tasks import check_task

_WHOLE_RUN: Final = "A run can be marked as success or failed, not as {}. "


def mark(
    services: Services, selection: Selection, state: TaskState, *, note: str | None = None, dry_run: bool = False
) -> list[Part]:
    """Give the instances of a selection the state success, failed or skipped; with all tasks of a run, give it to the run.

    Failed tasks below them are cleared, so that the run goes on. Raises Invalid for another state.
    """
    if state not in core.MARKS:
        raise Invalid(f"A task can be marked as {', '.join(core.MARKS)}, not as {state}. Choose one of them.")
    whole_runs = None in selection.runs.values()
    if whole_runs and state is TaskState.SKIPPED:
        raise Invalid(_WHOLE_RUN.format(state) + "Name its tasks to mark them.")

    def decide(snapshot: RunSnapshot) -> Part:
        now = services.now()
        wanted = selection.runs[snapshot.run.run_key]
        if wanted is None:
            edit = core.mark_run(snapshot, RunState(state.value), now)
        else:
            edit = _marked(snapshot, wanted, state, selection, now)
        if note:
            for each in edit.instances:
                if each.state is state:
                    each.values["note"] = note
            for run_edit in edit.runs if wanted is None else ():
                run_edit.values["note"] = note
        return Part(edit)

    what = f"DAG '{selection.dag_id}'"
    event = f"{'run' if whole_runs else 'task'}.mark_{state}"
    return carry_out(services, what, list(selection.runs), decide, event=event, dry_run=dry_run)


def mark_tasks(
    services: Services,
    run: RunRecord,
    task_ids: Sequence[str],
    state: TaskState,
    *,
    map_indexes: Collection[int] | None = None,
    past: bool = False,
    future: bool = False,
    upstream: bool = False,
    downstream: bool = False,
    dry_run: bool = False,
) -> Edit:
    """`mark` for tasks of a run, and of earlier or later runs; what was changed. Raises Unknown for a task that the run
    does not have."""
    spec = spec_of_run(services, run)
    for task_id in task_ids:
        check_task(spec, task_id)
    selection = select_from_run(
        services,
        run,
        task_ids,
        map_indexes=map_indexes,
        past=past,
        future=future,
        upstream=upstream,
        downstream=downstream,
    )
    return _whole(mark(services, selection, state, dry_run=dry_run))


def mark_run(
    services: Services, run: RunRecord, state: RunState, *, dry_run: bool = False, audited: bool = True
) -> Edit:
    """Say that a run ended in success or failed: what is at work is stopped, what has not begun is skipped.

    `audited` False: as part of something that has an entry in the audit log of its own. Raises Invalid for another state.
    """
    if not state.is_final:
        raise Invalid(_WHOLE_RUN.format(state) + "Clear it to run it again.")

    def decide(snapshot: RunSnapshot) -> Part:
        return Part(core.mark_run(snapshot, state, services.now()))

    event = f"run.mark_{state}" if audited else None
    return _whole(carry_out(services, f"Run '{run.run_id}'", [run.run_key], decide, event=event, dry_run=dry_run))


def set_run_state(services: Services, run: RunRecord, state: RunState) -> Edit:
    """Mark a run as success or failed, or put one that has ended in the queue again, its tasks as they are.

    Raises Invalid for running: only the engine says that.
    """
    if state is not RunState.QUEUED:
        return mark_run(services, run, state)

    def decide(snapshot: RunSnapshot) -> Part:
        part = Part()
        if snapshot.run.state.is_final:
            requeue(part.edit, snapshot.run, services.now(), why="queued")
        return part

    return _whole(carry_out(services, f"Run '{run.run_id}'", [run.run_key], decide, event="run.queue", dry_run=False))


def _marked(snapshot: RunSnapshot, wanted: Wanted, state: TaskState, selection: Selection, now: datetime) -> Edit:
    named = resolved(wanted, snapshot, snapshot.graph)
    by_indexes: dict[frozenset[int] | None, list[str]] = {}
    for task_id, indexes in named.items():
        by_indexes.setdefault(indexes, []).append(task_id)
    found: dict[tuple[str, int], InstanceEdit] = {}
    whole = Edit()
    for indexes, task_ids in by_indexes.items():
        edit = core.mark_tasks(
            snapshot.run,
            [snapshot],
            task_ids,
            state,
            now,
            map_indexes=indexes,
            upstream=selection.upstream,
            downstream=selection.downstream,
        )
        for each in edit.instances:
            key = (each.instance.task_id, each.instance.map_index)
            # Marked by one part and cleared by another: the user named it.
            if key not in found or each.state is state:
                found[key] = each
        whole.runs = edit.runs or whole.runs
        whole.kill += edit.kill
    marked_already = {
        (each.task_id, each.map_index)
        for each in snapshot.instances
        if each.state is state and each.task_id in named and fits(named[each.task_id], each.map_index)
    }
    whole.instances = [each for key, each in found.items() if each.state is state or key not in marked_already]
    return whole


def _whole(parts: Iterable[Part]) -> Edit:
    edit = Edit()
    for part in parts:
        edit.instances += part.edit.instances
        edit.runs += part.edit.runs
        edit.kill += part.edit.kill
    return edit
