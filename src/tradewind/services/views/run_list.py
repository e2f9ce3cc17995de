"""Lists of runs, of one DAG or of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid
from tradewind.services.views.cursors import from_cursor, to_cursor
from tradewind.services.views.grid import run_states, types_of_runs
from tradewind.services.views.runs import run_rows
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.history import RunFilter

_FARTHEST = 1_000_000


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
    offset = 0 if not cursor else int(from_cursor(cursor, int))
    if not 0 <= offset <= _FARTHEST:
        raise Invalid("The cursor is not one that this server gave. Leave it out to begin at the first page.")
    history = services.store.history
    found = history.runs(wanted, order_by=order_by, descending=descending, offset=offset, limit=limit + 1)
    return {
        "runs": run_rows(viewer, found[:limit]),
        "total": history.count(wanted),
        "next_cursor": to_cursor(offset + limit) if len(found) > limit else None,
        "seq": seq,
    }
