"""Lists of runs, of one DAG or of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tradewind.core.records import RunRecord
from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid
from tradewind.services.views.cursors import key_of, to_cursor
from tradewind.services.views.grid import run_states, types_of_runs
from tradewind.services.views.runs import run_rows
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.history import RunFilter

_TIME: Final[Any] = tuple[datetime | None, int]
_LENGTH: Final[Any] = tuple[int | None, int]
_MICROSECOND: Final = timedelta(microseconds=1)


def list_runs(
    viewer: Viewer,
    *,
    dag_id: str | None = None,
    states: Sequence[str] | None = None,
    run_types: Sequence[str] | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    search: str = "",
    order_by: str = "run_after",
    descending: bool = True,
    cursor: str | None = None,
    limit: int = 50,
) -> View:
    """`shapes.RunList`. Raises Unknown for the DAG, Invalid for a state, type, cursor or a time without a zone."""
    services = viewer.services
    seq = services.store.outbox.last_seq()
    if dag_id is not None:
        get_dag(services, dag_id)
    for moment in (after, before):
        if moment is not None and moment.tzinfo is None:
            raise Invalid(f"{moment.isoformat()} has no time zone. Write an offset behind it: {moment.isoformat()}Z.")
    wanted = RunFilter(
        dag_id=dag_id,
        dag_ids=viewer.visible_dags,
        states=run_states(states),
        run_types=types_of_runs(run_types),
        after=after,
        before=before,
        text=search.strip(),
    )
    place = key_of(cursor, _LENGTH if order_by == "duration" else _TIME) if cursor else None
    history = services.store.history
    found = history.runs(wanted, order_by=order_by, descending=descending, after=place, limit=limit + 1)
    return {
        "runs": run_rows(viewer, found[:limit]),
        "total": history.count(wanted),
        "next_cursor": to_cursor(_key(found[limit - 1], order_by)) if len(found) > limit else None,
        "seq": seq,
    }


def _key(run: RunRecord, order_by: str) -> tuple[datetime | int | None, int]:
    """Where the run stands in the list."""
    if order_by != "duration":
        return getattr(run, order_by), run.run_key
    if run.start_date is None or run.end_date is None:
        return None, run.run_key
    return (run.end_date - run.start_date) // _MICROSECOND, run.run_key
