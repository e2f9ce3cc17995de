"""One task instance: where it stands, its tries, and what it stands between."""

from __future__ import annotations

import json
import os
from typing import Any

import msgspec

from tradewind.core.graph import Graph
from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord, TryRecord
from tradewind.core.spec import TaskSpec
from tradewind.core.states import TaskState
from tradewind.services.edits import spec_of_run
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.services.tasks import check_task
from tradewind.services.views import actions
from tradewind.services.views.run_bars import RECENT, bar_of, median_of
from tradewind.services.views.task_files import log_file
from tradewind.services.views.task_tree import task_node
from tradewind.services.views.viewer import View, Viewer
from tradewind.services.views.why import why_instance
from tradewind.services.xcoms import plain_value
from tradewind.store.bars import BarRecord

_QUIET = (TaskState.SUCCESS, TaskState.RUNNING)
_LONG = frozenset(
    {"task_id", "operator", "label", "display_name", "upstream", "group", "doc_md", "ui_color", "ui_fgcolor"}
)


def run_of(services: Services, dag_id: str, run_id: str) -> RunRecord:
    """The run with this id. Raises Unknown."""
    found = services.store.runs.get(dag_id, run_id)
    if found is None:
        raise Unknown("run", run_id, where=f"DAG '{dag_id}'", hint="It may have been deleted.")
    return found


def bar_record(run: RunRecord) -> BarRecord:
    return BarRecord(**{name: getattr(run, name) for name in BarRecord.__struct_fields__})


def run_bar(services: Services, run: RunRecord) -> View:
    return bar_of(bar_record(run), services.store.bars.versions([run.version_id]))


def instance_or_plan(services: Services, run: RunRecord, task_id: str, map_index: int) -> tuple[InstanceRecord, bool]:
    """The instance, and whether it exists yet: a run that has not begun has none, nor has a mapped task that waits.

    Raises Unknown for a task or map index that the run does not have.
    """
    found = services.store.instances.get(run.run_key, task_id, map_index)
    if found is not None:
        return found, True
    spec = spec_of_run(services, run)
    counts = services.store.bars.states_of_task(run.run_key, task_id)
    if map_index != NOT_MAPPED or (counts and map_index == NOT_MAPPED):
        raise Unknown(
            "instance", f"{task_id}[{map_index}]", where=f"run '{run.run_id}'", hint="See its mapped instances."
        )
    check_task(spec, task_id)
    task = next(task for task in spec.tasks if task.task_id == task_id)
    return InstanceRecord(run_key=run.run_key, task_id=task_id, operator=task.operator, pool=task.pool), False


def get_task_page(viewer: Viewer, dag_id: str, run_id: str, task_id: str, map_index: int = NOT_MAPPED) -> View:
    """`shapes.TaskPage`. Raises Unknown."""
    services = viewer.services
    store = services.store
    seq = store.outbox.last_seq()
    run = run_of(services, dag_id, run_id)
    instance, exists = instance_or_plan(services, run, task_id, map_index)
    spec = spec_of_run(services, run)
    task = next((task for task in spec.tasks if task.task_id == task_id), None)
    graph = Graph(spec)
    has = task_id in graph
    counts = store.bars.states_of_task(run.run_key, task_id)
    return {
        "dag_id": dag_id,
        "run": run_bar(services, run),
        "task": task_node(spec, task_id) or _lost_node(instance),
        "map_index": map_index,
        "rendered_map_index": instance.rendered_map_index,
        "state": instance.state.value,
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "pool_slots": instance.pool_slots,
        "priority_weight": instance.priority_weight,
        "scheduled_at": instance.scheduled_at,
        "queued_at": instance.queued_at,
        "start_date": instance.start_date,
        "end_date": instance.end_date,
        "duration_s": instance.duration_s,
        "due_at": instance.due_at,
        "median_duration_s": median_of(store.bars.task_durations(dag_id, task_id, RECENT)),
        "note": instance.note,
        "tries": try_rows(services, store.tries.of_instance(run.run_key, task_id, map_index)),
        "why": None if instance.state in _QUIET else why_instance(services, run, task_id, map_index),
        "mapped_counts": counts,
        "upstream": list(graph.upstream_ids(task_id)) if has else [],
        "downstream": list(graph.downstream_ids(task_id)) if has else [],
        "arguments": _arguments(task),
        "extra_links": list(task.extra_links) if task is not None else [],
        "actions": actions.of_instance(viewer, dag_id, instance.state, exists=exists),
        "seq": seq,
    }


