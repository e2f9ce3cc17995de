"""DAG runs: triggering, listing, deleting."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tradewind.core.ids import new_run_key
from tradewind.core.records import DagRecord, RunRecord
from tradewind.core.runs import DataInterval, as_utc, run_id_for
from tradewind.core.states import RunState, RunType
from tradewind.sdk.masking import MASKER
from tradewind.services.dags import get_dag
from tradewind.services.errors import Busy, Invalid, Unknown
from tradewind.services.params import check_conf
from tradewind.services.session import Services
from tradewind.services.timetables import is_custom, timetable_of

MAX_RUN_ID: Final = 250


def trigger_run(
    services: Services,
    dag_id: str,
    *,
    conf: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    logical_date: datetime | None = None,
    keep_microseconds: bool = False,
    note: str | None = None,
    interval: DataInterval | None = None,
    run_after: datetime | None = None,
) -> RunRecord:
    """Create a manual run; a paused DAG's run waits until the DAG is un-paused.

    In dialect 2 a run without a date gets this moment, to the second unless `keep_microseconds`; in dialect 3 it has
    none. A date in the future makes the run wait for it, as `run_after` does. `interval` None: what the timetable says of
    that date; a run without a date has none. Raises Unknown, Invalid, and RunExists (of the store) when the
    run id or the date is taken.
    """
    dag = get_dag(services, dag_id)
    if dag.is_stale:
        raise Invalid(
            f"DAG '{dag_id}' is not defined by its file {dag.fileloc} any more, so it cannot run. "
            "Put it back, or trigger another DAG."
        )
    values = dict(conf or {})
    check_conf(dag.spec, values, overrides=services.conf.getboolean("core", "dag_run_conf_overrides_params"))
    now = services.now()
    if logical_date is None and dag.spec.dialect == 2:
        logical_date = now if keep_microseconds else now.replace(microsecond=0)
    interval = manual_interval(dag, logical_date) if interval is None or logical_date is None else interval
    run_after = max(logical_date or now, run_after or now)
    record = RunRecord(
        run_key=new_run_key(int(now.timestamp() * 1000)),
        dag_id=dag_id,
        run_id=_run_id(services, dag, run_id, logical_date, run_after),
        run_type=RunType.MANUAL,
        state=RunState.QUEUED,
        version_id=dag.version_id,
        run_after=run_after,
        logical_date=logical_date,
        data_interval_start=interval.start if interval else None,
        data_interval_end=interval.end if interval else None,
        queued_at=now,
        conf=json.dumps(values),
        triggered_by=services.who.partition(":")[0],
        triggering_user=services.user,
        note=note,
    )
    place: dict[str, Any] = {"dag_id": dag_id, "run_id": record.run_id, "run_key": record.run_key}
    entry = None
    if services.by_user:
        told = {"logical_date": logical_date.isoformat() if logical_date else None, "conf": MASKER.redact(values)}
        entry = services.audit("run.trigger", after={**told, "note": note}, **place)
    made = services.note("run", "triggered", new=RunState.QUEUED.value, **place)
    services.store.runs.create(record, [made, entry])
    services.ring()
    return record


def manual_interval(dag: DagRecord, logical_date: datetime | None) -> DataInterval | None:
    """What a manual run at this date works on: the last closed interval. None without a date.

    A custom timetable is not asked (its code runs with the scheduler only): the run gets the empty interval at its
    date.
    """
    if logical_date is None:
        return None
    moment = as_utc(logical_date)
    if is_custom(dag):
        return DataInterval.exact(moment)
    return timetable_of(dag).infer_manual_data_interval(run_after=moment)


def _run_id(
    services: Services, dag: DagRecord, wanted: str | None, logical_date: datetime | None, run_after: datetime
) -> str:
    if wanted is None:
        letters = "" if logical_date is not None else "".join(secrets.choice(string.ascii_letters) for _ in range(8))
        return run_id_for(
            RunType.MANUAL, dialect=dag.spec.dialect, run_after=run_after, logical_date=logical_date, suffix=letters
        )
    if not wanted or len(wanted) > MAX_RUN_ID:
        raise Invalid(f"A run id has 1 to {MAX_RUN_ID} characters, this one has {len(wanted)}. Choose another one.")
    if wanted in (".", "..") or any(ord(letter) < 0x20 for letter in wanted):
        # A browser takes the dots out of an address, and nobody could open the run.
        raise Invalid(f"The run id {wanted!r} cannot be part of an address. Choose another one.")
    pattern = services.conf.get("scheduler", "allowed_run_id_pattern")
    if pattern.strip() and not re.match(pattern, wanted):
        raise Invalid(
            f"The run id '{wanted}' does not fit [scheduler] allowed_run_id_pattern, {pattern}. Choose another one."
        )
    return wanted


def list_runs(
    services: Services,
    dag_id: str,
    *,
    states: Sequence[RunState] | None = None,
    logical_from: datetime | None = None,
    logical_to: datetime | None = None,
    with_backfills: bool = True,
    limit: int | None = None,
) -> list[RunRecord]:
    """The runs of a DAG, newest first. Raises Unknown for the DAG."""
    get_dag(services, dag_id)
    types = None if with_backfills else [kind for kind in RunType if kind is not RunType.BACKFILL]
    return list(
        services.store.runs.list(
            dag_id=dag_id,
            states=states,
            run_types=types,
            logical_from=logical_from,
            logical_to=logical_to,
            limit=limit,
        )
    )


def look_up_run(services: Services, dag_id: str, named: str | datetime) -> RunRecord | None:
    """The run with this run id, or with this logical date; None when there is no such run."""
    if isinstance(named, datetime):
        return services.store.runs.by_logical_date(dag_id, named)
    return services.store.runs.get(dag_id, named)


def get_run(services: Services, dag_id: str, named: str, logical_date: datetime | None = None) -> RunRecord:
    """The run named by its id or, when `named` reads as a date, by its logical date. Raises Unknown."""
    get_dag(services, dag_id)
    found = look_up_run(services, dag_id, named)
    if found is None and logical_date is not None:
        found = look_up_run(services, dag_id, logical_date)
    if found is None:
        known = [run.run_id for run in services.store.runs.list(dag_id=dag_id, limit=100)]
        raise Unknown("run", named, known, f"DAG '{dag_id}'", hint=f"`airflow dags list-runs {dag_id}` shows them.")
    return found


def delete_run(services: Services, run: RunRecord) -> None:
    """Delete a run with its tries and XComs. Raises Busy while it is running."""
    if run.state is RunState.RUNNING:
        raise Busy(f"Run '{run.run_id}' is running, so it was not deleted. Mark it as failed first, then delete it.")
    place: dict[str, Any] = {"dag_id": run.dag_id, "run_id": run.run_id, "run_key": run.run_key}
    entry = services.audit("run.delete", before={"state": run.state.value, "run_type": run.run_type.value}, **place)
    services.store.runs.delete(run.run_key, [services.note("run", "deleted", old=run.state.value, **place), entry])
    services.ring()
