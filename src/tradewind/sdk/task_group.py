"""Task groups: a name, a prefix and a node of the graph for several tasks, possibly mapped over something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tradewind.sdk import definition_context
from tradewind.sdk.definition_context import current_dag, current_group
from tradewind.sdk.exceptions import (
    AirflowException,
    DuplicateTaskIdFound,
    InvalidArgument,
    NodeNotFound,
    TaskAlreadyInTaskGroup,
)
from tradewind.sdk.node import DAGNode, DependencyMixin, flatten, validate_group_key
from tradewind.sdk.source_location import SourceLocation, caller
from tradewind.sdk.types import NOTSET, ArgNotSet

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG
    from tradewind.sdk.edges import EdgeModifier
    from tradewind.sdk.expand_input import ExpandInput

_SUFFIX = re.compile(r"__(\d+)$")


class TaskGroup(DAGNode):
    """`with TaskGroup("load"):` — the tasks inside get the prefix `load.`, and the group stands for them in `>>`."""

    is_mapped = False

    def __init__(
        self,
        group_id: str | None,
        group_display_name: Any = "",
        prefix_group_id: bool = True,
        parent_group: TaskGroup | None = None,
        dag: DAG | None = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        doc_md: str | None = None,
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
    ) -> None:
        if isinstance(group_display_name, bool):
            # Airflow 2 has prefix_group_id in the second place.
            prefix_group_id, group_display_name = group_display_name, ""
        self._group_id = group_id
        self.group_display_name: str = group_display_name
        self.prefix_group_id = prefix_group_id
        self.default_args = dict(default_args or {})
        self.tooltip = tooltip
        self.doc_md = doc_md
        self.ui_color = ui_color
        self.ui_fgcolor = ui_fgcolor
        self.add_suffix_on_collision = add_suffix_on_collision
        self.children: dict[str, Any] = {}
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()
        self.upstream_group_ids: set[str] = set()
        self.downstream_group_ids: set[str] = set()
        self.defined_at: SourceLocation | None = caller()
        self.parent_group: TaskGroup | None = None
        if group_id is None:
            self.used_group_ids: set[str] = set()
            self._dag = dag
            return
        validate_group_key(group_id)
        dag = dag or (parent_group.dag if parent_group is not None else None) or current_dag()
        parent = parent_group or current_group(dag)
        if parent is None or dag is None:
            raise AirflowException(
                f"Task group {group_id!r} belongs to no DAG: define it inside `with DAG(…):`, or pass dag=."
            )
        self._dag = dag
        self.parent_group = self.task_group = parent
        self.used_group_ids = parent.used_group_ids
        self._take_free_id()
        parent.add(self)
        self.default_args = {**parent.default_args, **self.default_args}

    @classmethod
    def create_root(cls, dag: DAG) -> TaskGroup:
        return TaskGroup(group_id=None, dag=dag)

    def _take_free_id(self) -> None:
        if self.group_id not in self.used_group_ids:
            return
        if not self.add_suffix_on_collision:
            raise DuplicateTaskIdFound(
                f"DAG {self.dag_id!r} has two things called {self.group_id!r}: give this task group another group_id."
            )
        assert self._group_id is not None
        base = _SUFFIX.sub("", self._group_id)
        number = 1
        while True:
            self._group_id = f"{base}__{number}"
            if self.group_id not in self.used_group_ids:
                return
            number += 1

    # --- names --------------------------------------------------------------------------------------------------------

    @property
    def group_id(self) -> str | None:
        """Full id, with the prefixes of the groups around; None for the root."""
        if (
            self._group_id
            and self.task_group is not None
            and self.task_group.prefix_group_id
            and self.task_group._group_id
        ):
            return self.task_group.child_id(self._group_id)
        return self._group_id

    @property
    def node_id(self) -> str:
        return self.group_id or ""

    @property
    def label(self) -> str:
        return self.group_display_name or self._group_id or ""

    @property
    def is_root(self) -> bool:
        return not self._group_id

    @property
    def upstream_join_id(self) -> str:
        return f"{self.group_id}.upstream_join_id"

    @property
    def downstream_join_id(self) -> str:
        return f"{self.group_id}.downstream_join_id"

    def child_id(self, label: str) -> str:
        """The id that something called `label` has in here."""
        if self.prefix_group_id and self.group_id:
            return f"{self.group_id}.{label}"
        return label

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id}>"

    # --- members ------------------------------------------------------------------------------------------------------

    def add(self, node: Any) -> Any:
        """Take in a task or group. Raises when its id is taken."""
        if node.task_group is not None and node.task_group is not self:
            raise TaskAlreadyInTaskGroup(node.node_id, node.task_group.node_id or None, self.node_id)
        node_id = node.node_id
        if node_id in self.used_group_ids:
            raise DuplicateTaskIdFound(self._duplicate_message(node_id))
        node.task_group = self
        self.used_group_ids.add(node_id)
        self.children[node_id] = node
        return node

    def _duplicate_message(self, node_id: str) -> str:
        first = self.dag.task_dict.get(node_id) if self.dag is not None else None
        where = getattr(first, "defined_at", None)
        return (
            f"DAG {self.dag_id!r} has two tasks or groups called {node_id!r}"
            + (f" (the first one at {where})" if where else "")
            + ": give one of them another id."
        )

    def iter_tasks(self) -> Iterator[Any]:
        """All tasks inside, also in groups inside, in order of definition."""
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child.iter_tasks()
            else:
                yield child

    __iter__ = iter_tasks

    def has_task(self, task: Any) -> bool:
        return any(known is task for known in self.iter_tasks())

    def get_child_by_label(self, label: str) -> Any:
        try:
            return self.children[self.child_id(label)]
        except KeyError:
            raise NodeNotFound(f"Task group {self.group_id!r} has no {label!r}.") from None

    def __getitem__(self, label: str) -> Any:
        return self.get_child_by_label(label)

    def __contains__(self, label: object) -> bool:
        return isinstance(label, str) and self.child_id(label) in self.children

    def get_task_group_dict(self) -> dict[str | None, TaskGroup]:
        """Groups by id: this one and all inside."""
        found: dict[str | None, TaskGroup] = {self.group_id: self}
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                found.update(child.get_task_group_dict())
        return found

    def iter_mapped_task_groups(self) -> Iterator[MappedTaskGroup]:
        group: TaskGroup | None = self
        while group is not None:
            if isinstance(group, MappedTaskGroup):
                yield group
            group = group.parent_group

    def topological_sort(self) -> list[Any]:
        """Children so that upstreams come first; definition order otherwise."""
        order = {task.task_id: place for place, task in enumerate(self.dag.topological_sort())} if self.dag else {}

        def place(child: Any) -> int:
            if isinstance(child, TaskGroup):
                return min((order.get(task.task_id, 0) for task in child.iter_tasks()), default=0)
            return order.get(child.task_id, 0)

        return sorted(self.children.values(), key=place)

    # --- edges ----------------------------------------------------------------------------------------------------------

    @property
    def roots(self) -> list[Any]:
        """Tasks inside with no upstream inside."""
        inside = {task.task_id for task in self.iter_tasks()}
        return [task for task in self.iter_tasks() if inside.isdisjoint(task.upstream_task_ids)]

    @property
    def leaves(self) -> list[Any]:
        """Tasks inside that the group ends with. Teardowns do not count: what runs before them does."""
        tasks = {task.task_id: task for task in self.iter_tasks()}
        found: dict[str, Any] = {}
        for task in tasks.values():
            if tasks.keys().isdisjoint(task.downstream_task_ids):
                for leaf in [task] if not task.is_teardown else self._work_before(task, tasks):
                    found.setdefault(leaf.task_id, leaf)
        return list(found.values())

    def _work_before(self, teardown: Any, tasks: dict[str, Any]) -> Iterator[Any]:
        for task_id in sorted(teardown.upstream_task_ids & tasks.keys()):
            task = tasks[task_id]
            if task.is_teardown:
                yield from self._work_before(task, tasks)
            elif task.is_setup:
                # The edge from a setup to its own teardown says nothing about the end of the work.
                continue
            elif all(tasks[below].is_teardown for below in task.downstream_task_ids & tasks.keys()):
                yield task

    def get_roots(self) -> Iterator[Any]:
        return iter(self.roots)

    def get_leaves(self) -> Iterator[Any]:
        return iter(self.leaves)

    def update_relative(
        self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None
    ) -> None:
        if isinstance(other, TaskGroup):
            (self.upstream_group_ids if upstream else self.downstream_group_ids).add(other.node_id)
            (other.downstream_group_ids if upstream else other.upstream_group_ids).add(self.node_id)
        else:
            tasks = other.leaves if upstream else other.roots
            ids = self.upstream_task_ids if upstream else self.downstream_task_ids
            ids.update(task.node_id for task in tasks if isinstance(task, DAGNode))

    def _relate(self, other: Any, *, upstream: bool, edge_modifier: EdgeModifier | None) -> None:
        for node in flatten(other):
            if not isinstance(node, DependencyMixin):
                raise InvalidArgument(f"Task group {self.group_id!r} cannot be related to {node!r}.")
            self.update_relative(node, upstream, edge_modifier)
        for task in (self.roots if upstream else self.leaves) or self._passed_through(upstream):
            if upstream:
                task.set_upstream(other, edge_modifier)
            else:
                task.set_downstream(other, edge_modifier)

    def _passed_through(self, upstream: bool) -> list[Any]:
        """For a group without tasks: what stands on its other side, so that it does not cut the chain it is in."""
        if self.dag is None or any(True for _ in self.iter_tasks()):
            return []
        ids = self.downstream_task_ids if upstream else self.upstream_task_ids
        return [self.dag.task_dict[task_id] for task_id in sorted(ids)]

    def setup_teardown_tasks(self) -> list[Any]:
        return list(self.iter_tasks())

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | ArgNotSet = NOTSET) -> Any:
        for child in list(self.children.values()):
            child.as_teardown(on_failure_fail_dagrun=on_failure_fail_dagrun)
        for setup in flatten(setups) if setups is not None else ():
            setup.as_setup()
            setup.set_downstream(self)
        return self

    # --- context manager --------------------------------------------------------------------------------------------------

    def __enter__(self) -> TaskGroup:
        definition_context.push_group(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        definition_context.pop_group()


class MappedTaskGroup(TaskGroup):
    """A group with one instance for each item of what it is expanded over. Made by `@task_group` and `.expand(…)`."""

    is_mapped = True

    def __init__(self, *, expand_input: ExpandInput, **kwargs: Any) -> None:
        self.expand_input = expand_input
        super().__init__(**kwargs)
        if any(group is not self for group in self.iter_mapped_task_groups()):
            raise InvalidArgument(
                f"Task group {self.group_id!r} is expanded inside an expanded group, which is not supported: "
                "expand over the combined list outside, or over pairs with zip()."
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is not None:
            return
        for operator, _ in self.expand_input.iter_references():
            self.set_upstream(operator)
        for task in self.iter_tasks():
            if str(task.trigger_rule) == "always":
                raise InvalidArgument(
                    f"Task {task.task_id!r} cannot have the trigger rule 'always' in a group that is expanded: it would "
                    "start before it is known how many instances there are. Use all_done."
                )
