"""Runs as lists with filters, for the APIs: pages by the number of the run or any other column.

In the order of run keys a page costs its rows; any other order reads all runs that match. Counts stop at COUNT_LIMIT.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.lists import Found, Ordering, Page, Pattern, Span
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, RunType
from tradewind.store import schema
from tradewind.store.bars import LENGTH
from tradewind.store.database import Database
from tradewind.store.engine_reads import RUNS
from tradewind.store.lists import matches, ordered, within

COUNT_LIMIT: Final = 100_000
"""`Found.total` stops here: it means "at least that many"."""
ANY_TIME: Final[Span[datetime]] = Span()
ANY_LENGTH: Final[Span[float]] = Span()
_RUN: Final = schema.dag_run.c


@dataclass(frozen=True)
class RunQuery:
    """None and empty match everything."""

    readable: Collection[str] | None = None
    """Only runs of these DAGs: what somebody may see."""
    dag_ids: Collection[str] | None = None
    states: Collection[RunState] = ()
    run_types: Collection[RunType] = ()
    run_after: Span[datetime] = ANY_TIME
    logical_date: Span[datetime] = ANY_TIME
    start_date: Span[datetime] = ANY_TIME
    end_date: Span[datetime] = ANY_TIME
    changed: Span[datetime] = ANY_TIME
    """When it ended; for a run that did not, when it began or was made."""
    duration_s: Span[float] = ANY_LENGTH
    conf_contains: str = ""
    version_numbers: Collection[int] = ()
    run_id: Sequence[Pattern] = ()
    dag_id: Sequence[Pattern] = ()
    triggering_user: Sequence[Pattern] = ()


ALL_RUNS: Final = RunQuery()


class RunPages:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, page: Page, order: Sequence[Ordering], wanted: RunQuery) -> Found[RunRecord]:
        """Ordered by fields of a run, or `duration`; then by run key, falling when the first ordering is."""
        query = RUNS.select().where(*run_conditions(wanted))
        last = _RUN.run_key.desc() if order and order[0].descending else _RUN.run_key
        with self._database.read() as connection:
            total = limited_count(connection, query)
            if not page.limit:
                return Found([], total)
            listed = ordered(query, order, run_columns(), [last])
            return Found(RUNS.all(connection.execute(listed.limit(page.limit).offset(page.offset))), total)


def limited_count(connection: Connection, query: sa.Select[Any]) -> int:
    """How many rows a query has, COUNT_LIMIT at most."""
    some = (
        query.with_only_columns(sa.literal(1), maintain_column_froms=True).order_by(None).limit(COUNT_LIMIT).subquery()
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def run_columns() -> Mapping[str, Any]:
    """What lists can be ordered by."""
    return {**{column.name: column for column in schema.dag_run.columns}, "duration": LENGTH}


def run_conditions(wanted: RunQuery) -> list[Any]:
    conditions: list[Any] = []
    column: Any
    for column, some in ((_RUN.dag_id, wanted.readable), (_RUN.dag_id, wanted.dag_ids)):
        if some is not None:
            conditions.append(column.in_(sorted(set(some))))
    if wanted.states:
        conditions.append(_RUN.state.in_(list(wanted.states)))
        if all(not state.is_final for state in wanted.states):
            # Said again in the words of the index on unfinished runs.
            conditions.append(sa.text(f"dag_run.{schema.RUN_UNFINISHED}"))
    if wanted.run_types:
        conditions.append(_RUN.run_type.in_(list(wanted.run_types)))
    for column, span in (
        (_RUN.run_after, wanted.run_after),
        (_RUN.logical_date, wanted.logical_date),
        (_RUN.start_date, wanted.start_date),
        (_RUN.end_date, wanted.end_date),
        (sa.func.coalesce(_RUN.end_date, _RUN.start_date, _RUN.queued_at), wanted.changed),
    ):
        conditions += within(column, span)
    if not wanted.duration_s.is_open:
        conditions += within(sa.cast(LENGTH, sa.Double) / sa.literal(1e6, sa.Double), wanted.duration_s)
    if wanted.conf_contains:
        conditions.append(_RUN.conf.icontains(wanted.conf_contains, autoescape=True))
    if wanted.version_numbers:
        version = schema.dag_version.c
        ids = sa.select(version.version_id).where(version.number.in_(sorted(set(wanted.version_numbers))))
        conditions.append(_RUN.version_id.in_(ids))
    for column, patterns in (
        (_RUN.run_id, wanted.run_id),
        (_RUN.dag_id, wanted.dag_id),
        (_RUN.triggering_user, wanted.triggering_user),
    ):
        for pattern in patterns:
            conditions += matches(column, pattern)
    return conditions
