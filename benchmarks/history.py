"""A long history, written in one go through the tables of the store: DAGs, runs, task instances, audit entries.

The database is kept for the day (`tradewind-bench-history` in the folder for temporary files): two million instances take
half a minute, and several rows read the same.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from tradewind.core.changes import Changes
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord
from tradewind.core.spec import DagSpec, TaskSpec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import ParsedFile, Store, open_store, schema
from tradewind.store.column_types import to_microseconds
from tradewind.store.dialects import hot_dialect
from tradewind.store.engine_reads import INSTANCES, RUNS
from tradewind.store.outbox import OUTBOX
from tradewind.store.rows import InsertRows
from tradewind.timetables.interval import CronDataIntervalTimetable
from tradewind.timetables.registry import to_spec

DEEP: Final = "deep"
"""The DAG that has half of all runs, one every five minutes."""
TASKS: Final = 10
_FAILED_AT: Final = 6
"""Of a run that failed: the task that did; those behind it are upstream_failed."""
_FAILS_EVERY: Final = 50
_SECOND: Final = 1_000_000
_SEQUENCE_BITS: Final = 21

Row = list[Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is."""

    instances: int
    dags: int = 1000

    @property
    def runs(self) -> int:
        return self.instances // TASKS


SMALL: Final = Shape(100_000)
LARGE: Final = Shape(2_000_000)


def chain(dag_id: str, tasks: int, schedule: str = "0 6 * * *", *, width: int = 1) -> DagSpec:
    """`width` chains side by side of `tasks` tasks in all."""
    specs = tuple(
        TaskSpec(
            task_id=f"task_{number:05}",
            operator="PythonOperator",
            upstream=() if number < width else (f"task_{number - width:05}",),
        )
        for number in range(tasks)
    )
    return DagSpec(
        dag_id=dag_id,
        fileloc=f"/dags/{dag_id}.py",
        tasks=specs,
        roots=tuple(task.task_id for task in specs),
        timetable=to_spec(CronDataIntervalTimetable(schedule, timezone="UTC")),
        start_date=datetime(2020, 1, 1, tzinfo=timezone.utc),
        owners=("airflow",),
        tags=(f"team_{sum(dag_id.encode()) % 20}",),
    )


def save_dags(store: Store, specs: Iterable[DagSpec], now: datetime) -> None:
    files = []
    for spec in specs:
        source = f"# {spec.dag_id}\n"
        digest = hashlib.sha256(source.encode()).hexdigest()
        files.append(
            ParsedFile(
                file=spec.fileloc,
                relative=f"team_{sum(spec.dag_id.encode()) % 20}/{spec.dag_id}.py",
                source=source,
                source_digest=digest,
                dags=[spec],
            )
        )
    store.dags.save_files(files, now, paused_by_default=False)


