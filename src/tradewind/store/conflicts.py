"""Why a batch was refused: which of its expectations no longer hold.

Asked only after the batch was rolled back, in a transaction of its own, so the answer may have changed again; the caller
then reloads every run of the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.changes import Changes, Conflict, InstanceUpdate, RunUpdate
from tradewind.core.records import InstanceRecord, RunRecord
from tradewind.store import schema
from tradewind.store.database import Database

T = TypeVar("T")
CHUNK = 500
"""Keys in one IN list."""


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """`items` in lists of at most `size`."""
    everything = list(items)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]


def explain(database: Database, changes: Changes) -> Conflict | None:
    """The runs that are not as `changes` expects them; None when all are as expected (by now)."""
    with database.read() as connection:
        moved = _moved_runs(connection, changes.run_updates)
        moved |= _moved_instances(connection, changes.instance_updates)
        moved |= _existing_instances(connection, changes.new_instances)
        moved |= _deleted_runs(connection, changes)
        existing = _existing_runs(connection, changes.new_runs)
    if moved or existing:
        return Conflict(frozenset(moved), tuple(existing))
    return None


def every_run(changes: Changes) -> Conflict:
    """All runs that the batch has expectations about."""
    keys = {update.run_key for update in changes.run_updates}
    keys |= {update.run_key for update in changes.instance_updates}
    keys |= {record.run_key for record in changes.new_instances}
    existing = tuple((run.dag_id, run.run_id) for run in changes.new_runs)
    return Conflict(frozenset(keys), existing)


def _moved_runs(connection: Connection, updates: list[RunUpdate]) -> set[int]:
    # Only the first update of a row says what the database must hold; later ones build on it.
    expected: dict[int, Any] = {}
    for update in updates:
        expected.setdefault(update.run_key, update.expect)
    found: dict[int, Any] = {}
    run = schema.dag_run.c
    for keys in chunks(expected):
        rows = connection.execute(sa.select(run.run_key, run.state).where(run.run_key.in_(keys)))
        found.update((row.run_key, row.state) for row in rows)
    return {key for key, state in expected.items() if found.get(key) is not state}


def _moved_instances(connection: Connection, updates: list[InstanceUpdate]) -> set[int]:
    expected: dict[tuple[int, str, int], InstanceUpdate] = {}
    for update in updates:
        expected.setdefault((update.run_key, update.task_id, update.map_index), update)
    found = _instances(connection, expected)
    moved = set()
    for key, update in expected.items():
        state, try_id = found.get(key, (None, None))
        if state is not update.expect or (update.expect_try is not None and update.expect_try != try_id):
            moved.add(update.run_key)
    return moved


def _existing_instances(connection: Connection, records: list[InstanceRecord]) -> set[int]:
    keys = {(record.run_key, record.task_id, record.map_index) for record in records}
    return {key[0] for key in _instances(connection, keys)}


def _instances(
    connection: Connection, keys: Iterable[tuple[int, str, int]]
) -> dict[tuple[int, str, int], tuple[Any, str | None]]:
    column = schema.task_instance.c
    found: dict[tuple[int, str, int], tuple[Any, str | None]] = {}
    columns = (column.run_key, column.task_id, column.map_index, column.state, column.try_id)
    for some in chunks(keys):
        by_key = sa.tuple_(column.run_key, column.task_id, column.map_index).in_(some)
        for run_key, task_id, map_index, state, try_id in connection.execute(sa.select(*columns).where(by_key)):
            found[(run_key, task_id, map_index)] = (state, try_id)
    return found


def _deleted_runs(connection: Connection, changes: Changes) -> set[int]:
    """Runs that rows of the batch belong to and that are gone."""
    referred = {record.run_key for record in changes.new_instances}
    referred |= {record.run_key for record in changes.new_tries}
    referred |= {record.run_key for record in changes.xcoms}
    referred |= {record.run_key for record in changes.callbacks}
    referred -= {record.run_key for record in changes.new_runs}
    present: set[int] = set()
    for keys in chunks(referred):
        query = sa.select(schema.dag_run.c.run_key).where(schema.dag_run.c.run_key.in_(keys))
        present |= set(connection.execute(query).scalars())
    return referred - present


def _existing_runs(connection: Connection, runs: list[RunRecord]) -> list[tuple[str, str]]:
    """(dag_id, run_id) of those in `runs` whose key, run id or logical date is taken, also by another one of `runs`."""
    existing = []
    run = schema.dag_run.c
    seen: set[Any] = set()
    for record in runs:
        names: list[Any] = [record.run_key, (record.dag_id, record.run_id)]
        clash = sa.or_(run.run_key == record.run_key, sa.and_(run.dag_id == record.dag_id, run.run_id == record.run_id))
        if record.logical_date is not None:
            names.append((record.dag_id, record.logical_date))
            clash = sa.or_(clash, sa.and_(run.dag_id == record.dag_id, run.logical_date == record.logical_date))
        taken = connection.execute(sa.select(sa.literal(1)).select_from(schema.dag_run).where(clash).limit(1)).first()
        if taken is not None or not seen.isdisjoint(names):
            existing.append((record.dag_id, record.run_id))
        seen.update(names)
    return existing
