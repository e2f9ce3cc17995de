"""The list of XComs across DAGs and runs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.core.lists import Ordering
from tradewind.services.views.cursors import key_of, to_cursor
from tradewind.services.views.instance_list import contains
from tradewind.services.views.viewer import View, Viewer
from tradewind.services.xcoms import plain_value
from tradewind.store.run_pages import COUNT_LIMIT, RunQuery
from tradewind.store.xcom_pages import XComQuery, XComStart

SHOWN: Final = 2_000
"""Characters of a value that a list shows."""


class XComFilter(NamedTuple):
    """Texts are found anywhere, in any case; empty matches everything."""

    dag: str = ""
    run: str = ""
    task: str = ""
    key: str = ""


def list_all_xcoms(
    viewer: Viewer,
    wanted: XComFilter,
    *,
    order_by: str = "run",
    descending: bool = True,
    cursor: str | None = None,
    limit: int = 50,
) -> View:
    """`shapes.XComPage`: the newest run first, unless `order_by` is `created_at` or `key`. Raises Invalid for a cursor."""
    pages = viewer.services.store.xcom_pages
    query = XComQuery(
        runs=RunQuery(readable=viewer.visible_dags, dag_id=contains(wanted.dag), run_id=contains(wanted.run)),
        tasks=contains(wanted.task),
        keys=contains(wanted.key),
    )
    order = None if order_by == "run" else Ordering(order_by, descending)
    kind: Any = str if order_by == "key" else datetime | None
    place = key_of(cursor, tuple[kind, int, str, int, str]) if cursor else None
    found = pages.behind(place, limit + 1, order, query, SHOWN)
    total = pages.count(query)
    return {
        "xcoms": [_row(start) for start in found[:limit]],
        "total": total,
        "is_more": total >= COUNT_LIMIT,
        "next_cursor": _cursor(found[limit - 1], order) if len(found) > limit else None,
        "seq": viewer.services.store.outbox.last_seq(),
    }


def _cursor(start: XComStart, order: Ordering | None) -> str:
    last = start.place
    value = None if order is None else getattr(last, order.name)
    return to_cursor([value, last.run.run_key, last.task_id, last.map_index, last.key])


def _row(start: XComStart) -> View:
    place = start.place
    is_cut = start.size > len(start.text)
    return {
        "dag_id": place.run.dag_id,
        "run_id": place.run.run_id,
        "logical_date": place.run.logical_date,
        "task_id": place.task_id,
        "map_index": place.map_index,
        "key": place.key,
        "created_at": place.created_at,
        "size": start.size,
        "text": start.text if is_cut else json.dumps(plain_value(start.text), ensure_ascii=False),
        "is_cut": is_cut,
    }
