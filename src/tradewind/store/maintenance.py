"""Retention: removing what is old, a little at a time, so that the engine is never held up.

Deleting goes in small transactions whose size follows the clock: each aims to hold the write lock for a few milliseconds,
and leaves the database alone for longer than that before the next. Whatever it is killed in the middle of, running it
again finishes the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.errors import NotFound

_AIM_S: Final = 0.006
_LEAST_ROWS: Final = 20

TABLES: Final = (
    "dag_run",
    "task_instance",
    "task_try",
    "xcom",
    "rendered_fields",
    "log",
    "import_error",
    "callback",
    "job",
    "dag_version",
)
"""What can be cleaned. `log` is the outbox; `dag_run` takes everything that belongs to a run with it."""

# Children before parents, so that the deleting of a run itself cascades over nothing.
_OF_A_RUN: Final = (schema.xcom, schema.task_try, schema.task_instance, schema.callback)


class Maintenance:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.pause: Callable[[float], None] = time.sleep
        """Called between two transactions with the seconds to leave to others."""

    def clean(
        self,
        before: datetime,
        tables: Sequence[str] | None = None,
        *,
        dry_run: bool = False,
        batch_rows: int = 1000,
        progress: Callable[[str, int], None] | None = None,
    ) -> dict[str, int]:
        """Deletes what ended before `before`; how many rows of each table (with `dry_run`: would be).

        Unfinished runs and all that belongs to them stay, and so does the newest run of each DAG. `tables` None: all of
        `TABLES`. `batch_rows`: most rows in one transaction; it takes fewer when they take long. Raises NotFound for a
        table that cannot be cleaned.
        """
        chosen = list(TABLES if tables is None else dict.fromkeys(tables))
        for name in chosen:
            if name not in TABLES:
                raise NotFound("table", name, f"There is no table '{name}' to clean. Tables are: {', '.join(TABLES)}.")
        counts: dict[str, int] = {}
        for name in chosen:
            cleaner = _Cleaner(self._database, self.pause, batch_rows, partial(_tell, progress, name))
            if name == "dag_run":
                old_runs = _old_runs(before)
                counts[name] = (
                    _count(self._database, schema.dag_run, old_runs) if dry_run else _clean_runs(cleaner, old_runs)
                )
            elif name == "dag_version":
                counts[name] = (
                    len(_unused_versions(self._database, before)) if dry_run else _clean_versions(cleaner, before)
                )
            else:
                table, old = _old_rows(name, before)
                counts[name] = _count(self._database, table, old) if dry_run else cleaner.delete(table, old)
        if not dry_run:
            _clean_sources(_Cleaner(self._database, self.pause, batch_rows, lambda rows: None))
        return counts

    def checkpoint(self) -> None:
        """SQLite: moves the write-ahead log into the file, as far as readers allow. Nothing on PostgreSQL."""
        if self._database.address.path is not None:
            self._database.on_driver(lambda connection: connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    def size_bytes(self) -> int:
        """Size of the database, with its write-ahead log."""
        path = self._database.address.path
        if path is not None:
            files = [path.with_name(path.name + suffix) for suffix in ("", "-wal")]
            return sum(file.stat().st_size for file in files if file.exists())
        query = "SELECT pg_database_size(current_database())"
        if self._database.is_sqlite:
            query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        with self._database.read() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())


class _Cleaner:
    """Deletes in transactions that are sized by how long the last one took."""

    def __init__(
        self, database: Database, pause: Callable[[float], None], batch_rows: int, progress: Callable[[int], None]
    ) -> None:
        self.database = database
        self._pause = pause
        self._most = max(batch_rows, 1)
        self._rows = min(self._most, 200)
        self._progress = progress

    def delete(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        """Deletes the rows of `table` that `which` is true for; how many."""
        total = 0
        while deleted := self.step(table, which):
            total += deleted
        return total

    def step(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        key = list(table.primary_key.columns)
        # The rows are looked for outside of the write lock, and looked at again under it.
        with self.database.read() as connection:
            found = [tuple(row) for row in connection.execute(sa.select(*key).where(which).limit(self._rows))]
        if not found:
            return 0
        them = key[0].in_([row[0] for row in found]) if len(key) == 1 else sa.tuple_(*key).in_(found)
        deleted = 0

        def work(connection: Connection) -> None:
            nonlocal deleted
            deleted = connection.execute(sa.delete(table).where(them, which)).rowcount

        self.timed(work)
        self._progress(deleted)
        return len(found)

    def timed(self, work: Callable[[Connection], None]) -> None:
        """Runs `work` as one transaction, takes its time into account, and makes way for others."""
        with self.database.write() as connection:
            # From here on the lock is held; waiting for it is nobody's loss but ours.
            started = time.monotonic()
            work(connection)
        held = time.monotonic() - started
        if held > _AIM_S:
            self._rows = max(_LEAST_ROWS, int(self._rows * _AIM_S / held))
        elif held < _AIM_S / 2:
            self._rows = min(self._most, self._rows * 2)
        self._pause(max(0.002, 2 * held))


def _tell(progress: Callable[[str, int], None] | None, table: str, rows: int) -> None:
    if progress is not None:
        progress(table, rows)


# --- which rows are old ------------------------------------------------------------------------------------------------


def _old_runs(before: datetime) -> sa.ColumnElement[bool]:
    run, newer = schema.dag_run.c, schema.dag_run.alias("newer").c
    # The schedule goes on from a DAG's latest runs, so each DAG keeps its newest one and its newest automated one.
    has_newer = sa.exists().where(
        newer.dag_id == run.dag_id,
        sa.or_(newer.run_after > run.run_after, sa.and_(newer.run_after == run.run_after, newer.run_key > run.run_key)),
    )
    has_newer_automated = sa.exists().where(
        newer.dag_id == run.dag_id, newer.run_type != "manual", newer.logical_date > run.logical_date
    )
    return sa.and_(
        run.end_date < before,
        has_newer,
        sa.or_(run.run_type == "manual", run.logical_date.is_(None), has_newer_automated),
    )


def _of_finished_run(run_key: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    run = schema.dag_run.c
    return sa.exists().where(run.run_key == run_key, run.end_date.is_not(None))


def _old_rows(name: str, before: datetime) -> tuple[sa.Table, sa.ColumnElement[bool]]:
    instance, attempt, xcom, callback = (
        t.c for t in (schema.task_instance, schema.task_try, schema.xcom, schema.callback)
    )
    if name == "task_instance":
        return schema.task_instance, sa.and_(instance.end_date < before, _of_finished_run(instance.run_key))
    if name == "task_try":
        return schema.task_try, sa.and_(attempt.end_date < before, _of_finished_run(attempt.run_key))
    if name == "xcom":
        return schema.xcom, sa.and_(xcom.created_at < before, _of_finished_run(xcom.run_key))
    if name == "rendered_fields":
        rendered = schema.rendered_fields.c
        ended = sa.exists().where(attempt.try_id == rendered.try_id, attempt.end_date < before)
        return schema.rendered_fields, ended
    if name == "log":
        last = sa.select(sa.func.max(schema.outbox.c.seq)).scalar_subquery()
        return schema.outbox, sa.and_(schema.outbox.c.at < before, schema.outbox.c.seq < last)
    if name == "import_error":
        return schema.import_error, schema.import_error.c.at < before
    if name == "callback":
        return schema.callback, callback.done_at < before
    if name == "job":
        return schema.job, schema.job.c.heartbeat_at < before
    raise NotFound("table", name)


def _unused_versions(database: Database, before: datetime) -> list[str]:
    """Old versions that no DAG, run or try names. Reads the history once instead of asking for each version."""
    version = schema.dag_version.c
    with database.read() as connection:
        old = sa.select(version.version_id).where(version.created_at < before).order_by(version.version_id)
        unused = dict.fromkeys(connection.execute(old).scalars())
        for column in (schema.dag.c.version_id, schema.dag_run.c.version_id, schema.task_try.c.version_id):
            if unused:
                for version_id in connection.execute(sa.select(column).distinct()).scalars():
                    unused.pop(version_id, None)
    return list(unused)


def _clean_versions(cleaner: _Cleaner, before: datetime) -> int:
    version = schema.dag_version
    # A DAG may have come back to a version meanwhile; runs only ever start on the version of their DAG.
    is_current = sa.exists().where(schema.dag.c.version_id == version.c.version_id)
    total = 0
    for some in chunks(_unused_versions(cleaner.database, before)):
        total += cleaner.delete(version, sa.and_(version.c.version_id.in_(some), sa.not_(is_current)))
    return total


def _count(database: Database, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(which)).scalar_one())


def _clean_runs(cleaner: _Cleaner, old: sa.ColumnElement[bool]) -> int:
    """Deletes old runs one by one: their rows in small steps, then the run itself, which is then nearly empty."""
    run = schema.dag_run
    total = 0
    while True:
        # Keys rise with time, so in their order the old ones are found without looking through the whole table.
        query = sa.select(run.c.run_key).where(old).order_by(run.c.run_key).limit(200)
        with cleaner.database.read() as connection:
            keys: Sequence[int] = list(connection.execute(query).scalars())
        if not keys:
            return total
        for some in chunks(keys, 20):
            for table in _OF_A_RUN:
                cleaner.delete(table, table.c.run_key.in_(some))
            total += cleaner.delete(run, run.c.run_key.in_(some))


def _clean_sources(cleaner: _Cleaner) -> None:
    """Sources that no version and no file refers to any more."""
    source: Any = schema.dag_source
    used = sa.or_(
        sa.exists().where(schema.dag_version.c.source_digest == source.c.source_digest),
        sa.exists().where(schema.dag_file.c.source_digest == source.c.source_digest),
    )
    cleaner.delete(source, sa.not_(used))
