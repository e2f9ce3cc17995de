"""Runs as bars and cells: what lists and grids show, read along an index in bounded steps, however long the history is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from tradewind.core.records import InstanceRecord, Record
from tradewind.core.spec import DagSpec, decode_spec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.engine_reads import INSTANCES
from tradewind.store.lists import Elapsed
from tradewind.store.rows import RecordRows

COUNT_LIMIT: Final = 10_000
"""Counts of runs stop here: `COUNT_LIMIT` means "at least that many"."""
RUNS_PER_VERSION: Final = 1000
DURATIONS_LIMIT: Final = 20_000
_VERSIONS_KEPT: Final = 1024


class BarRecord(Record, frozen=True, kw_only=True):
    """A run without its conf."""

    run_key: int
    dag_id: str
    run_id: str
    run_type: RunType
    state: RunState
    version_id: str
    run_after: datetime
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None
    triggered_by: str = ""
    triggering_user: str | None = None
    backfill_id: int | None = None
    expanded: bool = False
    note: str | None = None

    @property
    def duration_s(self) -> float | None:
        """None before its end."""
        if self.start_date is None or self.end_date is None:
            return None
        return (self.end_date - self.start_date).total_seconds()


class Version(NamedTuple):
    """What never changes about a DAG version."""

    version_id: str
    dag_id: str
    number: int
    created_at: datetime
    source_digest: str
    spec: DagSpec


class Cell(NamedTuple):
    """Instances of one task of a run that have the same state."""

    run_key: int
    task_id: str
    is_placeholder: bool
    """Of the instance without a map index: the only one of a plain task."""
    state: str
    number: int
    tries: int
    """The highest try number among them."""


class Place(NamedTuple):
    """Where a page of runs ended; the next one goes on behind it."""

    run_after: datetime
    run_key: int


BARS: Final = RecordRows(BarRecord, schema.dag_run)
LENGTH: Final = Elapsed(schema.dag_run.c.start_date, schema.dag_run.c.end_date)
"""Of an ended run, in microseconds; NULL for one that has not ended."""


class Bars:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions: dict[str, Version] = {}

    def newest(self, dag_ids: Sequence[str], limit: int) -> dict[str, list[BarRecord]]:
        """The newest runs of each DAG, newest first. Costs one index seek for each DAG and `limit` rows."""
        run = schema.dag_run.c
        query = (
            BARS.select()
            .where(run.dag_id == sa.bindparam("dag"))
            .order_by(run.run_after.desc(), run.run_key.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            return {dag_id: BARS.all(connection.execute(query, {"dag": dag_id})) for dag_id in dag_ids}

    def page(
        self,
        dag_id: str,
        *,
        limit: int,
        before: Place | None = None,
        up_to: Place | None = None,
        states: Sequence[RunState] | None = None,
        run_types: Sequence[RunType] | None = None,
    ) -> list[BarRecord]:
        """Runs of a DAG, newest first: those behind `before`, or from `up_to` on. None matches everything."""
        run = schema.dag_run.c
        query = BARS.select().where(run.dag_id == dag_id, *_filters(states, run_types))
        key = sa.tuple_(run.run_after, run.run_key)
        if before is not None:
            query = query.where(key < _place(before))
        if up_to is not None:
            query = query.where(key <= _place(up_to))
        query = query.order_by(run.run_after.desc(), run.run_key.desc()).limit(limit)
        with self._database.read() as connection:
            return BARS.all(connection.execute(query))

    def neighbours(
        self,
        dag_id: str,
        place: Place,
        limit: int = 1,
        *,
        states: Sequence[RunState] | None = None,
        run_types: Sequence[RunType] | None = None,
    ) -> list[BarRecord]:
        """Runs of a DAG that are newer than `place`, the nearest first."""
        run = schema.dag_run.c
        query = BARS.select().where(run.dag_id == dag_id, *_filters(states, run_types))
        query = query.where(sa.tuple_(run.run_after, run.run_key) > _place(place))
        query = query.order_by(run.run_after, run.run_key).limit(limit)
        with self._database.read() as connection:
            return BARS.all(connection.execute(query))

    def count(
        self,
        dag_id: str,
        *,
        states: Sequence[RunState] | None = None,
        run_types: Sequence[RunType] | None = None,
    ) -> int:
        """How many runs a DAG has; at most COUNT_LIMIT."""
        run = schema.dag_run.c
        some = sa.select(sa.literal(1)).where(run.dag_id == dag_id, *_filters(states, run_types)).limit(COUNT_LIMIT)
        with self._database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one())

    def cells(self, run_keys: Iterable[int]) -> list[Cell]:
        """Instances of runs, counted by task and state."""
        instance = schema.task_instance.c
        is_placeholder = instance.map_index < 0
        state = sa.type_coerce(instance.state, sa.Text)
        found: list[Cell] = []
        with self._database.read() as connection:
            for keys in chunks(run_keys):
                query = (
                    sa.select(
                        instance.run_key,
                        instance.task_id,
                        is_placeholder,
                        state,
                        sa.func.count(),
                        sa.func.max(instance.try_number),
                    )
                    .where(instance.run_key.in_(keys))
                    .group_by(instance.run_key, instance.task_id, is_placeholder, state)
                )
                found += [Cell(*row) for row in connection.execute(query).all()]
        return found

    def unfinished(self) -> dict[str, dict[str, int]]:
        """DAG → state → number of its queued and running runs. Costs their number, whatever has ended."""
        run = schema.dag_run.c
        query = (
            sa.select(run.dag_id, sa.type_coerce(run.state, sa.Text), sa.func.count())
            .where(sa.text(schema.RUN_UNFINISHED))
            .group_by(run.dag_id, run.state)
            .with_hint(schema.dag_run, "INDEXED BY ix_dag_run_unfinished", dialect_name="sqlite")
        )
        counts: dict[str, dict[str, int]] = {}
        with self._database.read() as connection:
            for dag_id, state, count in connection.execute(query):
                counts.setdefault(dag_id, {})[state] = count
        return counts

    def unfinished_of(self, dag_id: str) -> dict[str, int]:
        """State → number of queued and running runs of one DAG."""
        return self.unfinished().get(dag_id, {})

    def last_states(self) -> dict[str, tuple[str, datetime]]:
        """DAG → state of its newest run, and when that was due. Costs one index seek for each DAG."""
        run = schema.dag_run.c
        query = self._newest_of_each(1, run.dag_id, sa.type_coerce(run.state, sa.Text), run.run_after)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return {dag_id: (state, run_after) for dag_id, state, run_after in rows if dag_id is not None}

    def last_runs(self) -> dict[str, BarRecord]:
        """DAG → its newest run; those without runs are left out. Costs one index seek for each DAG."""
        with self._database.read() as connection:
            rows = connection.execute(self._newest_of_each(1, *BARS.stored)).all()
        return {run.dag_id: run for run in (BARS.of(row) for row in rows if row.run_key is not None)}

    def outcomes(self, limit: int, dag_ids: Iterable[str] | None = None) -> dict[str, list[tuple[str, float | None]]]:
        """DAG → (state, seconds of an ended run) of its newest `limit` runs, in no order. None: all DAGs that are not stale."""
        run = schema.dag_run.c
        query = self._newest_of_each(limit, run.dag_id, sa.type_coerce(run.state, sa.Text), LENGTH)
        if dag_ids is not None:
            query = query.where(schema.dag.c.dag_id.in_(sorted(set(dag_ids))))
        found: dict[str, list[tuple[str, float | None]]] = {}
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        for dag_id, state, microseconds in rows:
            if dag_id is not None:
                found.setdefault(dag_id, []).append((state, None if microseconds is None else microseconds / 1e6))
        return found

    def _newest_of_each(self, limit: int, *columns: Any) -> sa.Select[Any]:
        """Columns of the newest runs of every DAG that is not stale, by one statement that reads no others; all of them
        may be NULL for a DAG without runs.
        """
        dag, run = schema.dag, schema.dag_run
        one = run.alias()
        newest = (
            sa.select(one.c.run_key)
            .where(one.c.dag_id == dag.c.dag_id)
            .order_by(one.c.run_after.desc(), one.c.run_key.desc())
            .limit(limit)
            .correlate(dag)
        )
        query = sa.select(*columns).where(dag.c.is_stale.is_(False))
        if self._database.is_sqlite:
            # An outer join, and nothing asked of its rows: else SQLite goes through all runs first, and through all DAGs
            # for each.
            return query.select_from(dag.outerjoin(run, run.c.run_key.in_(newest)))
        # PostgreSQL does that whatever is asked; SQLite knows no LATERAL.
        keys = newest.lateral()
        return query.select_from(dag.join(keys, sa.true()).join(run, run.c.run_key == keys.c.run_key))

    def versions(self, version_ids: Iterable[str]) -> dict[str, Version]:
        """Versions by id; those that are gone are left out. Kept in memory: a version never changes."""
        wanted = set(version_ids)
        found = {key: self._versions[key] for key in wanted if key in self._versions}
        missing = sorted(wanted - found.keys())
        if missing:
            version = schema.dag_version.c
            query = sa.select(
                version.version_id,
                version.dag_id,
                version.number,
                version.created_at,
                version.source_digest,
                version.spec,
            )
            with self._database.read() as connection:
                for some in chunks(missing):
                    for row in connection.execute(query.where(version.version_id.in_(some))):
                        found[row.version_id] = Version(*row[:5], decode_spec(row.spec.encode()))
            if len(self._versions) + len(missing) > _VERSIONS_KEPT:
                self._versions = {}
            self._versions.update(found)
        return found

    def version_count(self, dag_id: str) -> int:
        """How many versions a DAG has: they are numbered."""
        version = schema.dag_version.c
        query = sa.select(sa.func.max(version.number)).where(version.dag_id == dag_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def runs_by_version(self, dag_id: str) -> dict[str, int]:
        """Version id → how many of the DAG's newest RUNS_PER_VERSION runs are on it."""
        run = schema.dag_run.c
        some = (
            sa.select(run.version_id)
            .where(run.dag_id == dag_id)
            .order_by(run.run_after.desc(), run.run_key.desc())
            .limit(RUNS_PER_VERSION)
            .subquery()
        )
        query = sa.select(some.c.version_id, sa.func.count()).group_by(some.c.version_id)
        with self._database.read() as connection:
            return {version_id: count for version_id, count in connection.execute(query)}

    def states_of_task(self, run_key: int, task_id: str) -> dict[str, int]:
        """State → number of the instances with a map index of one task; empty for a plain one."""
        instance = schema.task_instance.c
        query = (
            sa.select(sa.type_coerce(instance.state, sa.Text), sa.func.count())
            .where(instance.run_key == run_key, instance.task_id == task_id, instance.map_index >= 0)
            .group_by(instance.state)
        )
        with self._database.read() as connection:
            return {state: count for state, count in connection.execute(query)}

    def mapped_page(
        self, run_key: int, task_id: str, states: Sequence[TaskState] | None, offset: int, limit: int
    ) -> list[InstanceRecord]:
        """Instances with a map index of one task, by index."""
        instance = schema.task_instance.c
        query = INSTANCES.select().where(
            instance.run_key == run_key, instance.task_id == task_id, instance.map_index >= 0
        )
        if states is not None:
            query = query.where(instance.state.in_(states))
        with self._database.read() as connection:
            return INSTANCES.all(connection.execute(query.order_by(instance.map_index).offset(offset).limit(limit)))

    def waiting_instances(self, run_key: int, limit: int) -> list[InstanceRecord]:
        """Instances of a run that wait for a slot."""
        instance = schema.task_instance.c
        query = INSTANCES.select().where(instance.run_key == run_key, instance.state == TaskState.SCHEDULED)
        with self._database.read() as connection:
            return INSTANCES.all(connection.execute(query.order_by(instance.task_id, instance.map_index).limit(limit)))

    def task_durations(self, dag_id: str, task_id: str, runs: int) -> list[float]:
        """Durations of a task's successes among the newest runs of its DAG; of a mapped one, of its instances."""
        return self.durations_by_task(dag_id, runs, task_id=task_id).get(task_id, [])

    def durations_by_task(self, dag_id: str, runs: int, *, task_id: str | None = None) -> dict[str, list[float]]:
        """Task id → durations of successes among the newest runs of a DAG."""
        run, instance = schema.dag_run.c, schema.task_instance.c
        newest = (
            sa.select(run.run_key)
            .where(run.dag_id == dag_id)
            .order_by(run.run_after.desc(), run.run_key.desc())
            .limit(runs)
            .subquery()
        )
        query = (
            sa.select(instance.task_id, instance.duration_s)
            .select_from(newest.join(schema.task_instance, instance.run_key == newest.c.run_key))
            .where(instance.state == TaskState.SUCCESS, instance.duration_s.is_not(None))
            .limit(DURATIONS_LIMIT)
        )
        if task_id is not None:
            query = query.where(instance.task_id == task_id)
        found: dict[str, list[float]] = {}
        with self._database.read() as connection:
            for name, seconds in connection.execute(query):
                found.setdefault(name, []).append(seconds)
        return found


def _filters(states: Sequence[RunState] | None, run_types: Sequence[RunType] | None) -> list[Any]:
    run = schema.dag_run.c
    conditions: list[Any] = []
    if states is not None:
        conditions.append(run.state.in_(states))
    if run_types is not None:
        conditions.append(run.run_type.in_(run_types))
    return conditions


def _place(place: Place) -> Any:
    run = schema.dag_run.c
    return sa.tuple_(sa.literal(place.run_after, run.run_after.type), sa.literal(place.run_key, run.run_key.type))
