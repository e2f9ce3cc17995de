"""Between records and rows: which columns make a record, and the prepared texts of the engine's hot path.

SQLAlchemy compiles each text once from the schema; the engine's batches then hand it to the driver directly, because
building and compiling statements again would cost more than SQLite needs to carry them out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from tradewind.store.column_types import (
    UTC,
    EnumText,
    JsonObject,
    UtcTime,
    aware,
    from_microseconds,
    json_text,
    read_json,
    to_microseconds,
)

R = TypeVar("R", bound=msgspec.Struct)
Converter = Callable[[Any], Any]


def _read_time(value: Any) -> datetime:
    return from_microseconds(value) if type(value) is int else value.astimezone(UTC)


def _reader(column: sa.Column[Any]) -> Converter | None:
    """What makes the core's value of what the driver hands out."""
    if isinstance(column.type, UtcTime):
        return _read_time
    if isinstance(column.type, EnumText):
        return column.type.by_value.__getitem__
    if isinstance(column.type, JsonObject):
        return read_json
    if isinstance(column.type, sa.Boolean):
        return bool
    return None


def _as_stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """`column` without the conversions of its type: they cost more for each row than reading it."""
    return sa.type_coerce(column, sa.types.NullType()).label(column.name)


class RecordRows(Generic[R]):
    """The columns of `table` that make a record, in the order of its fields."""

    def __init__(self, record: type[R], table: sa.Table) -> None:
        self.record = record
        self.table = table
        self.fields: tuple[str, ...] = record.__struct_fields__
        self.columns: list[sa.Column[Any]] = [table.c[name] for name in self.fields]
        self.stored = [_as_stored(column) for column in self.columns]
        readers = ((position, _reader(column)) for position, column in enumerate(self.columns))
        self._readers = [(position, reader) for position, reader in readers if reader is not None]

    def select(self) -> sa.Select[Any]:
        return sa.select(*self.stored)

    def of(self, row: Sequence[Any]) -> R:
        """The record of a row of `select()`, or of `stored` columns; further columns of the row are ignored."""
        values = list(row)
        for position, read in self._readers:
            value = values[position]
            if value is not None:
                values[position] = read(value)
        return self.record(**dict(zip(self.fields, values, strict=False)))

    def all(self, rows: CursorResult[Any]) -> list[R]:
        of = self.of
        return [of(row) for row in rows.all()]

    def values(self, record: R) -> dict[str, Any]:
        """The record as values for a statement."""
        return {name: getattr(record, name) for name in self.fields}


def insert_into(table: sa.Table, dialect_name: str) -> Any:
    """An INSERT that knows ON CONFLICT; both databases have it, SQLAlchemy spells it once for each."""
    return postgres_insert(table) if dialect_name == "postgresql" else sqlite_insert(table)


def insert_new(connection: Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Inserts one row; False, with nothing written, when one of its unique keys is taken."""
    statement = insert_into(table, connection.dialect.name).values(values).on_conflict_do_nothing()
    # Without the option SQLAlchemy forgets the count of an INSERT on PostgreSQL.
    return bool(connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount == 1)


def upsert(table: sa.Table, dialect_name: str, *, values: Any = None) -> Any:
    """INSERT, or UPDATE of all other columns when the primary key exists."""
    statement = insert_into(table, dialect_name)
    if values is not None:
        statement = statement.values(values)
    key = [column.name for column in table.primary_key.columns]
    given = values if isinstance(values, dict) else {column.name: None for column in table.columns}
    changed = {name: statement.excluded[name] for name in given if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def _converter(column: sa.Column[Any], dialect_name: str) -> Converter | None:
    """What the driver needs done to a value; the same as the column types do, without their layers."""
    if isinstance(column.type, EnumText):
        return column.type.texts.__getitem__
    if isinstance(column.type, UtcTime):
        return aware if dialect_name == "postgresql" else to_microseconds
    if isinstance(column.type, JsonObject):
        return json_text
    if isinstance(column.type, sa.Boolean) and dialect_name == "sqlite":
        return int
    return None


def _converters(columns: Sequence[sa.Column[Any]], dialect: Dialect) -> list[tuple[int, Converter]]:
    found = ((position, _converter(column, dialect.name)) for position, column in enumerate(columns))
    return [(position, converter) for position, converter in found if converter is not None]


def clean_text(value: Any) -> Any:
    """A text without what a database cannot hold: lone surrogates and, for PostgreSQL, NUL."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return value


def _constant(value: Any) -> sa.ColumnElement[Any]:
    """A default of a record, written into the text of a statement. Not for values of users."""
    if value is None:
        return sa.null()
    if isinstance(value, bool):
        return sa.true() if value else sa.false()
    if isinstance(value, int):
        return sa.literal_column(str(value))
    text = str(value)
    assert "'" not in text
    return sa.literal_column(f"'{text}'")


def _prepare(statement: Any, dialect: Dialect) -> tuple[str, list[str]]:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), list(compiled.positiontup or ())


