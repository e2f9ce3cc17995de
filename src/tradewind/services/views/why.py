"""Why something does not run: one sentence first, then what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tradewind.core.graph import Graph
from tradewind.core.reason import Reason
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.services import explaining
from tradewind.services.dags import get_dag
from tradewind.services.edits import spec_of_run
from tradewind.services.jobs import ENGINE, is_alive
from tradewind.services.session import Services
from tradewind.services.views.dag_page import planned_runs
from tradewind.services.views.viewer import View

_CAUSES = (TaskState.FAILED, TaskState.UPSTREAM_FAILED, TaskState.SKIPPED)


def reason_row(reason: Reason, until: datetime | None = None) -> View:
    """`shapes.WhyReason`."""
    return {
        "kind": reason.kind,
        "text": reason.text,
        "since": reason.since,
        "holder": reason.holder,
        "remedy": reason.remedy,
        "until": until,
    }


def _answer(reasons: Iterable[View], root_cause: str | None = None) -> View:
    rows = list(reasons)
    return {"sentence": rows[0]["text"] if rows else "", "reasons": rows, "root_cause": root_cause}


def why_instance(services: Services, run: RunRecord, task_id: str, map_index: int = NOT_MAPPED) -> View:
    """`shapes.WhyAnswer` of an instance. Raises Unknown."""
    found = explaining.why(services, run, task_id, map_index)
    due_at = found.instance.due_at if found.instance is not None else None
    waits = ("retry_delay", "reschedule", "deferred")
    rows = [reason_row(reason, due_at if reason.kind in waits else None) for reason in found.reasons]
    root = None
    if found.instance is not None and found.instance.state in (TaskState.UPSTREAM_FAILED, TaskState.SKIPPED):
        root = _root_cause(services, run, task_id)
    return _answer(rows, root)


def _root_cause(services: Services, run: RunRecord, task_id: str) -> str | None:
    """The nearest task above from which a failure or a skip came down."""
    graph = Graph(spec_of_run(services, run))
    if task_id not in graph:
        return None
    states: dict[str, set[TaskState]] = {}
    for instance in services.store.instances.of_run(run.run_key):
        states.setdefault(instance.task_id, set()).add(instance.state)
    own = states.get(task_id, set())
    ends_at = TaskState.FAILED if TaskState.UPSTREAM_FAILED in own else None
    level, seen = [task_id], {task_id}
    while level:
        above = [up for task in level for up in graph.upstream_ids(task) if up not in seen]
        for up in above:
            here = states.get(up, set())
            if ends_at is not None and ends_at in here:
                return up
            if ends_at is None and TaskState.SUCCESS in here and own & {TaskState.SKIPPED}:
                # A branch or a short circuit ended in success and skipped what it did not choose.
                return up
        seen.update(above)
        level = [up for up in above if states.get(up, set()) & set(_CAUSES)]
    return None


def why_run(services: Services, run: RunRecord) -> View:
    """`shapes.WhyAnswer` of a run: what keeps it from beginning, or from going on."""
    if run.state.is_final:
        return _answer([])
    reasons = list(explaining.around_run(services, run))
    if run.state is RunState.RUNNING and not reasons:
        waiting = services.store.bars.waiting_instances(run.run_key, 1)
        if waiting:
            return why_instance(services, run, waiting[0].task_id, waiting[0].map_index)
    return _answer(reason_row(each, run.run_after if _is_early(services, run, each) else None) for each in reasons)


def _is_early(services: Services, run: RunRecord, reason: Reason) -> bool:
    return reason.kind == "run_queued" and run.run_after > services.now()


def why_dag(services: Services, dag_id: str) -> View:
    """`shapes.WhyAnswer` of a DAG: why it has no new run. Raises Unknown."""
    dag = get_dag(services, dag_id)
    rows: list[View] = []
    if not is_alive(services, ENGINE):
        rows.append(reason_row(explaining.NO_ENGINE))
    if dag.is_stale:
        text = f"DAG '{dag_id}' is not defined by its file {dag.fileloc} any more."
        rows.append(reason_row(Reason(kind="stale", text=text, remedy="Put it back into the file.")))
    rows += [reason_row(each) for each in explaining.around_dag(dag)]
    timetable = dag.spec.timetable
    if not timetable.can_be_scheduled:
        text = f"DAG '{dag_id}' has no schedule: it runs only when it is triggered."
        rows.append(reason_row(Reason(kind="no_schedule", text=text, remedy="Trigger it.")))
    else:
        active = services.store.bars.unfinished_of(dag_id).get("running", 0)
        limit = dag.spec.max_active_runs
        if limit and active >= limit:
            text = f"DAG '{dag_id}' has {active} running runs, and max_active_runs is {limit}."
            rows.append(
                reason_row(Reason(kind="max_active_runs", text=text, remedy="Wait for one, or raise the limit."))
            )
        planned = planned_runs(services, dag, 1)
        if not planned:
            text = f"The schedule of DAG '{dag_id}' is over: its end date has passed."
            rows.append(reason_row(Reason(kind="end_date", text=text)))
        elif planned[0]["run_after"] > services.now():
            at = planned[0]["run_after"]
            text = f"The next run of DAG '{dag_id}' is due at {at:%Y-%m-%d %H:%M:%S} UTC."
            rows.append(reason_row(Reason(kind="not_due", text=text), at))
    return _answer(rows)
