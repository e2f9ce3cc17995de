"""Why a task does not run: what the engine found out, and what stands around it (scheduler, DAG, run)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tradewind.core.past import PastFacts, PreviousKind, past_facts, previous_run_kind
from tradewind.core.reason import Reason, decode_reasons
from tradewind.core.reasons import why_not
from tradewind.core.records import NOT_MAPPED, DagRecord, InstanceRecord, RunRecord
from tradewind.core.run_view import RunView
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.services.dags import get_dag
from tradewind.services.edits import Graphs
from tradewind.services.jobs import ENGINE, is_alive
from tradewind.services.session import Services
from tradewind.services.tasks import instance_of

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
    "ended": "Task Instance State",
    "kill": "Task Instance Not Running",
    "run_ended": "Dagrun Running",
    "engine": "Scheduler Running",
    "import_error": "Dag Imported",
}

NO_ENGINE: Final = Reason(
    kind="engine",
    text="No scheduler is running for this home.",
    remedy="Start one: `airflow standalone`, or `airflow scheduler`.",
)


class Answer(NamedTuple):
    """Why an instance does not run, from the outside in; no reasons: nothing holds it."""

    run: RunRecord
    instance: InstanceRecord | None
    """None while the run has not begun: its instances do not exist yet."""
    reasons: tuple[Reason, ...]


def why(services: Services, run: RunRecord, task_id: str, map_index: int = NOT_MAPPED) -> Answer:
    """Why an instance does not run: the scheduler, the DAG, the run, then the instance itself.

    Raises Unknown for a task or map index that the run does not have.
    """
    instance = instance_of(services, run, task_id, map_index)
    if instance is not None and (instance.state.is_final or instance.state in (TaskState.QUEUED, TaskState.RUNNING)):
        return Answer(run, instance, _of_instance(services, run, instance))
    outer = around_run(services, run)
    inner = () if instance is None else _of_instance(services, run, instance)
    kinds = {reason.kind for reason in outer}
    return Answer(run, instance, (*outer, *(reason for reason in inner if reason.kind not in kinds)))


def around_run(services: Services, run: RunRecord) -> tuple[Reason, ...]:
    """What stands around a run: the scheduler, its DAG, the limit of runs. Empty: nothing keeps it from going on."""
    return (*_of_engine(services), *_of_dag(services, run), *_of_run(services, run))


def around_dag(dag: DagRecord) -> tuple[Reason, ...]:
    """What keeps a DAG from making runs by itself."""
    return tuple(_of_dag_itself(dag, pauses=True))


def _of_engine(services: Services) -> Iterator[Reason]:
    if not is_alive(services, ENGINE):
        yield NO_ENGINE


def _of_dag(services: Services, run: RunRecord) -> Iterator[Reason]:
    yield from _of_dag_itself(get_dag(services, run.dag_id), pauses=run.run_type is not RunType.BACKFILL)


def _of_dag_itself(dag: DagRecord, *, pauses: bool) -> Iterator[Reason]:
    if dag.is_paused and pauses:
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
    if run.state is not RunState.QUEUED:
        return
    if run.run_after > services.now():
        yield Reason(kind="run_queued", text=f"Run '{run.run_id}' starts at {run.run_after:%Y-%m-%d %H:%M:%S} UTC.")
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


def _of_try(services: Services, instance: InstanceRecord) -> Iterator[Reason]:
    """How the newest try ended, as its host or the task itself told."""
    made = services.store.tries.get(instance.try_id) if instance.try_id is not None else None
    if made is not None and made.cause:
        how = f"{made.cause}: {made.error}" if made.error else made.cause
        yield Reason(
            kind="ended",
            text=f"Try {made.try_number} ended with {how}",
            since=made.end_date,
            remedy=f"Its log: {made.log_path}",
        )


def _of_instance(services: Services, run: RunRecord, instance: InstanceRecord) -> tuple[Reason, ...]:
    """What the core finds in the run as it is now; for a task that waits for a slot, what the engine noted last."""
    loaded = services.store.engine.load_run(run.run_key)
    if loaded is None:
        return ()
    graph = Graphs(services).of(run)
    view = RunView.from_records(
        graph,
        loaded.run,
        loaded.instances,
        lengths=loaded.lengths,
        decisions=loaded.decisions,
        past=_past(services, run, instance.task_id),
    )
    found = view.instances.get((instance.task_id, instance.map_index))
    computed = () if found is None else why_not(view, found, None, services.now())
    if instance.state in (TaskState.FAILED, TaskState.UP_FOR_RETRY):
        computed = (*_of_try(services, instance), *computed)
    if instance.state is not TaskState.SCHEDULED:
        return computed
    noted = decode_reasons(instance.waiting_for)
    kinds = {reason.kind for reason in computed}
    return (*computed, *(reason for reason in noted if reason.kind not in kinds))


def _past(services: Services, run: RunRecord, task_id: str) -> PastFacts:
    if run.logical_date is None:
        return PastFacts()
    dag = get_dag(services, run.dag_id)
    scheduled_only = previous_run_kind(dag.spec) is PreviousKind.AUTOMATED
    reads = services.store.engine
    previous = reads.previous_run(run.dag_id, run.logical_date, scheduled_only=scheduled_only)
    if previous is None:
        return PastFacts()
    is_first = False
    if run.backfill_id is not None:
        first = services.store.runs.list(backfill_id=run.backfill_id, newest_first=False, limit=1)
        is_first = bool(first) and first[0].run_key == run.run_key
    seen = [task_id] if reads.has_past_instances(run.dag_id, task_id, run.logical_date) else []
    return past_facts(previous, reads.instances_of(previous.run_key), seen_before=seen, is_first_of_backfill=is_first)


def since_text(moment: datetime, now: datetime) -> str:
    """`for 2 minutes`-like text of how long something has lasted."""
    seconds = max(now - moment, timedelta()).total_seconds()
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''}"
    return f"{int(seconds)} s"
