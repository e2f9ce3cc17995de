"""Which runs a DAG's schedule would make in a span of time: a turn of the clock by hand, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tradewind.core.records import DagRecord
from tradewind.core.runs import DataInterval, Planned, as_utc, next_run, run_id_for
from tradewind.core.states import RunType
from tradewind.services.errors import Invalid
from tradewind.services.timetables import timetable_of


class Simulated(NamedTuple):
    """One run that would be made."""

    created_at: datetime
    """When: the start of the span for those that are made up for, else the moment at which they are due."""
    run_id: str
    planned: Planned


def simulate(dag: DagRecord, *, start: datetime, end: datetime) -> Iterator[Simulated]:
    """The runs of a DAG that is un-paused at `start` and watched until `end`, in order of creation.

    The DAG starts without history. Raises Invalid for a custom timetable and for a span that ends before it begins.
    """
    if end < start:
        raise Invalid(f"The span ends ({end.isoformat()}) before it begins ({start.isoformat()}). Swap the two.")
    schedule = timetable_of(dag)
    spec = dag.spec
    now = as_utc(start)
    last: DataInterval | None = None
    while True:
        run = next_run(schedule, last=last, start=spec.start_date, end=spec.end_date, catchup=spec.catchup, now=now)
        if run is None or run.run_after > end:
            return
        now = max(now, run.run_after)
        run_id = run_id_for(
            RunType.SCHEDULED, dialect=spec.dialect, run_after=run.run_after, logical_date=run.logical_date
        )
        yield Simulated(now, run_id, run)
        if run.data_interval_start is None or run.data_interval_end is None:
            return
        last = DataInterval(run.data_interval_start, run.data_interval_end)
