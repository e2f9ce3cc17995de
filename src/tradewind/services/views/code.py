"""The source of a DAG's versions, and what changed between two of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tradewind.core.spec import DagSpec
from tradewind.services.session import Services
from tradewind.services.views.dag_page import version_row
from tradewind.services.views.graph import changed_tasks, version_of
from tradewind.services.views.task_tree import task_lines
from tradewind.services.views.viewer import View
from tradewind.store.bars import Version

_MOST_VERSIONS: Final = 100
_IN_PARTS: Final = frozenset({"tasks", "groups", "roots", "edge_labels", "params", "timetable", "fileloc"})


def get_code(services: Services, dag_id: str, number: int | None = None) -> View:
    """`shapes.CodePage`. Raises Unknown."""
    version = version_of(services, dag_id, number)
    source = _source(services, version)
    ids = [record.version_id for record in services.store.dags.versions(dag_id)]
    known = services.store.bars.versions(ids[-_MOST_VERSIONS:])
    newest_first = sorted(known.values(), key=lambda each: -each.number)
    return {
        "version": version_row(services, version),
        "versions": [version_row(services, each) for each in newest_first],
        "source": source,
        "fileloc": version.spec.fileloc,
        "task_lines": task_lines(source, version.spec),
    }


def get_code_diff(services: Services, dag_id: str, old: int, new: int) -> View:
    """`shapes.CodeDiff`. Raises Unknown."""
    before, after = version_of(services, dag_id, old), version_of(services, dag_id, new)
    return {
        "old": version_row(services, before),
        "new": version_row(services, after),
        "old_source": _source(services, before),
        "new_source": _source(services, after),
        "changes": list(spec_changes(before.spec, after.spec)),
    }


def _source(services: Services, version: Version) -> str:
    return services.store.dags.source(version.source_digest) or ""


def spec_changes(old: DagSpec, new: DagSpec) -> Iterator[View]:
    """`shapes.SpecChange`s: schedule, arguments, params, tasks, edges."""
    if old.timetable != new.timetable:
        yield _change(
            "schedule", old.timetable.summary or old.timetable.kind, new.timetable.summary or new.timetable.kind
        )
    for name in DagSpec.__struct_fields__:
        if name not in _IN_PARTS and getattr(old, name) != getattr(new, name):
            yield _change(f"argument '{name}'", _text(getattr(old, name)), _text(getattr(new, name)))
    for name in {**old.params, **new.params}:
        if old.params.get(name) != new.params.get(name):
            yield _change(f"param '{name}'", _text(old.params.get(name)), _text(new.params.get(name)))
    before = {task.task_id: task for task in old.tasks}
    after = {task.task_id: task for task in new.tasks}
    for task_id in changed_tasks(old, new):
        one, other = before.get(task_id), after.get(task_id)
        if one is None or other is None:
            yield _change(f"task '{task_id}'", one.operator if one else None, other.operator if other else None)
            continue
        for field in type(one).__struct_fields__:
            if field != "upstream" and getattr(one, field) != getattr(other, field):
                yield _change(f"task '{task_id}': {field}", _text(getattr(one, field)), _text(getattr(other, field)))
    edges = [{(up, task.task_id) for task in spec.tasks for up in task.upstream} for spec in (old, new)]
    for up, down in sorted(edges[0] - edges[1]):
        yield _change(f"edge {up} → {down}", f"{up} → {down}", None)
    for up, down in sorted(edges[1] - edges[0]):
        yield _change(f"edge {up} → {down}", None, f"{up} → {down}")


def _change(what: str, before: str | None, after: str | None) -> View:
    kind = "added" if before is None else "removed" if after is None else "changed"
    return {"what": what, "kind": kind, "before": before, "after": after}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
