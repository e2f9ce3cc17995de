"""The tasks and groups of a DAG version as a list of nodes: a tree's rows, groups before their members."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from tradewind.core.spec import DagSpec, GroupSpec, TaskSpec
from tradewind.core.states import TaskState
from tradewind.services.views.viewer import View
from tradewind.store.bars import Cell, Version

_WORST_FIRST: Final = (
    TaskState.FAILED,
    TaskState.UPSTREAM_FAILED,
    TaskState.UP_FOR_RETRY,
    TaskState.RESTARTING,
    TaskState.RUNNING,
    TaskState.UP_FOR_RESCHEDULE,
    TaskState.DEFERRED,
    TaskState.QUEUED,
    TaskState.SCHEDULED,
    TaskState.NONE,
    TaskState.SUCCESS,
    TaskState.SKIPPED,
    TaskState.REMOVED,
)
_RANK: Final = {state.value: rank for rank, state in enumerate(_WORST_FIRST)}
STATE_NAMES: Final = [TaskState.NONE.value, *(state.value for state in TaskState if state is not TaskState.NONE)]
STATE_BYTES: Final = {name: byte for byte, name in enumerate(STATE_NAMES)}


def worst(states: Iterable[str]) -> str | None:
    """What stands for several instances together: the state that most needs a look; None for none of them."""
    return min(states, key=_RANK.__getitem__, default=None)


class _ById:
    """A specification that is told from others by its version: hashing all of it would take as long as the work."""

    def __init__(self, version_id: str, spec: DagSpec) -> None:
        self.version_id = version_id
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.version_id == self.version_id

    def __hash__(self) -> int:
        return hash(self.version_id)


@lru_cache(maxsize=512)
def _nodes(known: _ById) -> tuple[View, ...]:
    return tuple(_walk(known.spec))


def nodes_of(version: Version) -> tuple[View, ...]:
    """`shapes.TaskNode`s in the tree's order, in order of definition. Shared: not to be changed."""
    return _nodes(_ById(version.version_id, version.spec))


def members_of(spec: DagSpec) -> dict[str, list[str]]:
    """Group id → ids of the tasks anywhere inside."""
    parent = {group.group_id: group.parent for group in spec.groups}
    members: dict[str, list[str]] = {group.group_id: [] for group in spec.groups}
    for task in spec.tasks:
        above = task.group
        while above is not None and above in members:
            members[above].append(task.task_id)
            above = parent[above]
    return members


def task_node(spec: DagSpec, task_id: str) -> View | None:
    """One `shapes.TaskNode`."""
    return next((node for node in _walk(spec) if node["id"] == task_id and node["kind"] == "task"), None)


def _walk(spec: DagSpec) -> Iterator[View]:
    tasks = {task.task_id: task for task in spec.tasks}
    groups = {group.group_id: group for group in spec.groups}
    mapped_groups = {group.group_id for group in spec.groups if group.expansion is not None}
    seen: set[str] = set()
    # Without a tree (made by hand, or by an older version) the tasks stand in order of definition.
    stack: list[tuple[str, int]] = [(each, 0) for each in reversed(spec.roots or tuple(tasks))]
    while stack:
        node_id, depth = stack.pop()
        if node_id in seen:
            continue
        seen.add(node_id)
        if node_id in groups:
            group = groups[node_id]
            yield _group_node(group, depth)
            stack += [(child, depth + 1) for child in reversed(group.children)]
        elif node_id in tasks:
            yield _task_node(tasks[node_id], depth, _in_mapped_group(tasks[node_id], groups, mapped_groups))
    for task in spec.tasks:
        if task.task_id not in seen:
            yield _task_node(task, 0, _in_mapped_group(task, groups, mapped_groups))


def _in_mapped_group(task: TaskSpec, groups: Mapping[str, GroupSpec], mapped: set[str]) -> bool:
    above = task.group
    while above is not None and above in groups:
        if above in mapped:
            return True
        above = groups[above].parent
    return False


def _task_node(task: TaskSpec, depth: int, in_mapped_group: bool) -> View:
    return {
        "id": task.task_id,
        "label": task.display_name or task.label or task.task_id,
        "kind": "task",
        "parent": task.group,
        "depth": depth,
        "operator": task.operator,
        "is_mapped": task.is_mapped or in_mapped_group,
        "is_setup": task.is_setup,
        "is_teardown": task.is_teardown,
        "trigger_rule": task.trigger_rule.value,
        "pool": task.pool,
        "queue": task.queue,
        "owner": task.owner,
        "ui_color": task.ui_color,
        "ui_fgcolor": task.ui_fgcolor,
        "tooltip": "",
        "retries": task.retries,
        "line": None,
        "doc_md": task.doc_md,
        "links": list(task.extra_links),
    }


def _group_node(group: GroupSpec, depth: int) -> View:
    return {
        "id": group.group_id,
        "label": group.label or group.group_id,
        "kind": "group",
        "parent": group.parent,
        "depth": depth,
        "operator": "",
        "is_mapped": group.expansion is not None,
        "is_setup": False,
        "is_teardown": False,
        "trigger_rule": "",
        "pool": "",
        "queue": "",
        "owner": "",
        "ui_color": group.ui_color,
        "ui_fgcolor": group.ui_fgcolor,
        "tooltip": group.tooltip,
        "retries": 0,
        "line": None,
        "doc_md": group.doc_md,
        "links": [],
    }


class RunStates:
    """The states of one run's tasks, from its cells."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.of_task: dict[str, str] = {}
        self.mapped: dict[str, dict[str, int]] = {}
        """Task id → state → count, of the tasks that were expanded."""
        self.tries: dict[str, int] = {}
        """Task id → number of tries, where it is more than one."""
        plain: dict[str, str] = {}
        for cell in cells:
            if cell.is_placeholder:
                plain[cell.task_id] = cell.state
            else:
                counts = self.mapped.setdefault(cell.task_id, {})
                counts[cell.state] = counts.get(cell.state, 0) + cell.number
            if cell.tries > max(1, self.tries.get(cell.task_id, 1)):
                self.tries[cell.task_id] = cell.tries
        # Of a task that was expanded, the instance without an index is only what is left of the plan.
        self.of_task = plain | {task_id: worst(counts) or "none" for task_id, counts in self.mapped.items()}

    def counts(self) -> dict[str, int]:
        """State → number of instances."""
        found: dict[str, int] = {}
        for task_id, state in self.of_task.items():
            for name, count in (self.mapped.get(task_id) or {state: 1}).items():
                found[name] = found.get(name, 0) + count
        return found


_DEFINES: Final = re.compile(r"""\btask_id\s*=\s*(['"])(?P<id>[^'"]+)\1|^\s*(?:async\s+)?def\s+(?P<name>\w+)\s*\(""")


def task_lines(source: str, spec: DagSpec) -> dict[str, int]:
    """Task id → line of the file that seems to define it: where its id, or the function of that name, is written."""
    found: dict[str, int] = {}
    for number, line in enumerate(source.splitlines(), 1):
        for match in _DEFINES.finditer(line):
            found.setdefault(match["id"] or match["name"], number)
    lines: dict[str, int] = {}
    for task in spec.tasks:
        short = task.label or task.task_id.rpartition(".")[2]
        at = found.get(task.task_id) or found.get(short)
        if at is not None:
            lines[task.task_id] = at
    return lines
