"""The list of task instances across DAGs and runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.core.lists import Ordering, Pattern, Span
from tradewind.core.states import TaskState
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.views import actions
from tradewind.services.views.cursors import key_of, to_cursor
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.instance_pages import InstanceQuery, Placed
from tradewind.store.run_pages import COUNT_LIMIT, RunQuery

SORTS: Final[dict[str, type | Any]] = {
    "run": None,
    "task_id": str,
    "start_date": datetime | None,
    "end_date": datetime | None,
    "duration_s": float | None,
}
"""What the list can be ordered by, and of which kind that is in a cursor; `run`: the order in which runs were made."""


class InstanceFilter(NamedTuple):
    """Texts are found anywhere, in any case; empty and None match everything."""

    states: Sequence[str] = ()
    dag: str = ""
    run: str = ""
    task: str = ""
    operator: str = ""
    pool: str = ""
    queue: str = ""
    host: str = ""
    after: datetime | None = None
    """It started then or later."""
    before: datetime | None = None
    only_mapped: bool = False


def list_instances(
    viewer: Viewer,
    wanted: InstanceFilter,
    *,
    order_by: str = "run",
    descending: bool = True,
    cursor: str | None = None,
    limit: int = 50,
) -> View:
    """`shapes.InstanceList`. Raises Unknown for a state, Invalid for a cursor or a time without a zone."""
    store = viewer.services.store
    seq = store.outbox.last_seq()
    query = _query(viewer, wanted)
    order = None if order_by == "run" and descending else Ordering(_column(order_by), descending)
    place = None
    if cursor:
        kind = SORTS[order_by] if order is not None and order_by != "run" else int | None
        place = key_of(cursor, tuple[kind, int, str, int])  # type: ignore[valid-type]
    found = store.instance_pages.behind(place, limit + 1, order, query)
    total = store.instance_pages.count(query)
    return {
        "instances": [_row(viewer, placed) for placed in found[:limit]],
        "total": total,
        "is_more": total >= COUNT_LIMIT,
        "next_cursor": _cursor(found[limit - 1], order) if len(found) > limit else None,
        "seq": seq,
    }


def _column(name: str) -> str:
    return "run_key" if name == "run" else name


def _cursor(last: Placed, order: Ordering | None) -> str:
    _, instance = last
    value = None if order is None else getattr(instance, order.name)
    return to_cursor([value, instance.run_key, instance.task_id, instance.map_index])


def _query(viewer: Viewer, wanted: InstanceFilter) -> InstanceQuery:
    for moment in (wanted.after, wanted.before):
        if moment is not None and moment.tzinfo is None:
            raise Invalid(f"{moment.isoformat()} has no time zone. Write an offset behind it: {moment.isoformat()}Z.")
    return InstanceQuery(
        runs=RunQuery(readable=viewer.visible_dags, dag_id=contains(wanted.dag), run_id=contains(wanted.run)),
        states=_states(wanted.states),
        only_mapped=wanted.only_mapped,
        start_date=Span(gte=wanted.after, lt=wanted.before),
        task_id=contains(wanted.task),
        operator=contains(wanted.operator),
        pool=contains(wanted.pool),
        queue=contains(wanted.queue),
        hostname=contains(wanted.host),
    )


def contains(text: str) -> list[Pattern]:
    """The words of a filter, all of which have to be found, in any order."""
    return [Pattern((word,)) for word in text.split()]


def _states(names: Sequence[str]) -> list[TaskState]:
    known = {state.value: state for state in TaskState}
    for name in names:
        if name not in known:
            raise Unknown("state", name, list(known))
    return [known[name] for name in names]


def _row(viewer: Viewer, placed: Placed) -> View:
    run, instance = placed
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "logical_date": run.logical_date,
        "run_after": run.run_after,
        "task_id": instance.task_id,
        "map_index": instance.map_index,
        "rendered_map_index": instance.rendered_map_index,
        "state": instance.state.value,
        "operator": instance.operator,
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "pool": instance.pool,
        "queue": instance.queue,
        "hostname": instance.hostname,
        "queued_at": instance.queued_at,
        "start_date": instance.start_date,
        "end_date": instance.end_date,
        "duration_s": instance.duration_s,
        "note": instance.note,
        "actions": actions.of_instance(viewer, run.dag_id, instance.state),
    }
