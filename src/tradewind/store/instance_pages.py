"""Task instances as lists with filters, for the APIs.

In the order of their keys (the oldest run first, then task and map index) a page costs its rows and those it skips; any
other order reads all instances that match. Counts stop at COUNT_LIMIT.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern, Span
from tradewind.core.records import InstanceRecord, RunRecord
from tradewind.core.states import TaskState
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.engine_reads import INSTANCES, RUNS
from tradewind.store.lists import behind, matches, ordered, within
from tradewind.store.run_pages import ALL_RUNS, ANY_LENGTH, ANY_TIME, RunQuery, limited_count, run_conditions

_RUN: Final = schema.dag_run.c
_INSTANCE: Final = schema.task_instance.c
_NOT_NOTABLE: Final = frozenset({TaskState.NONE, TaskState.SUCCESS, TaskState.SKIPPED, TaskState.REMOVED})
_OF_RUN: Final = ("logical_date", "run_after", "data_interval_start", "data_interval_end", "dag_id", "run_id")

Placed = tuple[RunRecord, InstanceRecord]


@dataclass(frozen=True)
class InstanceQuery:
    """None and empty match everything."""

    runs: RunQuery = ALL_RUNS
    run_keys: Collection[int] | None = None
    run_ids: Collection[str] | None = None
    task_ids: Collection[str] | None = None
    states: Collection[TaskState] = ()
    pools: Collection[str] = ()
    queues: Collection[str] = ()
    operators: Collection[str] = ()
    try_numbers: Collection[int] = ()
    map_indexes: Collection[int] = ()
    only_mapped: bool = False
    start_date: Span[datetime] = ANY_TIME
    end_date: Span[datetime] = ANY_TIME
    changed: Span[datetime] = ANY_TIME
    duration_s: Span[float] = ANY_LENGTH
    task_id: Sequence[Pattern] = ()
    pool: Sequence[Pattern] = ()
    queue: Sequence[Pattern] = ()
    operator: Sequence[Pattern] = ()
    rendered_map_index: Sequence[Pattern] = ()
    hostname: Sequence[Pattern] = ()


class InstancePages:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, page: Page, order: Sequence[Ordering], wanted: InstanceQuery) -> Found[Placed]:
        """Ordered by fields of an instance, and by dag_id, run_id and the dates of its run; then by their keys."""
        of_runs, of_instances = _conditions(wanted)
        query = _JOINED.where(*of_runs, *of_instances)
        columns: dict[str, Any] = {column.name: column for column in schema.task_instance.columns}
        columns |= {name: _RUN[name] for name in _OF_RUN}
        key = [_INSTANCE.run_key, _INSTANCE.task_id, _INSTANCE.map_index]
        last = [column.desc() for column in key] if order and order[0].descending else key
        with self._database.read() as connection:
            total = limited_count(connection, _counted(wanted))
            if not page.limit:
                return Found([], total)
            listed = ordered(query, order, columns, last).limit(page.limit).offset(page.offset)
            return Found(_placed(connection.execute(listed)), total)

    def behind(
        self, place: Sequence[Any] | None, limit: int, order: Ordering | None, wanted: InstanceQuery
    ) -> list[Placed]:
        """The next instances behind a place: (value of the order's field, run key, task id, map index); None: the first.

        Without an order, of the newest run first: then a page costs its rows, however far it is.
        """
        of_runs, of_instances = _conditions(wanted)
        query = _JOINED.where(*of_runs, *of_instances)
        columns: dict[str, Any] = {column.name: column for column in schema.task_instance.columns}
        key = [_INSTANCE.run_key, _INSTANCE.task_id, _INSTANCE.map_index]
        with self._database.read() as connection:
            return _placed(connection.execute(behind(query, order, columns, key, place).limit(limit)))

    def count(self, wanted: InstanceQuery) -> int:
        """How many match, COUNT_LIMIT at most."""
        with self._database.read() as connection:
            return limited_count(connection, _counted(wanted))

    def named(self, keys: Iterable[tuple[int, str, int]]) -> list[Placed]:
        """The instances with these (run key, task id, map index) that exist, in the order of `keys`."""
        wanted = list(dict.fromkeys(keys))
        found: dict[tuple[int, str, int], Placed] = {}
        with self._database.read() as connection:
            for some in chunks(wanted):
                key = sa.tuple_(_INSTANCE.run_key, _INSTANCE.task_id, _INSTANCE.map_index)
                for run, instance in _placed(connection.execute(_JOINED.where(key.in_(some)))):
                    found[instance.run_key, instance.task_id, instance.map_index] = run, instance
        return [found[key] for key in wanted if key in found]


_JOINED: Final[sa.Select[Any]] = sa.select(*RUNS.stored, *INSTANCES.stored).select_from(
    schema.task_instance.join(schema.dag_run, _RUN.run_key == _INSTANCE.run_key)
)


def _placed(rows: Any) -> list[Placed]:
    split = len(RUNS.columns)
    runs: dict[int, RunRecord] = {}
    found: list[Placed] = []
    for row in map(tuple, rows):
        if row[0] not in runs:
            runs[row[0]] = RUNS.of(row[:split])
        found.append((runs[row[0]], INSTANCES.of(row[split:])))
    return found


def _counted(wanted: InstanceQuery) -> sa.Select[Any]:
    """Every instance has its run, which need not be looked up to count."""
    of_runs, of_instances = _conditions(wanted)
    return _JOINED.where(*of_runs, *of_instances) if of_runs else sa.select(_INSTANCE.run_key).where(*of_instances)


def _conditions(wanted: InstanceQuery) -> tuple[list[Any], list[Any]]:
    """Those on the run, and those on the instance."""
    column: Any
    of_runs = run_conditions(wanted.runs)
    if wanted.run_ids is not None:
        of_runs.append(_RUN.run_id.in_(sorted(set(wanted.run_ids))))
    conditions: list[Any] = []
    for column, some in (
        (_INSTANCE.run_key, wanted.run_keys),
        (_INSTANCE.task_id, wanted.task_ids),
        (_INSTANCE.pool, wanted.pools or None),
        (_INSTANCE.queue, wanted.queues or None),
        (_INSTANCE.operator, wanted.operators or None),
        (_INSTANCE.try_number, wanted.try_numbers or None),
        (_INSTANCE.map_index, wanted.map_indexes or None),
    ):
        if some is not None:
            conditions.append(column.in_(list(set(some))))
    if wanted.states:
        conditions.append(_INSTANCE.state.in_(list(wanted.states)))
        if _NOT_NOTABLE.isdisjoint(wanted.states):
            # Said again in the words of the index on instances that wait, work or failed.
            conditions.append(sa.text(f"task_instance.{schema.INSTANCE_NOTABLE}"))
    if wanted.only_mapped:
        conditions.append(_INSTANCE.map_index >= 0)
    for column, span in (
        (_INSTANCE.start_date, wanted.start_date),
        (_INSTANCE.end_date, wanted.end_date),
        (
            sa.func.coalesce(_INSTANCE.end_date, _INSTANCE.start_date, _INSTANCE.queued_at, _INSTANCE.scheduled_at),
            wanted.changed,
        ),
        (_INSTANCE.duration_s, wanted.duration_s),
    ):
        conditions += within(column, span)
    for column, patterns in (
        (_INSTANCE.task_id, wanted.task_id),
        (_INSTANCE.pool, wanted.pool),
        (_INSTANCE.queue, wanted.queue),
        (_INSTANCE.operator, wanted.operator),
        (_INSTANCE.rendered_map_index, wanted.rendered_map_index),
        (_INSTANCE.hostname, wanted.hostname),
    ):
        for pattern in patterns:
            conditions += matches(column, pattern)
    return of_runs, conditions