class Bulk:
    """Rows in the order of a table's columns, made from a template, and the quickest way to get them into a table."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dialect = hot_dialect(store._database.address)
        self._connection: Any = None

    def moment(self, microseconds: int) -> Any:
        """A time as the driver takes it."""
        return microseconds if self._store.is_sqlite else datetime.fromtimestamp(microseconds / 1e6, timezone.utc)

    def template(self, rows: Any, record: Any, *, without: Sequence[str] = ()) -> tuple[Template, str]:
        insert = InsertRows(rows, self._dialect, without=without)
        return Template(insert.parameters([record])[0], [column.name for column in insert.columns]), insert.sql

    def write(self, parts: Iterable[tuple[str, str, Sequence[str], Iterable[Row]]]) -> None:
        """(table, INSERT, columns, rows) one after the other, in one transaction."""
        if self._store.is_sqlite:
            path = str(self._store._database.address.path)
            # Leaving WAL takes that nobody has the file open; the store opens it again by itself.
            self._store._database._dispose()
            connection = sqlite3.connect(path, isolation_level=None)
            try:
                # A crash only costs the file.
                connection.execute("PRAGMA journal_mode = OFF")
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("PRAGMA cache_size = -400000")
                connection.execute("BEGIN")
                for _, insert, _, rows in parts:
                    connection.executemany(insert, rows)
                connection.execute("COMMIT")
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            return

        def copy(connection: Any) -> None:
            cursor = connection.cursor()
            for table, _, columns, rows in parts:
                with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as out:
                    for row in rows:
                        out.write_row(row)
            cursor.execute("ANALYZE")  # As its autovacuum would, a minute later.

        self._store._database.batch(copy)


class Template:
    """A row as the driver takes it, of which some columns differ from row to row."""

    def __init__(self, values: Row, columns: list[str]) -> None:
        self.values = values
        self.columns = columns

    def at(self, *names: str) -> list[int]:
        return [self.columns.index(name) for name in names]


@dataclass(frozen=True, slots=True)
class PlannedRun:
    run_key: int
    dag_id: str
    version_id: str
    due_us: int
    failed: bool


def planned(shape: Shape, versions: dict[str, str], now: datetime) -> list[PlannedRun]:
    """Half of the runs of DEEP, the others of all other DAGs evenly; oldest first."""
    now_us = to_microseconds(now)
    deep = shape.runs // 2
    others = [dag_id for dag_id in versions if dag_id != DEEP]
    each = (shape.runs - deep) // len(others)
    due = [(now_us - number * 300 * _SECOND, DEEP) for number in range(1, deep + 1)]
    day = 86_400 * _SECOND
    for place, dag_id in enumerate(others):
        due += [(now_us - number * day - place * 80 * _SECOND, dag_id) for number in range(each)]
    due.sort()
    return [
        PlannedRun(
            (at // 1000 << _SEQUENCE_BITS) | number % (1 << _SEQUENCE_BITS),
            dag_id,
            versions[dag_id],
            at,
            number % _FAILS_EVERY == 0,
        )
        for number, (at, dag_id) in enumerate(due)
    ]


def write_runs(store: Store, runs: Sequence[PlannedRun], tasks: Callable[[str], int], *, audit_every: int = 40) -> None:
    """The runs with all their instances, a row of the outbox for each, and an entry of the audit log for some."""
    bulk = Bulk(store)
    now = datetime(2020, 1, 1, tzinfo=timezone.utc)
    run_rows, run_sql = bulk.template(
        RUNS,
        RunRecord(
            run_key=0, dag_id="", run_id="", run_type=RunType.SCHEDULED, state=RunState.SUCCESS, version_id="",
            run_after=now, logical_date=now, data_interval_start=now, data_interval_end=now, queued_at=now,
            start_date=now, end_date=now, triggered_by="timetable", expanded=True,
        ),
    )  # fmt: skip
    one = InstanceRecord(
        run_key=0, task_id="", state=TaskState.SUCCESS, try_number=1, try_id="x", operator="PythonOperator",
        scheduled_at=now, queued_at=now, start_date=now, end_date=now, duration_s=1.5, first_started_at=now,
        hostname="worker-1", pid=4711, unixname="airflow",
    )  # fmt: skip
    instance_rows, instance_sql = bulk.template(INSTANCES, one)
    ended = OutboxRecord(at=now, kind="run", run_key=0, old="running", new="success", why="all tasks ended")
    outbox_rows, outbox_sql = bulk.template(OUTBOX, ended, without=["seq"])

    def of_runs() -> Iterator[Row]:
        key, dag, run_id, version, state, after, logical, start, end, queued, started, stopped = run_rows.at(
            "run_key", "dag_id", "run_id", "version_id", "state", "run_after", "logical_date", "data_interval_start",
            "data_interval_end", "queued_at", "start_date", "end_date",
        )  # fmt: skip
        for number, run in enumerate(runs):
            row = run_rows.values.copy()
            at = bulk.moment(run.due_us)
            row[key], row[dag], row[version] = run.run_key, run.dag_id, run.version_id
            row[run_id] = f"scheduled__{_text(run.due_us)}"
            row[after] = row[logical] = row[start] = row[end] = row[queued] = at
            row[started] = bulk.moment(run.due_us + 20_000)
            row[stopped] = bulk.moment(run.due_us + (15 + number % 17) * _SECOND)
            if run.failed:
                row[state] = "failed"
            yield row

    def of_instances() -> Iterator[Row]:
        key, task, state, try_id, scheduled, queued, started, ended_at, duration, first, tries = instance_rows.at(
            "run_key", "task_id", "state", "try_id", "scheduled_at", "queued_at", "start_date", "end_date",
            "duration_s", "first_started_at", "try_number",
        )  # fmt: skip
        names = [f"task_{number:05}" for number in range(max((tasks(run.dag_id) for run in runs[-50:]), default=0))]
        base, moment = instance_rows.values, bulk.moment
        for run in runs:
            at = run.due_us
            while len(names) < tasks(run.dag_id):
                names.append(f"task_{len(names):05}")
            for number in range(tasks(run.dag_id)):
                row = base.copy()
                row[key], row[task] = run.run_key, names[number]
                row[try_id] = f"{run.run_key}-{number}"
                row[scheduled] = row[queued] = moment(at)
                row[started] = row[first] = moment(at + 20_000)
                spent = _SECOND + (number * 7919 + at // _SECOND) % _SECOND
                row[ended_at] = moment(at + spent)
                row[duration] = spent / _SECOND
                if run.failed and number >= _FAILED_AT:
                    row[state] = "failed" if number == _FAILED_AT else "upstream_failed"
                    if number > _FAILED_AT:
                        row[tries], row[started], row[duration] = 0, None, None
                yield row
                at += spent

    def of_outbox() -> Iterator[Row]:
        at, kind, dag, run_id, key, old, new, why, who = outbox_rows.at(
            "at", "kind", "dag_id", "run_id", "run_key", "old", "new", "why", "who"
        )
        for number, run in enumerate(runs):
            row = outbox_rows.values.copy()
            row[at], row[dag], row[key] = bulk.moment(run.due_us + 20 * _SECOND), run.dag_id, run.run_key
            row[run_id] = f"scheduled__{_text(run.due_us)}"
            yield row
            if number % audit_every == 0:
                entry = row.copy()
                entry[kind], entry[old], entry[new], entry[why], entry[who] = "audit", "", "", "run.clear", "api:bench"
                yield entry

    bulk.write(
        [
            (schema.dag_run.name, run_sql, run_rows.columns, of_runs()),
            (schema.task_instance.name, instance_sql, instance_rows.columns, of_instances()),
            (schema.outbox.name, outbox_sql, outbox_rows.columns, of_outbox()),
        ]
    )


def _text(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, timezone.utc).isoformat()


def fill(store: Store, shape: Shape, now: datetime) -> None:
    """Writes a whole history of `shape` into a store that was migrated and is empty."""
    specs = [chain(DEEP, TASKS, "*/5 * * * *"), *(chain(f"dag_{number:04}", TASKS) for number in range(1, shape.dags))]
    save_dags(store, specs, now)
    tomorrow = (now + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    soon = now + timedelta(minutes=5)
    # As the engine would have noted them.
    store.edit(
        Changes(
            dag_next_runs=[
                (spec.dag_id, {"next_run_after": soon if spec.dag_id == DEEP else tomorrow}) for spec in specs
            ]
        )
    )
    versions = {dag.dag_id: dag.version_id for dag in store.dags.list()}
    write_runs(store, planned(shape, versions, now), lambda dag_id: TASKS)


def sqlite_history(shape: Shape) -> Path:
    """A database file of `shape` that ends today; made when there is none yet. Readers may write into it (log-ins)."""
    folder = Path(tempfile.gettempdir()) / "tradewind-bench-history"
    now = datetime.now(timezone.utc)
    today = folder / f"{now:%Y-%m-%d}-{schema.REVISIONS[-1]}"
    for old in folder.glob("*") if folder.exists() else ():
        if old != today:
            shutil.rmtree(old, ignore_errors=True)
    today.mkdir(parents=True, exist_ok=True)
    path = today / f"{shape.instances}-{shape.dags}.db"
    if not path.exists():
        draft = path.with_suffix(".part")
        draft.unlink(missing_ok=True)
        with open_store(f"sqlite:///{draft}", create=True) as store:
            store.schema.migrate()
            fill(store, shape, now - timedelta(seconds=60))
        draft.rename(path)
    return path
