"""The head and the details of one DAG."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tradewind.core.records import DagRecord
from tradewind.core.runs import Planned, due_runs, next_run
from tradewind.core.spec import DagSpec
from tradewind.services.dags import get_dag, next_runs
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.timetables import is_custom, timetable_of
from tradewind.services.views import actions
from tradewind.services.views.dag_list import folder_of
from tradewind.services.views.favourites import favourites_of
from tradewind.services.views.import_errors import of_file
from tradewind.services.views.run_bars import RECENT, durations, median_of, p95_of, planned_of, stored_next
from tradewind.services.views.schedules import schedule_text
from tradewind.services.views.task_tree import nodes_of, task_lines
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.bars import Version

AT_ONCE: Final = 10_000
"""More runs than so many are not counted one by one before a DAG is un-paused."""
_SHOWN_ELSEWHERE: Final = frozenset(
    {
        "dag_id", "fileloc", "dialect", "dialect_reason", "display_name", "description", "doc_md", "owners", "tags", "timezone",
        "timetable", "params", "tasks", "groups", "roots", "edge_labels",
    }
)  # fmt: skip


def get_dag_page(viewer: Viewer, dag_id: str) -> View:
    """`shapes.DagPage`. Raises Unknown."""
    services = viewer.services
    store = services.store
    seq = store.outbox.last_seq()
    dag = get_dag(services, dag_id)
    spec = dag.spec
    version = store.bars.versions([dag.version_id])[dag.version_id]
    source = store.dags.source(version.source_digest) or ""
    recent = store.bars.newest([dag_id], RECENT)[dag_id]
    seconds = durations(recent)
    running = store.bars.unfinished_of(dag_id)
    return {
        "dag_id": dag_id,
        "display_name": spec.display_name or dag_id,
        "description": spec.description or None,
        "doc_md": spec.doc_md,
        "fileloc": dag.fileloc,
        "relative_fileloc": dag.relative_fileloc,
        "folder": folder_of(dag),
        "owners": list(spec.owners),
        "tags": list(spec.tags),
        "dialect": spec.dialect,
        "dialect_reason": spec.dialect_reason,
        "is_paused": dag.is_paused,
        "paused_reason": dag.paused_reason,
        "is_stale": dag.is_stale,
        "is_favourite": dag_id in favourites_of(viewer),
        "import_error": of_file(viewer, dag.fileloc, dag_id) if dag.has_import_error else None,
        "schedule": schedule_text(spec),
        "next_runs": planned_runs(services, dag, 5),
        "version": version_row(services, version),
        "version_count": store.bars.version_count(dag_id),
        "last_parsed_at": dag.last_parsed_at,
        "params_schema": params_schema(spec),
        "arguments": arguments_of(spec),
        "newest_state": recent[0].state if recent else None,
        "run_counts": running,
        "median_duration_s": median_of(seconds),
        "p95_duration_s": p95_of(seconds),
        "tasks": nodes_with_lines(version, source),
        "edges": edges_of(spec),
        "actions": actions.of_dag(viewer, dag, running.get("running", 0)),
        "seq": seq,
    }


def preview_unpause(services: Services, dag_id: str) -> View:
    """`shapes.UnpausePreview`: what the schedule makes as soon as the DAG is switched on. Raises Unknown."""
    dag = get_dag(services, dag_id)
    if is_custom(dag) or dag.is_stale:
        # The timetable of an author is asked by the engine only: what it noted last is all that is known.
        planned = stored_next(dag)
        due = planned is not None and planned["run_after"] <= services.now()
        return {"creates_now": int(due), "first": [planned] if due else [], "next": None if due else planned}
    found = _due(services, dag, AT_ONCE)
    after = planned_next(services, dag, found[-1] if found else None)
    return {
        "creates_now": len(found),
        "first": [planned_of(run) for run in found[:5]],
        "next": planned_of(after) if after is not None and len(found) < AT_ONCE else None,
    }


def _last_interval(services: Services, dag: DagRecord) -> Any:
    last = services.store.engine.last_automated_run(dag.dag_id)
    if last is None or last.data_interval_start is None or last.data_interval_end is None:
        return None
    return _Interval(last.data_interval_start, last.data_interval_end)


class _Interval(msgspec.Struct, frozen=True):
    start: Any
    end: Any


def _due(services: Services, dag: DagRecord, limit: int) -> list[Planned]:
    return due_runs(
        timetable_of(dag),
        last=_last_interval(services, dag),
        start=dag.spec.start_date,
        end=dag.spec.end_date,
        catchup=dag.spec.catchup,
        now=services.now(),
        limit=limit,
    )


def planned_next(services: Services, dag: DagRecord, after: Planned | None) -> Planned | None:
    """The run after `after`; after the newest one that exists when that is None."""
    last = _last_interval(services, dag)
    if after is not None:
        if after.data_interval_start is None or after.data_interval_end is None:
            return None
        last = _Interval(after.data_interval_start, after.data_interval_end)
    return next_run(
        timetable_of(dag),
        last=last,
        start=dag.spec.start_date,
        end=dag.spec.end_date,
        catchup=dag.spec.catchup,
        now=services.now(),
    )


def planned_runs(services: Services, dag: DagRecord, count: int) -> list[View]:
    """The next runs of the schedule; of an author's own timetable, the one that the engine noted."""
    if dag.is_stale:
        return []
    try:
        return [planned_of(run) for run in next_runs(services, dag, count)]
    except Invalid:
        stored = stored_next(dag)
        return [] if stored is None else [stored]


def version_row(services: Services, version: Version) -> View:
    """`shapes.VersionRow`."""
    return {
        "version_id": version.version_id,
        "number": version.number,
        "created_at": version.created_at,
        "runs": services.store.bars.runs_by_version(version.dag_id).get(version.version_id, 0),
    }


def params_schema(spec: DagSpec) -> View:
    """One object schema for all params, with their defaults; what has no default is required."""
    properties: dict[str, Any] = {}
    for name, declared in spec.params.items():
        schema = dict(declared.get("schema") or {})
        if "value" in declared:
            schema["default"] = declared["value"]
        if declared.get("description"):
            schema.setdefault("description", declared["description"])
        properties[name] = schema
    required = [name for name, declared in spec.params.items() if "value" not in declared]
    return {"type": "object", "properties": properties, "required": required}


def arguments_of(spec: DagSpec) -> View:
    """The arguments of the DAG that have no place of their own on the page."""
    fields = [name for name in DagSpec.__struct_fields__ if name not in _SHOWN_ELSEWHERE]
    return {name: msgspec.to_builtins(getattr(spec, name)) for name in fields}


def nodes_with_lines(version: Version, source: str) -> list[View]:
    lines = task_lines(source, version.spec)
    return [{**node, "line": lines.get(node["id"]) if node["kind"] == "task" else None} for node in nodes_of(version)]


def edges_of(spec: DagSpec) -> list[View]:
    """`shapes.Edge`s between tasks, in order of definition."""
    labels = {(each.upstream, each.downstream): each.label for each in spec.edge_labels}
    setups = {task.task_id for task in spec.tasks if task.is_setup}
    return [
        {
            "source": above,
            "target": task.task_id,
            "label": labels.get((above, task.task_id)),
            "is_setup_teardown": task.is_teardown and above in setups,
        }
        for task in spec.tasks
        for above in task.upstream
    ]
