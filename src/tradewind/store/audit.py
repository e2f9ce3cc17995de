"""The audit log: the rows of the outbox that tell what a user did."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern, Span
from tradewind.core.records import OutboxRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.lists import found, matches, ordered, within
from tradewind.store.outbox import OUTBOX

_COLUMN: Final = schema.outbox.c


class AuditEntry(NamedTuple):
    record: OutboxRecord
    logical_date: datetime | None
    """Of the run that it tells of, while that is there."""


class AuditFilter(NamedTuple):
    """None and empty match everything."""

    equal: Mapping[str, Any] = {}
    """Column of the outbox → value."""
    user: str | None = None
    """The name in `who`, behind its `api:` or `cli:`."""
    patterns: Mapping[str, Sequence[Pattern]] = {}
    """Column → patterns that it matches, all of them."""
    at: Span[datetime] = Span()
    included: Collection[str] = ()
    """Only these events."""
    excluded: Collection[str] = ()
    readable: Collection[str] | None = None
    """Only entries of these DAGs, and of none; None: of all DAGs."""
    below: int | None = None
    """Only entries with a lower number."""


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, page: Page, order: Sequence[Ordering], wanted: AuditFilter) -> Found[AuditEntry]:
        """Entries ordered by columns of the outbox or `logical_date`, then by their number."""
        query = ordered(_query().where(*_conditions(wanted)), order, _ORDER, [_COLUMN.seq])
        with self._database.read() as connection:
            rows, total = found(connection, query, page)
            return Found([_entry(row) for row in rows], total)

    def newest(self, limit: int, wanted: AuditFilter) -> list[AuditEntry]:
        """The newest entries that fit, newest first. Counts nothing."""
        query = _query().where(*_conditions(wanted)).order_by(_COLUMN.seq.desc()).limit(limit)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def get(self, seq: int, readable: Collection[str] | None = None) -> AuditEntry | None:
        query = _query().where(_COLUMN.seq == seq, *_conditions(AuditFilter(readable=readable)))
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _entry(row)


_ORDER: Final[Mapping[str, Any]] = {
    **{name: _COLUMN[name] for name in ("seq", "at", "dag_id", "run_id", "task_id", "why", "who")},
    "logical_date": schema.dag_run.c.logical_date,
}


def _query() -> sa.Select[Any]:
    run = schema.dag_run
    joined = schema.outbox.outerjoin(run, run.c.run_key == _COLUMN.run_key)
    return sa.select(*OUTBOX.stored, run.c.logical_date).select_from(joined)


def _conditions(wanted: AuditFilter) -> list[Any]:
    # In the words of the partial index.
    conditions: list[Any] = [sa.text(f"outbox.{schema.OUTBOX_AUDIT}")]
    if wanted.below is not None:
        conditions.append(_COLUMN.seq < wanted.below)
    conditions += [_COLUMN[name] == value for name, value in wanted.equal.items()]
    if wanted.user is not None:
        named = wanted.user.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append(sa.or_(_COLUMN.who == wanted.user, _COLUMN.who.like(f"%:{named}", escape="\\")))
    for name, patterns in wanted.patterns.items():
        conditions += [term for pattern in patterns for term in matches(_COLUMN[name], pattern)]
    conditions += within(_COLUMN.at, wanted.at)
    if wanted.included:
        conditions.append(_COLUMN.why.in_(sorted(wanted.included)))
    if wanted.excluded:
        conditions.append(_COLUMN.why.not_in(sorted(wanted.excluded)))
    if wanted.readable is not None:
        conditions.append(sa.or_(_COLUMN.dag_id == "", _COLUMN.dag_id.in_(sorted(wanted.readable))))
    return conditions


def _entry(row: sa.Row[Any]) -> AuditEntry:
    return AuditEntry(OUTBOX.of(row), row.logical_date)