class InsertRows(Generic[R]):
    """A prepared INSERT of records.

    `on_conflict`: None (an existing key is an error), `nothing` (skipped: the row count tells), `update` (replaced).
    `without`: columns that the database gives. `constant`: columns that have their record's default in every row.
    """

    def __init__(
        self,
        rows: RecordRows[R],
        dialect: Dialect,
        *,
        on_conflict: str | None = None,
        without: Collection[str] = (),
        constant: Collection[str] = (),
    ) -> None:
        columns = [column for column in rows.columns if column.name not in without]
        defaults = {field.name: field.default for field in msgspec.structs.fields(rows.record)}
        statement = insert_into(rows.table, dialect.name).values(
            {
                column.name: _constant(defaults[column.name])
                if column.name in constant
                else sa.bindparam(column.name, type_=column.type)
                for column in columns
            }
        )
        if on_conflict == "nothing":
            statement = statement.on_conflict_do_nothing()
        elif on_conflict == "update":
            key = [column.name for column in rows.table.primary_key.columns]
            changed = {column.name: statement.excluded[column.name] for column in columns if column.name not in key}
            statement = statement.on_conflict_do_update(index_elements=key, set_=changed)
        self.sql, names = _prepare(statement, dialect)
        self.columns = [rows.table.c[name] for name in names]
        self._pick = itemgetter(*(rows.fields.index(name) for name in names))
        self._converters = _converters(self.columns, dialect)
        fixed = [rows.fields.index(name) for name in constant]
        self._fixed = itemgetter(*fixed) if fixed else None
        self._defaults = tuple(defaults[name] for name in constant)

    def fits(self, records: Iterable[R]) -> bool:
        """Whether the constant columns of all `records` have their defaults."""
        fixed, defaults, fields_of = self._fixed, self._defaults, msgspec.structs.astuple
        return fixed is None or all(fixed(fields_of(record)) == defaults for record in records)

    def parameters(self, records: Iterable[R], *, clean: bool = False) -> list[list[Any]]:
        pick, converters, fields_of = self._pick, self._converters, msgspec.structs.astuple
        result = []
        for record in records:
            row = list(pick(fields_of(record)))
            for position, convert in converters:
                value = row[position]
                if value is not None:
                    row[position] = convert(value)
            result.append([clean_text(value) for value in row] if clean else row)
        return result


class UpdateRows:
    """A prepared UPDATE of the columns `names`, found by `guards`: columns that must equal, the primary key first."""

    def __init__(self, table: sa.Table, dialect: Dialect, names: Sequence[str], guards: Sequence[str]) -> None:
        unknown = [name for name in names if name not in table.c]
        if unknown:
            raise ValueError(f"{table.name} has no column {', '.join(unknown)}; give field names of its record")
        new = {name: sa.bindparam(f"set_{name}", type_=table.c[name].type) for name in names}
        statement = sa.update(table).values(new)
        for name in guards:
            statement = statement.where(table.c[name] == sa.bindparam(f"is_{name}", type_=table.c[name].type))
        self.sql, parameters = _prepare(statement, dialect)
        given = [f"set_{name}" for name in names] + [f"is_{name}" for name in guards]
        order = [given.index(name) for name in parameters]
        self._pick = itemgetter(*order)
        self._converters = _converters([table.c[name.partition("_")[2]] for name in parameters], dialect)

    def parameters(self, values: tuple[Any, ...], *, clean: bool = False) -> list[Any]:
        """`values`: the new values in the order of `names`, then those of `guards`."""
        row = list(self._pick(values))
        for position, convert in self._converters:
            value = row[position]
            if value is not None:
                row[position] = convert(value)
        return [clean_text(value) for value in row] if clean else row
