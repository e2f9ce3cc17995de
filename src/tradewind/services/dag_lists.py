"""Lists of DAGs, of their tags and tasks, as the REST APIs ask for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import DagRecord
from tradewind.core.spec import DagSpec, TaskSpec
from tradewind.core.states import RunState
from tradewind.services.dags import list_dags
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.store.history import RunFilter

ORDER: Final = {
    "dag_id": "dag_id",
    "dag_display_name": "dag_display_name",
    "next_dagrun": "next_logical_date",
    "next_dagrun_run_after": "next_run_after",
    "is_paused": "is_paused",
    "last_parsed_time": "last_parsed_at",
    "state": "last_state",
    "last_run_state": "last_state",
    "last_run_start_date": "last_run_at",
}
"""How the API names what a list of DAGs is ordered by → the field."""
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=timezone.utc)


class DagFilter(NamedTuple):
    """None and empty match everything."""

    patterns: Sequence[Pattern] = ()
    names: Sequence[Pattern] = ()
    tags: Collection[str] = ()
    all_tags: bool = False
    owners: Collection[str] = ()
    paused: bool | None = None
    include_stale: bool = False
    has_import_error: bool | None = None
    favourites: tuple[str, bool] | None = None
    """A user's favourites, or everything but them."""
    last_state: RunState | None = None
    visible: Collection[str] | None = None


def dag_page(services: Services, page: Page, order: Sequence[Ordering], wanted: DagFilter) -> Found[DagRecord]:
    """DAGs ordered by values of ORDER, then by dag_id. Reads every DAG that there is."""
    last = services.store.bars.last_states()
    favourites = (
        services.store.personal.favourites(wanted.favourites[0]) if wanted.favourites is not None else frozenset()
    )
    found = [
        dag
        for dag in list_dags(services, include_stale=wanted.include_stale)
        if _fits(dag, wanted, last.get(dag.dag_id), favourites)
    ]
    found.sort(key=lambda dag: dag.dag_id)
    for name, descending in reversed(order):
        found.sort(key=lambda dag: _key(dag, name, last.get(dag.dag_id)), reverse=descending)
    return Found(found[page.offset : page.offset + page.limit], len(found))


def _key(dag: DagRecord, name: str, last: tuple[str, datetime] | None) -> Any:
    if name == "dag_display_name":
        return dag.spec.display_name or dag.dag_id
    if name == "last_state":
        return last[0] if last is not None else ""
    if name == "last_run_at":
        return last[1] if last is not None else _LONG_AGO
    value = getattr(dag, name)
    return _LONG_AGO if value is None else value


def _fits(dag: DagRecord, wanted: DagFilter, last: tuple[str, datetime] | None, favourites: Collection[str]) -> bool:
    spec = dag.spec
    tags = set(spec.tags)
    asked = set(wanted.tags)
    return (
        (wanted.visible is None or dag.dag_id in wanted.visible)
        and all(pattern.matches(dag.dag_id) for pattern in wanted.patterns)
        and all(pattern.matches(spec.display_name or dag.dag_id) for pattern in wanted.names)
        and (not asked or (asked <= tags if wanted.all_tags else bool(asked & tags)))
        and (not wanted.owners or bool(set(wanted.owners) & set(spec.owners)))
        and (wanted.paused is None or dag.is_paused is wanted.paused)
        and (wanted.has_import_error is None or dag.has_import_error is wanted.has_import_error)
        and (wanted.favourites is None or (dag.dag_id in favourites) is wanted.favourites[1])
        and (wanted.last_state is None or (last is not None and last[0] == wanted.last_state.value))
    )


def tag_page(
    services: Services,
    page: Page,
    order: Sequence[Ordering],
    patterns: Sequence[Pattern],
    visible: Collection[str] | None,
) -> Found[str]:
    """Tags of the DAGs that may be seen, each once."""
    tags = {tag for dag in list_dags(services) if visible is None or dag.dag_id in visible for tag in dag.spec.tags}
    found = sorted(tag for tag in tags if all(pattern.matches(tag) for pattern in patterns))
    if order and order[0].descending:
        found.reverse()
    return Found(found[page.offset : page.offset + page.limit], len(found))


def stats(
    services: Services, dag_ids: Sequence[str], visible: Collection[str] | None
) -> list[tuple[DagRecord, dict[RunState, int]]]:
    """How many runs of each state a DAG has; at most 10,000 are counted."""
    rows = []
    for dag in list_dags(services):
        if (dag_ids and dag.dag_id not in dag_ids) or (visible is not None and dag.dag_id not in visible):
            continue
        counts = {
            state: services.store.history.count(RunFilter(dag_id=dag.dag_id, states=[state])) for state in RunState
        }
        rows.append((dag, counts))
    return rows


def ordered_tasks(spec: DagSpec, order_by: str) -> list[TaskSpec]:
    """Tasks by one of their fields, `-` in front for falling order. Raises Invalid for a field that there is not."""
    name = order_by.removeprefix("-")
    if name not in TaskSpec.__struct_fields__:
        raise Invalid(f"'{name}' is no field of a task that a list can be ordered by. Use task_id.")

    def key(task: TaskSpec) -> tuple[str, str]:
        return str(getattr(task, name)), task.task_id

    return sorted(spec.tasks, key=key, reverse=order_by.startswith("-"))
