"""Runs and instances across DAGs and days: lists, calendars, who holds a pool. Bounded work, whatever the history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from tradewind.core.lists import Ordering
from tradewind.core.records import InstanceRecord, RunRecord
from tradewind.core.states import FINAL, RunState, RunType, TaskState
from tradewind.store import schema
from tradewind.store.bars import BARS, COUNT_LIMIT, LENGTH, BarRecord
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.engine_reads import INSTANCES, RUNS
from tradewind.store.lists import Elapsed, behind
from tradewind.store.rows import RecordRows

_RUN: Final = schema.dag_run.c
_INSTANCE: Final = schema.task_instance.c
_NEVER: Final = sa.literal(datetime(1970, 1, 1, tzinfo=timezone.utc), _RUN.run_after.type)
_SORTS: Final[Mapping[str, Any]] = {
    "run_after": _RUN.run_after,
    "logical_date": _RUN.logical_date,
    "start_date": _RUN.start_date,
    "duration": LENGTH,
}


_UNDER_WAY: Final = sorted(frozenset(TaskState) - FINAL - {TaskState.NONE})


class RunFilter(NamedTuple):
    """None and empty match everything."""

    dag_id: str | None = None
    dag_ids: Collection[str] | None = None
    """Only runs of these DAGs: what somebody may see."""
    states: Sequence[RunState] | None = None
    run_types: Sequence[RunType] | None = None
    after: datetime | None = None
    before: datetime | None = None
    """Bounds of `run_after`; the first is included."""
    text: str = ""
    """Part of the run id or, in a list over all DAGs, of the dag_id, in any case."""


class Slot(NamedTuple):
    """Runs of a DAG that were due in the same stretch of time and have the same state and type."""

    number: int
    """Of the stretch, counted from 1970."""
    state: str
    run_type: str
    runs: int
    ended: int
    """Of these `total_us` is the length together."""
    total_us: int


class Held(NamedTuple):
    """An instance that holds slots of a pool, or waits for some."""

    run: BarRecord
    instance: InstanceRecord


class History:
    def __init__(self, database: Database) -> None:
        self._database = database

    def runs(
        self,
        wanted: RunFilter,
        *,
        order_by: str = "run_after",
        descending: bool = True,
        after: tuple[datetime | int | None, int] | None = None,
        limit: int = 50,
    ) -> list[RunRecord]:
        """Runs by run_after, logical_date, start_date or duration, then by their keys, both rising or both falling.

        `after`: only those behind the run with this (value in the column of the order, run key); a duration is in
        microseconds. Ordering by anything but `run_after` reads all that fit.
        """
        matching = RUNS.select().where(*_conditions(wanted))
        query = behind(matching, Ordering(order_by, descending), _SORTS, [_RUN.run_key], after).limit(limit)
        with self._database.read() as connection:
            return RUNS.all(connection.execute(query))

    def count(self, wanted: RunFilter) -> int:
        """At most COUNT_LIMIT."""
        some = sa.select(sa.literal(1)).select_from(schema.dag_run).where(*_conditions(wanted)).limit(COUNT_LIMIT)
        with self._database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one())

    def bars(self, wanted: RunFilter, limit: int, *, among: int | None = None) -> list[BarRecord]:
        """The newest runs that fit, newest first; `among` the newest so many of all DAGs."""
        query = BARS.select().where(*_conditions(wanted)).order_by(_RUN.run_after.desc(), _RUN.run_key.desc())
        if among is not None:
            run = schema.dag_run.alias()
            oldest = sa.select(run.c.run_after).order_by(run.c.run_after.desc()).offset(among - 1).limit(1)
            query = query.where(_RUN.run_after >= sa.func.coalesce(oldest.scalar_subquery(), _NEVER))
        with self._database.read() as connection:
            return BARS.all(connection.execute(query.limit(limit)))

    def slots(self, dag_id: str, first: datetime, last: datetime, slot_s: int) -> list[Slot]:
        """Runs of a DAG that were due in [first, last), counted by stretches of `slot_s` seconds, oldest first.

        Reads every such run, and answers at most so many rows as there are stretches, states and types.
        """
        size = sa.literal_column(str(slot_s * 1_000_000), sa.BigInteger)
        number = (Elapsed(_NEVER, _RUN.run_after) // size).label("number")
        state, run_type = sa.type_coerce(_RUN.state, sa.Text), sa.type_coerce(_RUN.run_type, sa.Text)
        query = (
            sa.select(number, state, run_type, sa.func.count(), sa.func.count(LENGTH), sa.func.sum(LENGTH))
            .where(_RUN.dag_id == dag_id, _RUN.run_after >= first, _RUN.run_after < last)
            .group_by(number, _RUN.state, _RUN.run_type)
            .order_by(number, _RUN.state, _RUN.run_type)
        )
        with self._database.read() as connection:
            return [Slot(*row[:5], int(row[5] or 0)) for row in connection.execute(query).all()]

    def oldest(self, dag_id: str) -> datetime | None:
        """When the DAG's first run was due."""
        query = sa.select(sa.func.min(_RUN.run_after)).where(_RUN.dag_id == dag_id)
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found

    def task_seconds(self, run_keys: Collection[int]) -> dict[int, dict[str, tuple[float, int]]]:
        """Run key → task id → (duration of its instances together, most tries)."""
        found: dict[int, dict[str, tuple[float, int]]] = {}
        with self._database.read() as connection:
            for keys in chunks(run_keys):
                query = (
                    sa.select(
                        _INSTANCE.run_key,
                        _INSTANCE.task_id,
                        sa.func.sum(_INSTANCE.duration_s),
                        sa.func.max(_INSTANCE.try_number),
                    )
                    .where(_INSTANCE.run_key.in_(keys), _INSTANCE.duration_s.is_not(None))
                    .group_by(_INSTANCE.run_key, _INSTANCE.task_id)
                )
                for run_key, task_id, seconds, tries in connection.execute(query):
                    found.setdefault(run_key, {})[task_id] = (float(seconds), int(tries))
        return found

    def in_pools(self, states: Sequence[TaskState], limit: int) -> list[Held]:
        """Instances in states that few have (running, queued, scheduled, deferred): first those of the most weight."""
        query = (
            sa.select(*BARS.stored, *INSTANCES.stored)
            .select_from(schema.dag_run.join(schema.task_instance, _RUN.run_key == _INSTANCE.run_key))
            .where(_INSTANCE.state.in_(states), sa.text(f"task_instance.{schema.INSTANCE_NOTABLE}"))
            .order_by(_INSTANCE.priority_weight.desc(), _RUN.run_after, _RUN.run_key, _INSTANCE.task_id)
            .limit(limit)
        )
        return self._held(query)

    def counts_by_state(self) -> dict[str, int]:
        """State → number of the instances that wait or work, of all DAGs. Costs their number."""
        query = (
            sa.select(sa.type_coerce(_INSTANCE.state, sa.Text), sa.func.count())
            .where(_INSTANCE.state.in_(_UNDER_WAY), sa.text(schema.INSTANCE_NOTABLE))
            .group_by(_INSTANCE.state)
        )
        with self._database.read() as connection:
            return {state: count for state, count in connection.execute(query)}

    def runs_by_state(self, since: datetime, dag_ids: Collection[str] | None) -> dict[str, int]:
        """State → number of runs that were due since then."""
        query = sa.select(sa.type_coerce(_RUN.state, sa.Text), sa.func.count()).where(_RUN.run_after >= since)
        if dag_ids is not None:
            query = query.where(_RUN.dag_id.in_(sorted(dag_ids)))
        with self._database.read() as connection:
            return {state: count for state, count in connection.execute(query.group_by(_RUN.state))}

    def failed_instances(self, run_key: int, limit: int) -> list[InstanceRecord]:
        """Failed instances of a run, the one that failed first before the others."""
        query = (
            INSTANCES.select()
            .where(_INSTANCE.run_key == run_key, _INSTANCE.state == TaskState.FAILED)
            .order_by(_INSTANCE.end_date, _INSTANCE.task_id, _INSTANCE.map_index)
            .limit(limit)
        )
        with self._database.read() as connection:
            return INSTANCES.all(connection.execute(query))

    def run_counts_of_backfills(self, backfill_ids: Collection[int]) -> dict[int, dict[str, int]]:
        """Backfill → state → number of its runs."""
        query = (
            sa.select(_RUN.backfill_id, sa.type_coerce(_RUN.state, sa.Text), sa.func.count())
            .where(_RUN.backfill_id.in_(sorted(backfill_ids)))
            .group_by(_RUN.backfill_id, _RUN.state)
        )
        found: dict[int, dict[str, int]] = {}
        with self._database.read() as connection:
            for backfill_id, state, count in connection.execute(query):
                found.setdefault(int(backfill_id), {})[state] = count
        return found

    def files(self) -> list[tuple[str, str, datetime, int]]:
        """(path, path below the DAGs folder, when it was imported, DAGs in it) of every DAG file."""
        file, dag = schema.dag_file.c, schema.dag.c
        count = sa.select(sa.func.count()).where(dag.file == file.file, dag.is_stale.is_(False)).scalar_subquery()
        query = sa.select(file.file, file.relative, file.parsed_at, count).order_by(file.file)
        with self._database.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def size(self) -> int | None:
        """Bytes of the database; None when it does not tell."""
        text = (
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if self._database.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        with self._database.read() as connection:
            found = connection.execute(sa.text(text)).scalar()
        return None if found is None else int(found)

    def _held(self, query: sa.Select[Any]) -> list[Held]:
        split = len(BARS.columns)
        with self._database.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        return [Held(_of(BARS, row[:split]), _of(INSTANCES, row[split:])) for row in rows]


def _of(rows: RecordRows[Any], row: Sequence[Any]) -> Any:
    return rows.of(row)


def _conditions(wanted: RunFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.dag_id is not None:
        conditions.append(_RUN.dag_id == wanted.dag_id)
    if wanted.dag_ids is not None:
        conditions.append(_RUN.dag_id.in_(sorted(wanted.dag_ids)))
    if wanted.states is not None:
        conditions.append(_RUN.state.in_(wanted.states))
    if wanted.run_types is not None:
        conditions.append(_RUN.run_type.in_(wanted.run_types))
    if wanted.after is not None:
        conditions.append(_RUN.run_after >= wanted.after)
    if wanted.before is not None:
        conditions.append(_RUN.run_after < wanted.before)
    if wanted.text:
        in_run = _RUN.run_id.icontains(wanted.text, autoescape=True)
        in_dag = _RUN.dag_id.icontains(wanted.text, autoescape=True)
        conditions.append(in_run if wanted.dag_id is not None else sa.or_(in_run, in_dag))
    return conditions
