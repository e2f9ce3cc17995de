"""Marking: a user says how tasks or runs ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tradewind.core import marking as core
from tradewind.core.clearing import requeue
from tradewind.core.edits import Edit
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.services.clearing import reach
from tradewind.services.edits import Graphs, in_groups, snapshots, spec_of_run, write
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.tasks import check_task


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
    """Give tasks of a run (and of earlier or later runs) the state success, failed or skipped; what was changed.

    Failed tasks below them are cleared, so that the run goes on. Raises Unknown for a task that the DAG does not have,
    and Invalid for another state.
    """
    if state not in core.MARKS:
        raise Invalid(f"A task can be marked as {', '.join(core.MARKS)}, not as {state}. Choose one of them.")
    spec = spec_of_run(services, run)
    for task_id in task_ids:
        check_task(spec, task_id)
    graphs = Graphs(services)
    done = Edit()
    for keys in in_groups(reach(services, run, past=past, future=future)):

        def decide(keys: Sequence[int] = keys) -> Edit:
            return core.mark_tasks(
                run,
                snapshots(services, keys, graphs),
                task_ids,
                state,
                services.now(),
                map_indexes=map_indexes,
                past=past,
                future=future,
                upstream=upstream,
                downstream=downstream,
            )

        edit = decide() if dry_run else write(services, f"Run '{run.run_id}'", decide, event=f"task.mark_{state}")
        done.instances += edit.instances
        done.runs += edit.runs
        done.kill += edit.kill
    return done


def mark_run(
    services: Services, run: RunRecord, state: RunState, *, dry_run: bool = False, audited: bool = True
) -> Edit:
    """Say that a run ended in success or failed: what is at work is stopped, what has not begun is skipped.

    `audited` False: as part of something that has an entry in the audit log of its own. Raises Invalid for another state.
    """
    if not state.is_final:
        raise Invalid(f"A run can be marked as success or failed, not as {state}. Clear it to run it again.")

    def decide() -> Edit:
        found = snapshots(services, [run.run_key])
        return core.mark_run(found[0], state, services.now()) if found else Edit()

    if dry_run:
        return decide()
    return write(services, f"Run '{run.run_id}'", decide, event=f"run.mark_{state}" if audited else None)


def set_run_state(services: Services, run: RunRecord, state: RunState) -> Edit:
    """Mark a run as success or failed, or put one that has ended in the queue again, its tasks as they are.

    Raises Invalid for running: only the engine says that.
    """
    if state is not RunState.QUEUED:
        return mark_run(services, run, state)

    def decide() -> Edit:
        edit = Edit()
        for found in snapshots(services, [run.run_key]):
            if found.run.state.is_final:
                requeue(edit, found.run, services.now(), why="queued")
        return edit

    return write(services, f"Run '{run.run_id}'", decide, event="run.queue")
