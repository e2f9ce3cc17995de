"""Lists in SQL: the page, order, spans and patterns of `core.lists`, put on a query, and what both databases spell apart."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from tradewind.core.lists import Ordering, Page, Pattern, Span

_ESCAPE = "\\"


class Elapsed(sa.sql.functions.FunctionElement[int]):
    """Whole microseconds from one time to another; NULL when one of them is."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(Elapsed, "sqlite")
def _of_integers(element: Elapsed, compiler: SQLCompiler, **how: Any) -> str:
    start, end = (compiler.process(one, **how) for one in element.clauses)
    return f"({end} - {start})"


@compiles(Elapsed, "postgresql")
def _of_timestamps(element: Elapsed, compiler: SQLCompiler, **how: Any) -> str:
    start, end = (compiler.process(one, **how) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM {end} - {start}) * 1000000 AS BIGINT)"


def matches(column: Any, pattern: Pattern) -> list[sa.ColumnElement[bool]]:
    """Conditions, none for an open pattern."""
    if pattern.is_open:
        return []
    if pattern.is_prefix:
        # LIKE ignores case in SQLite; a comparison of the first characters is the same in both databases.
        return [sa.or_(*(sa.func.substr(column, 1, len(term)) == term for term in pattern.terms))]
    return [sa.or_(*(sa.func.lower(column).like(f"%{term.lower()}%", escape=_ESCAPE) for term in _escaped(pattern)))]


def _escaped(pattern: Pattern) -> list[str]:
    # A backslash has no meaning in Airflow's patterns, and would be an error at the end of one in PostgreSQL.
    return [term.replace(_ESCAPE, _ESCAPE * 2) for term in pattern.terms]


def within(column: Any, span: Span[Any]) -> list[sa.ColumnElement[bool]]:
    """Conditions, none for an open span."""
    bounds = [(operator.ge, span.gte), (operator.gt, span.gt), (operator.le, span.lte), (operator.lt, span.lt)]
    return [compare(column, bound) for compare, bound in bounds if bound is not None]


def ordered(
    query: sa.Select[Any], orderings: Sequence[Ordering], columns: Mapping[str, Any], last: Sequence[Any]
) -> sa.Select[Any]:
    """The query in the order asked for. `columns`: by the names of the orderings; `last`: what decides among equals."""
    keys = [_key(columns[ordering.name], ordering.descending) for ordering in orderings]
    return query.order_by(*keys, *last)


def _key(column: Any, descending: bool) -> Any:
    if isinstance(column, sa.Column) and not column.nullable:
        # Said of NULLs, PostgreSQL would not use the index.
        return column.desc() if descending else column.asc()
    # Both databases would put NULLs at their own end.
    return column.desc().nulls_last() if descending else column.asc().nulls_first()


def behind(
    query: sa.Select[Any],
    order: Ordering | None,
    columns: Mapping[str, Any],
    key: Sequence[Any],
    place: Sequence[Any] | None,
) -> sa.Select[Any]:
    """The query in the order of one column (None: of the key alone, falling) and then the key, from behind a place on.

    `key` is unique and goes the way of the column. `place`: what the last row of the page before had, first in the column,
    then in the key; None: from the start.
    """
    descending = order is None or order.descending
    if place is not None:
        column = None if order is None else columns[order.name]
        query = query.where(_beyond(column, key, place, descending=descending))
    last = [each.desc() for each in key] if descending else list(key)
    return ordered(query, [] if order is None else [order], columns, last)


def _beyond(column: Any, key: Sequence[Any], place: Sequence[Any], *, descending: bool) -> sa.ColumnElement[bool]:
    further = operator.lt if descending else operator.gt
    value, *last = place
    ends = [sa.literal(each, end.type) for each, end in zip(last, key, strict=True)]
    beyond: sa.ColumnElement[bool] = further(sa.tuple_(*key), sa.tuple_(*ends))
    if column is None:
        return beyond
    if isinstance(column, sa.Column) and not column.nullable:
        # One comparison of rows, which both databases answer from an index.
        beyond = further(sa.tuple_(column, *key), sa.tuple_(sa.literal(value, column.type), *ends))
        return beyond
    # NULLs are the last when it falls, the first when it rises.
    if value is None:
        among_nulls = sa.and_(column.is_(None), beyond)
        return among_nulls if descending else sa.or_(among_nulls, column.is_not(None))
    later = sa.or_(further(column, value), sa.and_(column == value, beyond))
    return sa.or_(later, column.is_(None)) if descending else later


def found(connection: Connection, query: sa.Select[Any], page: Page) -> tuple[Sequence[sa.Row[Any]], int]:
    """The rows of one page of the query, and how many rows it has in all."""
    total = connection.execute(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    if not page.limit or page.offset >= total:
        return [], total
    return connection.execute(query.limit(page.limit).offset(page.offset)).all(), total
