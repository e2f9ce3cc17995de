"""What a database says about runs: the one place that knows how the subjects keep their times."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final, Protocol

FINISHED: Final = ("success", "failed")


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """Seconds since 1970; None before it happened."""

    task_id: str
    map_index: int
    state: str
    started: float | None
    ended: float | None


@dataclass(frozen=True, slots=True)
class RunTimes:
    """Seconds since 1970; None before it happened."""

    run_id: str
    state: str
    queued: float | None
    started: float | None
    ended: float | None

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


class Results(Protocol):
    """A database of a subject, read from outside."""

    def dag_ids(self) -> set[str]:
        """DAGs that a user would see."""
        ...

    def import_errors(self) -> list[str]: ...

    def runs(self, dag_id: str) -> list[RunTimes]: ...

    def tasks(self, dag_id: str, run_id: str) -> list[TaskTimes]: ...


class SqliteResults:
    """tradewind's SQLite file, or Airflow's: the tables differ in the keys and in how a time is written."""

    def __init__(self, path: Path, *, made_by_airflow: bool) -> None:
        self._path = path
        self._airflow = made_by_airflow

    def dag_ids(self) -> set[str]:
        # Airflow writes the row of a DAG a moment before the specification without which it cannot be triggered.
        seen = "SELECT dag_id FROM serialized_dag" if self._airflow else "SELECT dag_id FROM dag WHERE NOT is_stale"
        try:
            return {row[0] for row in self._rows(seen)}
        except sqlite3.OperationalError:
            return set()  # Not migrated yet.

    def import_errors(self) -> list[str]:
        try:
            return [
                row[0] for row in self._rows(f"SELECT {'stacktrace' if self._airflow else 'message'} FROM import_error")
            ]
        except sqlite3.OperationalError:
            return []

    def runs(self, dag_id: str) -> list[RunTimes]:
        rows = self._rows("SELECT run_id, state, queued_at, start_date, end_date FROM dag_run WHERE dag_id = ?", dag_id)
        return [RunTimes(row[0], row[1], *map(seconds, row[2:])) for row in rows]

    def tasks(self, dag_id: str, run_id: str) -> list[TaskTimes]:
        key = "ti.dag_id = r.dag_id AND ti.run_id = r.run_id" if self._airflow else "ti.run_key = r.run_key"
        rows = self._rows(
            "SELECT ti.task_id, ti.map_index, ti.state, ti.start_date, ti.end_date"
            f" FROM task_instance ti JOIN dag_run r ON {key} WHERE r.dag_id = ? AND r.run_id = ?",
            dag_id,
            run_id,
        )
        return [TaskTimes(row[0], row[1], row[2] or "none", seconds(row[3]), seconds(row[4])) for row in rows]

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        # A connection for each question: none that stays open keeps the writer from tidying its log.
        connection = sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


class PostgresResults:
    """A real Airflow's database on PostgreSQL."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection = psycopg.connect(url, autocommit=True)

    def dag_ids(self) -> set[str]:
        return {row[0] for row in self._rows("SELECT dag_id FROM serialized_dag")}

    def import_errors(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT stacktrace FROM import_error")]

    def runs(self, dag_id: str) -> list[RunTimes]:
        rows = self._rows(
            "SELECT run_id, state, queued_at, start_date, end_date FROM dag_run WHERE dag_id = %s", dag_id
        )
        return [RunTimes(row[0], row[1], *map(seconds, row[2:])) for row in rows]

    def tasks(self, dag_id: str, run_id: str) -> list[TaskTimes]:
        rows = self._rows(
            "SELECT task_id, map_index, state, start_date, end_date FROM task_instance"
            " WHERE dag_id = %s AND run_id = %s",
            dag_id,
            run_id,
        )
        return [TaskTimes(row[0], row[1], row[2] or "none", seconds(row[3]), seconds(row[4])) for row in rows]

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.encode(), values).fetchall()


def seconds(value: int | str | datetime | None) -> float | None:
    """Since 1970, of a time as a database keeps it: microseconds (tradewind on SQLite), text in UTC, or a datetime."""
    if value is None:
        return None
    if isinstance(value, int):
        return value / 1e6
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
