"""XComs as lists with filters, for the APIs and pages. Of values the start is read at most: they can be large."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import RunRecord
from tradewind.store import schema
from tradewind.store.column_types import UtcTime
from tradewind.store.database import Database
from tradewind.store.engine_reads import RUNS
from tradewind.store.lists import behind, matches, ordered
from tradewind.store.run_pages import ALL_RUNS, RunQuery, limited_count, run_conditions

_RUN: Final = schema.dag_run.c
_XCOM: Final = schema.xcom.c


@dataclass(frozen=True)
class XComQuery:
    """None and empty match everything."""

    runs: RunQuery = ALL_RUNS
    run_keys: Collection[int] | None = None
    run_ids: Collection[str] | None = None
    task_ids: Collection[str] | None = None
    map_index: int | None = None
    key: str | None = None
    keys: Sequence[Pattern] = ()
    tasks: Sequence[Pattern] = ()


class XComPlace(NamedTuple):
    """An XCom without its value."""

    run: RunRecord
    task_id: str
    map_index: int
    key: str
    created_at: datetime | None


class XComStart(NamedTuple):
    """An XCom with the start of its value."""

    place: XComPlace
    text: str
    """JSON, or its start."""
    size: int
    """Characters of the whole value."""


class XComPages:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, page: Page, order: Sequence[Ordering], wanted: XComQuery) -> Found[XComPlace]:
        """Ordered by run_key, key, dag_id, run_id, task_id, map_index, created_at, run_after; then by their keys."""
        query: sa.Select[Any] = sa.select(
            *RUNS.stored, _XCOM.task_id, _XCOM.map_index, _XCOM.key, sa.type_coerce(_XCOM.created_at, UtcTime())
        ).select_from(schema.xcom.join(schema.dag_run, _RUN.run_key == _XCOM.run_key))
        query = query.where(*_conditions(wanted))
        columns: dict[str, Any] = {name: _RUN[name] for name in ("dag_id", "run_id", "run_after")}
        columns |= {name: _XCOM[name] for name in ("run_key", "key", "task_id", "map_index", "created_at")}
        last = [_XCOM.run_key, _XCOM.task_id, _XCOM.map_index, _XCOM.key]
        split = len(RUNS.columns)
        with self._database.read() as connection:
            total = limited_count(connection, query)
            if not page.limit:
                return Found([], total)
            listed = ordered(query, order, columns, last).limit(page.limit).offset(page.offset)
            rows = [tuple(row) for row in connection.execute(listed)]
        return Found([XComPlace(RUNS.of(row[:split]), *row[split:]) for row in rows], total)

    def behind(
        self, place: Sequence[Any] | None, limit: int, order: Ordering | None, wanted: XComQuery, most: int
    ) -> list[XComStart]:
        """The next XComs behind a place: (value of the order's field, run key, task id, map index, key); None: the first.

        Without an order, of the newest run first. `most`: so many characters of each value.
        """
        query: sa.Select[Any] = sa.select(
            *RUNS.stored, _XCOM.task_id, _XCOM.map_index, _XCOM.key, sa.type_coerce(_XCOM.created_at, UtcTime()),
            sa.func.substr(_XCOM.value, 1, most), sa.func.length(_XCOM.value),
        ).select_from(schema.xcom.join(schema.dag_run, _RUN.run_key == _XCOM.run_key))  # fmt: skip
        query = query.where(*_conditions(wanted))
        columns = {"created_at": _XCOM.created_at, "key": _XCOM.key}
        key = [_XCOM.run_key, _XCOM.task_id, _XCOM.map_index, _XCOM.key]
        split = len(RUNS.columns)
        with self._database.read() as connection:
            rows = [tuple(row) for row in connection.execute(behind(query, order, columns, key, place).limit(limit))]
        return [XComStart(XComPlace(RUNS.of(row[:split]), *row[split:-2]), row[-2], row[-1]) for row in rows]

    def count(self, wanted: XComQuery) -> int:
        """How many match, COUNT_LIMIT at most."""
        query = sa.select(_XCOM.run_key).select_from(schema.xcom.join(schema.dag_run, _RUN.run_key == _XCOM.run_key))
        with self._database.read() as connection:
            return limited_count(connection, query.where(*_conditions(wanted)))


def _conditions(wanted: XComQuery) -> list[Any]:
    conditions = run_conditions(wanted.runs)
    for column, some in (
        (_XCOM.run_key, wanted.run_keys),
        (_RUN.run_id, wanted.run_ids),
        (_XCOM.task_id, wanted.task_ids),
    ):
        if some is not None:
            conditions.append(column.in_(sorted(set(some))))
    if wanted.map_index is not None:
        conditions.append(_XCOM.map_index == wanted.map_index)
    if wanted.key is not None:
        conditions.append(_XCOM.key == wanted.key)
    for column, patterns in ((_XCOM.key, wanted.keys), (_XCOM.task_id, wanted.tasks)):
        for pattern in patterns:
            conditions += matches(column, pattern)
    return conditions
