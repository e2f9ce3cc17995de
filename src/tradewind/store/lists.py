"""Lists in SQL: the page, order, spans and patterns of `core.lists`, put on a query."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.lists import Ordering, Page, Pattern, Span

_ESCAPE = "\\"


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

    `place`: what the last row of the page before had, first in the column, then in the key; None: from the start.
    """
    descending = order is None or order.descending
    last = [each.desc() for each in key] if descending else list(key)
    if place is not None:
        value, ends = place[0], sa.tuple_(*key)
        at = sa.tuple_(*(sa.literal(each, type_=end.type) for each, end in zip(place[1:], key, strict=True)))
        beyond = ends < at if descending else ends > at
        column: Any = None if order is None else columns[order.name]
        if column is None:
            query = query.where(beyond)
        elif value is None:
            # NULLs are the last when it falls, the first when it rises.
            query = query.where(
                sa.and_(column.is_(None), beyond)
                if descending
                else column.is_not(None) | sa.and_(column.is_(None), beyond)
            )
        else:
            further = sa.or_(column < value, column.is_(None)) if descending else column > value
            query = query.where(sa.or_(further, sa.and_(column == value, beyond)))
    return ordered(query, [] if order is None else [order], columns, last)


def found(connection: Connection, query: sa.Select[Any], page: Page) -> tuple[Sequence[sa.Row[Any]], int]:
    """The rows of one page of the query, and how many rows it has in all."""
    total = connection.execute(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    if not page.limit or page.offset >= total:
        return [], total
    return connection.execute(query.limit(page.limit).offset(page.offset)).all(), total