def get_cell(viewer: Viewer, dag_id: str, run_id: str, task_id: str, map_index: int = NOT_MAPPED) -> View:
    """`shapes.CellInfo`. Raises Unknown."""
    services = viewer.services
    run = run_of(services, dag_id, run_id)
    instance, _ = instance_or_plan(services, run, task_id, map_index)
    why = None if instance.state in _QUIET else why_instance(services, run, task_id, map_index)["sentence"]
    return {
        "task_id": task_id,
        "map_index": map_index,
        "state": instance.state.value,
        "operator": instance.operator,
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "pool": instance.pool,
        "scheduled_at": instance.scheduled_at,
        "queued_at": instance.queued_at,
        "start_date": instance.start_date,
        "end_date": instance.end_date,
        "duration_s": instance.duration_s,
        "median_duration_s": median_of(services.store.bars.task_durations(dag_id, task_id, RECENT)),
        "note": instance.note,
        "why": why or None,
    }


def list_mapped(
    viewer: Viewer, dag_id: str, run_id: str, task_id: str, states: list[str] | None, offset: int, limit: int
) -> View:
    """`shapes.MappedList`: instances of a mapped task, by index. Raises Unknown for the run."""
    services = viewer.services
    run = run_of(services, dag_id, run_id)
    known = {state.value: state for state in TaskState}
    wanted = [known[name] for name in states if name in known] if states else None
    counts = services.store.bars.states_of_task(run.run_key, task_id)
    found = services.store.bars.mapped_page(run.run_key, task_id, wanted, max(offset, 0), min(max(limit, 1), 1000))
    return {
        "instances": [
            {
                "map_index": instance.map_index,
                "rendered_map_index": instance.rendered_map_index,
                "state": instance.state.value,
                "try_number": instance.try_number,
                "start_date": instance.start_date,
                "end_date": instance.end_date,
                "duration_s": instance.duration_s,
            }
            for instance in found
        ],
        "total": sum(count for state, count in counts.items() if not states or state in states),
        "counts": counts,
    }


def try_rows(services: Services, tries: list[TryRecord]) -> list[View]:
    """`shapes.TryRow`s."""
    versions = services.store.bars.versions(found.version_id for found in tries)
    rows = []
    for found in tries:
        seconds = None
        if found.start_date is not None and found.end_date is not None:
            seconds = (found.end_date - found.start_date).total_seconds()
        version = versions.get(found.version_id)
        path = log_file(services, found.log_path)
        rows.append(
            {
                "try_id": found.try_id,
                "try_number": found.try_number,
                "state": found.state.value,
                "queued_at": found.queued_at,
                "start_date": found.start_date,
                "end_date": found.end_date,
                "duration_s": seconds,
                "hostname": found.hostname,
                "pid": found.pid,
                "unixname": found.unixname,
                "executor": found.executor,
                "queue": found.queue,
                "pool": found.pool,
                "cause": found.cause,
                "error": found.error,
                "exit_code": found.exit_code,
                "signal": found.signal,
                "peak_rss_kb": found.peak_rss_kb,
                "cpu_s": found.cpu_s,
                "forked": found.forked,
                "has_log": path is not None and os.path.exists(path),
                "version_number": version.number if version is not None else None,
            }
        )
    return rows


def list_xcoms(services: Services, run: RunRecord, task_id: str, map_index: int) -> View:
    """`shapes.XComList`: what the instance left for others; internal keys are left out."""
    rows = []
    for found in services.store.xcoms.get(run.run_key, [task_id], [map_index]):
        if found.key == "skipmixin_key":
            continue
        size = len(found.value.encode())
        too_long = size > 1 << 20
        rows.append(
            {
                "key": found.key,
                "map_index": found.map_index,
                "created_at": found.created_at,
                "size": size,
                "value": None if too_long else plain_value(found.value),
                "too_long": too_long,
            }
        )
    return {"xcoms": rows}


def get_rendered(services: Services, run: RunRecord, task_id: str, map_index: int, try_number: int | None) -> View:
    """`shapes.RenderedPage`: the template fields of a try; of the newest that has some, when none is named."""
    tries = services.store.tries.of_instance(run.run_key, task_id, map_index)
    for found in reversed([each for each in tries if try_number is None or each.try_number == try_number]):
        text = services.store.tries.rendered(found.try_id)
        if text is not None:
            fields = _json(text)
            shown = fields.items() if isinstance(fields, dict) else ()
            return {
                "fields": [{"name": str(name), "rendered": _text(value)} for name, value in shown],
                "try_number": found.try_number,
            }
    return {"fields": [], "try_number": try_number or (tries[-1].try_number if tries else 0)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _json(text: str) -> Any:
    try:
        # NaN and Infinity, which Python's json writes, are no JSON for a browser.
        return json.loads(text, parse_constant=str)
    except ValueError:
        return text


def _arguments(task: TaskSpec | None) -> View:
    if task is None:
        return {}
    return {name: value for name, value in msgspec.to_builtins(task).items() if name not in _LONG}


def _lost_node(instance: InstanceRecord) -> View:
    """Of a task that the run's version does not have any more."""
    return {
        "id": instance.task_id,
        "label": instance.task_id,
        "kind": "task",
        "parent": None,
        "depth": 0,
        "operator": instance.operator,
        "is_mapped": instance.map_index >= 0,
        "pool": instance.pool,
        "queue": instance.queue,
    }
