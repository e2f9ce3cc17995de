"""DAGs: listing, pausing, deleting, and when they run next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tradewind.core.records import DagRecord
from tradewind.core.runs import DataInterval, Planned, as_utc, next_run
from tradewind.core.states import RunState
from tradewind.services.errors import Busy, Invalid, Unknown
from tradewind.services.session import Services
from tradewind.services.timetables import timetable_of


class Paused(NamedTuple):
    """What pausing or un-pausing did."""

    changed: list[str]
    unchanged: list[str]
    """Were so already."""


def list_dags(services: Services, *, include_stale: bool = False) -> list[DagRecord]:
    """All DAGs by id; stale ones, whose file no longer defines them, only on request."""
    return services.store.dags.list(include_stale=include_stale)


def get_dag(services: Services, dag_id: str) -> DagRecord:
    """The DAG, stale or not. Raises Unknown, with the nearest id."""
    found = services.store.dags.get(dag_id)
    if found is None:
        known = [dag.dag_id for dag in list_dags(services)]
        raise Unknown("DAG", dag_id, known, hint=_where_it_may_be(services))
    return found


def _where_it_may_be(services: Services) -> str:
    errors = services.store.import_errors.list()
    if errors:
        return f"{len(errors)} DAG file(s) could not be imported: see `airflow dags list-import-errors`."
    folder = services.conf.get("core", "dags_folder")
    return f"`airflow dags list` shows them. If its file is new, `airflow dags reserialize` reads {folder} now."


def matching(services: Services, dag_id: str, *, regex: bool) -> list[DagRecord]:
    """The DAG with this id, or all those whose ids match the expression anywhere. Raises Unknown when there is none."""
    if not regex:
        return [get_dag(services, dag_id)]
    try:
        pattern = re.compile(dag_id)
    except re.error as error:
        raise Invalid(f"'{dag_id}' is no regular expression: {error}. Correct it, or leave out the option.") from None
    found = [dag for dag in list_dags(services) if pattern.search(dag.dag_id)]
    if not found:
        raise Unknown("DAG that matches", dag_id, hint="`airflow dags list` shows their ids.")
    return found


def set_paused(services: Services, dag_ids: Sequence[str], paused: bool) -> Paused:
    """Pause DAGs, or let them run again. Ids that do not exist are left out."""
    event = "dag.pause" if paused else "dag.unpause"
    entry = services.audit(event, before={"is_paused": not paused}, after={"is_paused": paused})
    changed = list(services.store.dags.set_paused(dag_ids, paused, services.who, services.now(), audit=entry))
    if changed:
        services.ring()
    return Paused(changed, [dag_id for dag_id in dag_ids if dag_id not in changed])


def delete_dag(services: Services, dag_id: str) -> int:
    """Delete a DAG with its whole history; the number of records that went. Its file, while there, brings it back.

    Raises Unknown, and Busy while a run of it is running.
    """
    dag = get_dag(services, dag_id)
    running = services.store.runs.count(dag_id=dag_id, states=[RunState.RUNNING])
    if running:
        raise Busy(
            f"DAG '{dag_id}' has {running} running run(s), so it was not deleted. Pause it and wait for them, "
            "or mark them as failed."
        )
    runs = services.store.runs.count(dag_id=dag_id)
    entry = services.audit("dag.delete", before={"fileloc": dag.fileloc, "runs": runs}, dag_id=dag_id)
    deleted = services.store.dags.delete(dag_id, outbox=[services.note("dag", "deleted", dag_id=dag_id), entry])
    services.ring()
    return deleted


def next_runs(services: Services, dag: DagRecord, count: int, *, until: datetime | None = None) -> list[Planned]:
    """The next automated runs of a DAG, `count` at most and due by `until`, whether it is paused or not.

    Raises Invalid for a custom timetable: its code runs in the engine's DAG host only.
    """
    schedule = timetable_of(dag)
    last_run = services.store.engine.last_automated_run(dag.dag_id)
    last = None
    if last_run is not None and last_run.data_interval_start is not None and last_run.data_interval_end is not None:
        last = DataInterval(as_utc(last_run.data_interval_start), as_utc(last_run.data_interval_end))
    now = services.now()
    planned: list[Planned] = []
    while len(planned) < count:
        run = next_run(
            schedule,
            last=last,
            start=dag.spec.start_date,
            end=dag.spec.end_date,
            catchup=dag.spec.catchup,
            # Each later run is asked for when the one before it would start: only the first can make up for the past.
            now=max(now, planned[-1].run_after) if planned else now,
        )
        if run is None or (until is not None and run.run_after > until):
            break
        planned.append(run)
        if run.data_interval_start is None or run.data_interval_end is None:
            break
        last = DataInterval(run.data_interval_start, run.data_interval_end)
    return planned
