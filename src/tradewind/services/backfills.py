"""Backfills: the runs of a DAG for a range of dates, made at once and worked off a few at a time.

The range is inclusive at both ends and counts logical dates. A backfill runs also while its DAG is paused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from tradewind.core.changes import Changes, Conflict
from tradewind.core.clearing import clear, requeue
from tradewind.core.edits import RunSnapshot
from tradewind.core.ids import new_run_key
from tradewind.core.records import BackfillRecord, DagRecord, InstanceRecord, RunRecord
from tradewind.core.runs import Planned, backfill_runs, run_id_for
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.sdk.masking import MASKER
from tradewind.services.dags import get_dag
from tradewind.services.edits import Part, carry_out
from tradewind.services.errors import Busy, Invalid, Unknown
from tradewind.services.marking import mark_run
from tradewind.services.params import check_conf
from tradewind.services.session import Services
from tradewind.services.timetables import timetable_of

_RUNS_AT_ONCE: Final = 100
_DEFAULT_MAX_ACTIVE: Final = 10


class Reprocess(str, Enum):
    """What happens to dates that have a run already."""

    NONE = "none"
    FAILED = "failed"
    COMPLETED = "completed"


class Action(str, Enum):
    """What a backfill does for one date."""

    CREATE = "create"
    RERUN = "rerun"
    """An existing run is cleared and becomes part of the backfill."""
    RERUN_FAILED = "rerun failed tasks"
    SKIP = "skip"
    WAIT = "wait"
    """A run for this date is under way already."""


@dataclass(frozen=True, slots=True)
class Step:
    """One date of a backfill."""

    planned: Planned
    action: Action
    existing: RunRecord | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    dag_id: str
    first: datetime
    last: datetime
    conf: Mapping[str, Any]
    max_active_runs: int | None = None
    reprocess: Reprocess = Reprocess.NONE
    run_backwards: bool = False
    rerun_failed_tasks: bool = False
    """Airflow 2: of existing failed runs, run the failed tasks again."""
    join_existing: bool = False
    """Airflow 2: also wait for runs that are under way already."""
    mark_success: bool = False
    """Airflow 2: make the runs as successes, without running anything."""


@dataclass(frozen=True, slots=True)
class Started:
    backfill_id: int | None
    steps: list[Step]
    run_keys: tuple[int, ...]
    """The runs to wait for, in the order in which they were made."""


def plan_backfill(services: Services, request: Request) -> list[Step]:
    """The dry run: what happens for each date, in order.

    Raises Unknown, and Invalid for a range or DAG that cannot be backfilled.
    """
    dag = get_dag(services, request.dag_id)
    _check(services, dag, request)
    planned = list(backfill_runs(timetable_of(dag), first=request.first, last=request.last, now=services.now()))
    if request.run_backwards:
        planned.reverse()
    return [_step(services, request, run) for run in planned]


def start_backfill(services: Services, request: Request) -> Started:
    """Make the runs. Raises Busy while another backfill of the DAG is under way; see `plan_backfill` for the rest.

    Some runs at a time: after a crash on the way the same request makes the missing ones once the others have ended.
    """
    steps = plan_backfill(services, request)
    dag = get_dag(services, request.dag_id)
    settle(services, request.dag_id)
    active = services.store.backfills.list(dag_id=request.dag_id, active_only=True)
    if active:
        raise Busy(
            f"DAG '{request.dag_id}' has a backfill under way: number {active[0].backfill_id}, "
            f"{active[0].from_date.date()} to {active[0].to_date.date()}. Wait for its runs, or mark them as failed."
        )
    waited = [step.existing.run_key for step in steps if step.action is Action.WAIT and step.existing is not None]
    working = [step for step in steps if step.action not in (Action.SKIP, Action.WAIT)]
    if not working:
        return Started(None, steps, tuple(waited))
    counts = Counter(step.action.name.lower() for step in steps)
    told = {
        "from": request.first.isoformat(),
        "to": request.last.isoformat(),
        "conf": MASKER.redact(dict(request.conf)),
    }
    entry = services.audit("backfill.create", dag_id=dag.dag_id, after={**told, "runs": dict(counts)})
    backfill_id = services.store.backfills.create(_record(services, dag, request), outbox=entry)
    made: list[int] = []
    fresh = [step for step in working if step.action is Action.CREATE]
    for start in range(0, len(fresh), _RUNS_AT_ONCE):
        made += _create(services, dag, request, backfill_id, fresh[start : start + _RUNS_AT_ONCE])
        services.ring()
    for step in working:
        if step.existing is not None:
            made.append(_rerun(services, request, backfill_id, step.existing, step.action))
    return Started(backfill_id, steps, (*made, *waited))


def states(services: Services, run_keys: Sequence[int]) -> dict[int, RunState]:
    """The states of runs; those that were deleted are left out."""
    return {key: run.state for key, run in services.store.runs.by_keys(run_keys).items()}


def settle(services: Services, dag_id: str | None = None) -> list[int]:
    """Note the end of backfills all of whose runs have ended; which ones. Doing it twice changes nothing."""
    unfinished = [RunState.QUEUED, RunState.RUNNING]
    done: list[int] = []
    for backfill in services.store.backfills.list(dag_id=dag_id, active_only=True):
        if services.store.runs.count(backfill_id=backfill.backfill_id, states=unfinished) == 0:
            services.store.backfills.update(backfill.backfill_id, completed_at=services.now())
            done.append(backfill.backfill_id)
    return done


def get_backfill(services: Services, backfill_id: int) -> BackfillRecord:
    """Raises Unknown."""
    found = services.store.backfills.get(backfill_id)
    if found is None:
        raise Unknown("backfill", str(backfill_id), hint="List those of its DAG.")
    return found


def pause_backfill(services: Services, backfill: BackfillRecord, paused: bool) -> BackfillRecord:
    """While it is paused no further run of it begins. Raises Invalid when it is over."""
    _check_open(backfill)
    event = "backfill.pause" if paused else "backfill.unpause"
    entry = services.audit(event, dag_id=backfill.dag_id, after={"backfill_id": backfill.backfill_id})
    told = services.note("backfill", "paused" if paused else "unpaused", dag_id=backfill.dag_id)
    changed = services.store.backfills.update(backfill.backfill_id, is_paused=paused, outbox=[entry, told])
    services.ring()
    return changed


def cancel_backfill(services: Services, backfill: BackfillRecord) -> BackfillRecord:
    """Runs of it that have not begun are marked as failed; those that run go on. Raises Invalid when it is over."""
    _check_open(backfill)
    for run in services.store.runs.list(backfill_id=backfill.backfill_id, states=[RunState.QUEUED]):
        mark_run(services, run, RunState.FAILED, audited=False)
    entry = services.audit("backfill.cancel", dag_id=backfill.dag_id, after={"backfill_id": backfill.backfill_id})
    told = services.note("backfill", "cancelled", dag_id=backfill.dag_id)
    changed = services.store.backfills.update(backfill.backfill_id, completed_at=services.now(), outbox=[entry, told])
    services.ring()
    return changed


def _check_open(backfill: BackfillRecord) -> None:
    if backfill.completed_at is not None:
        raise Invalid(f"Backfill {backfill.backfill_id} is over since {backfill.completed_at:%Y-%m-%d %H:%M:%S} UTC.")


# --- planning ---------------------------------------------------------------------------------------------------------


def _check(services: Services, dag: DagRecord, request: Request) -> None:
    if request.last < request.first:
        raise Invalid(f"The range ends ({request.last.isoformat()}) before it begins. Swap the two dates.")
    if not dag.spec.timetable.can_be_scheduled or dag.spec.timetable.kind in ("once", "continuous"):
        raise Invalid(
            f"DAG '{dag.dag_id}' has no regular schedule ({dag.spec.timetable.summary or 'None'}), so there are no "
            f"dates to backfill. Trigger single runs: `airflow dags trigger {dag.dag_id}`."
        )
    if dag.is_stale:
        raise Invalid(f"DAG '{dag.dag_id}' is not defined by its file {dag.fileloc} any more. Put it back first.")
    if request.run_backwards:
        chained = next((task.task_id for task in dag.spec.tasks if task.depends_on_past), None)
        if chained is not None:
            raise Invalid(
                f"DAG '{dag.dag_id}' cannot be run backwards: task '{chained}' has depends_on_past, "
                "so each run needs the one before it. Leave out --run-backwards."
            )
    if request.max_active_runs is not None and request.max_active_runs < 1:
        raise Invalid("--max-active-runs must be 1 or more.")
    overrides = services.conf.getboolean("core", "dag_run_conf_overrides_params")
    check_conf(dag.spec, request.conf, overrides=overrides)


def _step(services: Services, request: Request, planned: Planned) -> Step:
    assert planned.logical_date is not None
    existing = services.store.runs.by_logical_date(request.dag_id, planned.logical_date)
    if existing is None:
        return Step(planned, Action.CREATE)
    if not existing.state.is_final:
        return Step(planned, Action.WAIT if request.join_existing else Action.SKIP, existing)
    if request.reprocess is Reprocess.COMPLETED:
        return Step(planned, Action.RERUN, existing)
    if existing.state is RunState.FAILED:
        if request.reprocess is Reprocess.FAILED:
            return Step(planned, Action.RERUN, existing)
        if request.rerun_failed_tasks:
            return Step(planned, Action.RERUN_FAILED, existing)
    return Step(planned, Action.SKIP, existing)


# --- making -----------------------------------------------------------------------------------------------------------


def _record(services: Services, dag: DagRecord, request: Request) -> BackfillRecord:
    return BackfillRecord(
        backfill_id=0,
        dag_id=dag.dag_id,
        from_date=request.first,
        to_date=request.last,
        conf=json.dumps(dict(request.conf)),
        max_active_runs=request.max_active_runs or dag.spec.max_active_runs or _DEFAULT_MAX_ACTIVE,
        reprocess=request.reprocess.value,
        run_backwards=request.run_backwards,
        created_at=services.now(),
    )


def _create(services: Services, dag: DagRecord, request: Request, backfill_id: int, steps: list[Step]) -> list[int]:
    """The keys of the runs that were made; dates that got a run from somebody else meanwhile are left out."""
    records = [_run(services, dag, request, backfill_id, step.planned) for step in steps]
    while records:
        changes = Changes(new_runs=list(records))
        if request.mark_success:
            changes.new_instances = [found for run in records for found in _succeeded(services, dag, run)]
        changes.outbox = [
            services.note(
                "run", "backfill", dag_id=run.dag_id, run_id=run.run_id, run_key=run.run_key, new=run.state.value
            )
            for run in records
        ]
        conflict: Conflict | None = services.store.edit(changes)
        if conflict is None:
            break
        taken = {run_id for _, run_id in conflict.existing_runs}
        left = [run for run in records if run.run_id not in taken and run.run_key not in conflict.run_keys]
        if len(left) == len(records):
            raise Busy(f"The runs of DAG '{dag.dag_id}' could not be made: others were made meanwhile. Try again.")
        records = left
    return [run.run_key for run in records]


def _run(services: Services, dag: DagRecord, request: Request, backfill_id: int, planned: Planned) -> RunRecord:
    now = services.now()
    assert planned.logical_date is not None
    state = RunState.SUCCESS if request.mark_success else RunState.QUEUED
    return RunRecord(
        run_key=new_run_key(int(now.timestamp() * 1000)),
        dag_id=dag.dag_id,
        # Both Airflows name a backfill's run by its logical date.
        run_id=run_id_for(RunType.BACKFILL, dialect=3, run_after=planned.logical_date),
        run_type=RunType.BACKFILL,
        state=state,
        version_id=dag.version_id,
        # Runs start by `run_after`, then in the order in which they were made: backwards, that order decides.
        run_after=now if request.run_backwards else planned.run_after,
        logical_date=planned.logical_date,
        data_interval_start=planned.data_interval_start,
        data_interval_end=planned.data_interval_end,
        queued_at=now,
        start_date=now if request.mark_success else None,
        end_date=now if request.mark_success else None,
        conf=json.dumps(dict(request.conf)),
        triggered_by="backfill",
        triggering_user=services.user,
        backfill_id=backfill_id,
        expanded=request.mark_success,
        end_reason="marked as success by a backfill" if request.mark_success else "",
    )


def _succeeded(services: Services, dag: DagRecord, run: RunRecord) -> Iterator[InstanceRecord]:
    now = services.now()
    for task in dag.spec.tasks:
        yield InstanceRecord(
            run_key=run.run_key,
            task_id=task.task_id,
            state=TaskState.SUCCESS,
            max_tries=task.retries,
            pool=task.pool,
            pool_slots=task.pool_slots,
            priority_weight=task.priority_weight,
            queue=task.queue,
            operator=task.operator,
            start_date=now,
            end_date=now,
            duration_s=0.0,
        )


def _rerun(services: Services, request: Request, backfill_id: int, run: RunRecord, action: Action) -> int:
    """Clear an existing run and make it part of the backfill; its key."""

    def decide(snapshot: RunSnapshot) -> Part:
        now, why = services.now(), f"backfill {backfill_id}"
        current = snapshot.run
        if not current.state.is_final:
            return Part()
        only_failed = action is Action.RERUN_FAILED
        edit = clear(current, [snapshot], snapshot.graph.task_ids, now, only_failed=only_failed, why=why)
        if not edit.runs:
            # A run that ended before it had instances.
            requeue(edit, current, now, why)
        values: dict[str, Any] = {"backfill_id": backfill_id, "run_type": RunType.BACKFILL}
        if action is Action.RERUN:
            values["conf"] = json.dumps(dict(request.conf))
        edit.runs[0].values.update(values)
        return Part(edit)

    carry_out(services, f"Run '{run.run_id}'", [run.run_key], decide, event=None, dry_run=False)
    return run.run_key
