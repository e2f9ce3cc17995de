"""Tasks and their instances: listing, states, and why one does not run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tradewind.core.graph import Graph
from tradewind.core.reasons import Reason, decode_reasons
from tradewind.core.records import NOT_MAPPED, DagRecord, InstanceRecord, RunRecord
from tradewind.core.spec import DagSpec
from tradewind.core.states import ACTIVE, RunState, RunType
from tradewind.services.dags import get_dag
from tradewind.services.edits import spec_of_run
from tradewind.services.errors import Unknown
from tradewind.services.jobs import ENGINE, is_alive
from tradewind.services.session import Services

# How Airflow's `failed-deps` calls the check that answers with a reason of this kind.
DEPENDENCY_NAMES: Final = {
    "trigger_rule": "Trigger Rule",
    "past": "Previous Dagrun State",
    "skipped_past": "Not Previously Skipped",
    "mapped_source": "Mapped dependencies have succeeded",
    "start_date": "Execution Date",
    "end_date": "Runnable Date",
    "retry_delay": "Not In Retry Period",
    "reschedule": "Ready To Reschedule",
    "deferred": "Trigger Fired",
    "pool": "Pool Slots Available",
    "no_pool": "Pool Exists",
    "parallelism": "Executor Slots Available",
    "dag_limit": "DAG Task Slots Available",
    "task_limit": "Task Concurrency",
    "run_task_limit": "Task Concurrency",
    "turn": "Turn",
    "dag_paused": "Dag Not Paused",
    "run_queued": "Dagrun Running",
    "max_active_runs": "Max Dagruns Available",
    "active": "Task Instance Not Running",
    "final": "Task Instance State",
    "kill": "Task Instance Not Running",
    "run_ended": "Dagrun Running",
    "engine": "Scheduler Running",
    "import_error": "Dag Imported",
}


class Answer(NamedTuple):
    """Why an instance does not run, from the outside in; no reasons: nothing holds it."""

    run: RunRecord
    instance: InstanceRecord | None
    """None while the run has not begun: its instances do not exist yet."""
    reasons: tuple[Reason, ...]


def task_ids(dag: DagRecord) -> list[str]:
    """In order of definition."""
    return [task.task_id for task in dag.spec.tasks]


def check_task(spec: DagSpec, task_id: str) -> None:
    """Raises Unknown when the DAG has no such task."""
    known = [task.task_id for task in spec.tasks]
    if task_id not in known:
        raise Unknown(
            "task", task_id, known, f"DAG '{spec.dag_id}'", hint=f"`airflow tasks list {spec.dag_id}` shows them."
        )


def task_tree(spec: DagSpec) -> Iterator[tuple[int, str, str]]:
    """(depth, operator, task id) of the roots and everything below them, each task under every one of its upstreams."""
    graph = Graph(spec)
    stack = [(0, node) for node in reversed(graph.ordered) if not node.upstream]
    while stack:
        depth, node = stack.pop()
        yield depth, node.task.operator, node.task_id
        stack += [(depth + 1, below) for below in reversed(node.downstream)]


def instances_of(services: Services, run: RunRecord) -> list[InstanceRecord]:
    """The instances of a run in the order of definition, then by map index.

    Tasks of a run that has not begun are listed without a state, as they will be.
    """
    spec = spec_of_run(services, run)
    order = {task.task_id: index for index, task in enumerate(spec.tasks)}
    found = services.store.instances.of_run(run.run_key)
    if not found and not run.state.is_final:
        found = [
            InstanceRecord(run_key=run.run_key, task_id=task.task_id, operator=task.operator, pool=task.pool)
            for task in spec.tasks
        ]
    return sorted(found, key=lambda instance: (order.get(instance.task_id, len(order)), instance.map_index))


def instance_of(services: Services, run: RunRecord, task_id: str, map_index: int = NOT_MAPPED) -> InstanceRecord | None:
    """One instance; None while the run has not begun. Raises Unknown for a task or map index that it does not have."""
    found = services.store.instances.get(run.run_key, task_id, map_index)
    if found is not None:
        return found
    check_task(spec_of_run(services, run), task_id)
    others = [i.map_index for i in services.store.instances.of_run(run.run_key) if i.task_id == task_id]
    if others:
        raise Unknown(
            "instance",
            f"{task_id}[{map_index}]",
            where=f"run '{run.run_id}'",
            hint=f"Its map indexes: {', '.join(map(str, others[:20]))}{' …' if len(others) > 20 else ''}.",
        )
    return None


def why(services: Services, run: RunRecord, task_id: str, map_index: int = NOT_MAPPED) -> Answer:
    """Why an instance does not run: the scheduler, the DAG, the run, then what was found for the instance itself.

    Raises Unknown for a task or map index that the run does not have.
    """
    instance = instance_of(services, run, task_id, map_index)
    own = _of_instance(instance)
    if own and own[0].kind in ("final", "active"):
        return Answer(run, instance, own)
    outer = (*_of_engine(services), *_of_dag(services, run), *_of_run(services, run))
    kinds = {reason.kind for reason in outer}
    return Answer(run, instance, (*outer, *(reason for reason in own if reason.kind not in kinds)))


def _of_engine(services: Services) -> Iterator[Reason]:
    if not is_alive(services, ENGINE):
        yield Reason(
            kind="engine",
            text="No scheduler is running for this home.",
            remedy="Start one: `airflow standalone`, or `airflow scheduler`.",
        )


def _of_dag(services: Services, run: RunRecord) -> Iterator[Reason]:
    dag = get_dag(services, run.dag_id)
    if dag.is_paused and run.run_type is not RunType.BACKFILL and run.state is RunState.QUEUED:
        because = f" ({dag.paused_reason})" if dag.paused_reason else ""
        yield Reason(
            kind="dag_paused",
            text=f"DAG '{dag.dag_id}' is paused{because}.",
            holder=dag.dag_id,
            remedy=f"`airflow dags unpause {dag.dag_id}`",
        )
    if dag.has_import_error:
        yield Reason(
            kind="import_error",
            text=f"The file of DAG '{dag.dag_id}' cannot be imported now: {dag.fileloc}.",
            remedy="`airflow dags list-import-errors` shows the error.",
        )


def _of_run(services: Services, run: RunRecord) -> Iterator[Reason]:
    if run.state.is_final:
        ended = f" since {run.end_date.isoformat()}" if run.end_date else ""
        yield Reason(
            kind="run_ended",
            text=f"Run '{run.run_id}' is over{ended}: {run.state}{f', {run.end_reason}' if run.end_reason else ''}.",
            since=run.end_date,
            remedy="Clear the task to run it again.",
        )
    elif run.state is RunState.QUEUED:
        if run.run_after > services.now():
            yield Reason(kind="run_queued", text=f"Run '{run.run_id}' starts at {run.run_after.isoformat()}.")
            return
        yield Reason(kind="run_queued", text=f"Run '{run.run_id}' has not begun: it is queued.", since=run.queued_at)
        limit = get_dag(services, run.dag_id).spec.max_active_runs
        active = services.store.runs.list(dag_id=run.dag_id, states=[RunState.RUNNING], limit=limit or 1)
        if limit and len(active) >= limit:
            yield Reason(
                kind="max_active_runs",
                text=f"DAG '{run.dag_id}' has {len(active)} running runs, and max_active_runs is {limit}.",
                holder=", ".join(other.run_id for other in active[:5]),
                remedy="Wait for one of them, or raise max_active_runs.",
            )


def _of_instance(instance: InstanceRecord | None) -> tuple[Reason, ...]:
    if instance is None:
        return ()
    if instance.state.is_final:
        return (
            Reason(
                kind="final",
                text=f"It has ended: {instance.state}.",
                since=instance.end_date,
                remedy="Clear it to run it again.",
            ),
        )
    if instance.state in ACTIVE:
        place = f" on {instance.hostname}" if instance.hostname else ""
        process = f", process {instance.pid}" if instance.pid else ""
        return (
            Reason(
                kind="active",
                text=f"It is {instance.state}{place}{process}, try {instance.try_number}.",
                since=instance.start_date or instance.queued_at,
            ),
        )
    return decode_reasons(instance.waiting_for)


def since_text(moment: datetime, now: datetime) -> str:
    """`for 2 minutes`-like text of how long something has lasted."""
    seconds = max(now - moment, timedelta()).total_seconds()
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return f"{int(seconds)} s"
