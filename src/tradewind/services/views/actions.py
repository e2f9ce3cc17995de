"""What may be done with an object: by the user's permissions, and by the state that it is in.

An action that the user will never be allowed is left out; one that is not possible now says why.
"""

from __future__ import annotations

from tradewind.core.permissions import Action, Resource
from tradewind.core.records import BackfillRecord, DagRecord
from tradewind.core.states import ACTIVE, RunState, TaskState
from tradewind.services.views.viewer import View, Viewer


def _action(name: str, denied: str | None = None) -> View:
    return {"name": name, "denied": denied}


def of_dag(viewer: Viewer, dag: DagRecord, running: int = 0) -> list[View]:
    """`running`: its runs in that state."""
    dag_id = dag.dag_id
    gone = f"The file {dag.relative_fileloc} does not define it any more." if dag.is_stale else None
    found: list[View] = []
    if viewer.may(Action.EDIT, Resource.DAG, dag_id):
        found.append(_action("unpause" if dag.is_paused else "pause"))
    if viewer.may(Action.CREATE, Resource.DAG_RUN, dag_id):
        found.append(_action("trigger", gone))
    if viewer.may(Action.EDIT, Resource.TASK_INSTANCE, dag_id):
        found += [_action(name) for name in ("clear", "mark_success", "mark_failed", "mark_skipped")]
    if viewer.may(Action.CREATE, Resource.BACKFILL, dag_id):
        found.append(_action("backfill", gone or _no_backfill(dag)))
    if viewer.may(Action.EDIT, Resource.DAG, dag_id):
        found.append(_action("reparse"))
    if viewer.may(Action.DELETE, Resource.DAG, dag_id):
        busy = f"{running} of its runs are running: wait for them, or mark them as failed." if running else None
        found.append(_action("delete", busy))
    return found


def _no_backfill(dag: DagRecord) -> str | None:
    timetable = dag.spec.timetable
    if timetable.kind == "custom":
        return "Its timetable is code of its own, which runs with the scheduler only."
    if not timetable.can_be_scheduled or timetable.kind in ("once", "continuous"):
        return "It has no regular schedule, so there are no dates to backfill. Trigger single runs."
    return None


def of_run(viewer: Viewer, dag_id: str, state: RunState) -> list[View]:
    found: list[View] = []
    if viewer.may(Action.EDIT, Resource.TASK_INSTANCE, dag_id):
        found.append(_action("clear"))
    if viewer.may(Action.EDIT, Resource.DAG_RUN, dag_id):
        found.append(_action("mark_success", _is_so(state, RunState.SUCCESS)))
        found.append(_action("mark_failed", _is_so(state, RunState.FAILED)))
        found.append(_action("note"))
    if viewer.may(Action.DELETE, Resource.DAG_RUN, dag_id):
        busy = "It is running: mark it as failed first." if state is RunState.RUNNING else None
        found.append(_action("delete", busy))
    return found


def of_instance(viewer: Viewer, dag_id: str, state: TaskState, *, exists: bool = True) -> list[View]:
    """`exists`: False while the run has not begun."""
    if not viewer.may(Action.EDIT, Resource.TASK_INSTANCE, dag_id):
        return []
    early = None if exists else "Its run has not begun."
    found = [_action("clear", early or _no_clear(state))]
    for name, target in (
        ("mark_success", TaskState.SUCCESS),
        ("mark_failed", TaskState.FAILED),
        ("mark_skipped", TaskState.SKIPPED),
    ):
        found.append(_action(name, early or _is_so(state, target)))
    found.append(_action("note", early))
    found.append(_action("kill", None if state in ACTIVE else "No try of it is at work."))
    return found


def of_backfill(viewer: Viewer, backfill: BackfillRecord) -> list[View]:
    if not viewer.may(Action.EDIT, Resource.BACKFILL, backfill.dag_id):
        return []
    over = "It is over." if backfill.completed_at is not None else None
    return [_action("unpause" if backfill.is_paused else "pause", over), _action("cancel", over)]


def of_pool(viewer: Viewer, name: str) -> list[View]:
    found: list[View] = []
    if viewer.may(Action.EDIT, Resource.POOL):
        found.append(_action("edit"))
    if viewer.may(Action.DELETE, Resource.POOL):
        found.append(
            _action("delete", "It is the pool of every task that names none." if name == "default_pool" else None)
        )
    return found


def _no_clear(state: TaskState) -> str | None:
    if state is TaskState.RESTARTING:
        return "It was cleared already, and starts again as soon as its try has been stopped."
    return "It is not part of the run any more." if state is TaskState.REMOVED else None


def _is_so(state: RunState | TaskState, target: RunState | TaskState) -> str | None:
    return f"It is in {target} already." if state is target else None
