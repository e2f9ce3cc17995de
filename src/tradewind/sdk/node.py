"""Nodes of a DAG's graph and what `>>` and `<<` do with them.

A node (task or group) keeps the ids of its direct relatives. Everything that can stand beside `>>` — tasks, groups,
results of tasks, labels, lists of those — says which tasks it begins with (`roots`) and ends with (`leaves`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.core.states import TriggerRule
from tradewind.sdk.exceptions import InvalidArgument
from tradewind.sdk.types import NOTSET, ArgNotSet

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG
    from tradewind.sdk.edges import EdgeModifier
    from tradewind.sdk.task_group import TaskGroup

KEY = re.compile(r"^[\w.-]+$")
GROUP_KEY = re.compile(r"^[\w-]+$")


def validate_key(key: Any, *, what: str = "key", max_length: int = 250) -> None:
    """Raise InvalidArgument when `key` cannot be an id: letters, digits, `_`, `-`, `.`, at most `max_length` long."""
    if not isinstance(key, str):
        raise InvalidArgument(f"{what} must be text, not {type(key).__name__} ({key!r}).")
    if len(key) > max_length:
        raise InvalidArgument(f"{what} {key[:40]!r}… has {len(key)} characters; at most {max_length} are allowed.")
    if not KEY.match(key):
        bad = sorted({char for char in key if not KEY.match(char)})
        found = f" (found {', '.join(map(repr, bad))})" if bad else ""
        raise InvalidArgument(
            f"{what} {key!r} may only have letters, digits, dashes, dots and underscores{found}: rename it."
        )


def validate_group_key(key: Any, *, max_length: int = 200) -> None:
    """Like `validate_key`, without dots: a dot separates a group from what is in it."""
    if not isinstance(key, str):
        raise InvalidArgument(f"group_id must be text, not {type(key).__name__} ({key!r}).")
    if len(key) > max_length:
        raise InvalidArgument(f"group_id {key[:40]!r}… has {len(key)} characters; at most {max_length} are allowed.")
    if not GROUP_KEY.match(key):
        raise InvalidArgument(f"group_id {key!r} may only have letters, digits, dashes and underscores: rename it.")


def flatten(nodes: Any) -> Iterator[Any]:
    """The single nodes of nested lists of nodes."""
    if isinstance(nodes, (DependencyMixin, str, bytes)) or not isinstance(nodes, Iterable):
        yield nodes
    else:
        for node in nodes:
            yield from flatten(node)


class DependencyMixin:
    """Whatever may stand on either side of `>>`."""

    __slots__ = ()

    @property
    def roots(self) -> Iterable[DependencyMixin]:
        """Tasks that this begins with."""
        raise NotImplementedError

    @property
    def leaves(self) -> Iterable[DependencyMixin]:
        """Tasks that this ends with."""
        raise NotImplementedError

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        """Run this after `other`, a node or a list of nodes."""
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        """Run `other`, a node or a list of nodes, after this."""
        raise NotImplementedError

    def setup_teardown_tasks(self) -> Iterable[Any]:
        """The tasks that `as_setup` and `as_teardown` mark."""
        return self.roots

    def as_setup(self) -> Any:
        """Mark the tasks of this as setup. Returns self."""
        for task in self.setup_teardown_tasks():
            task.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | ArgNotSet = NOTSET) -> Any:
        """Mark the tasks of this as teardown, and `setups` as its setups (they get an edge to it). Returns self."""
        for task in self.setup_teardown_tasks():
            task.is_teardown = True
            task.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
            if not isinstance(on_failure_fail_dagrun, ArgNotSet):
                task.on_failure_fail_dagrun = bool(on_failure_fail_dagrun)
        for setup in flatten(setups) if setups is not None else ():
            setup.as_setup()
            setup.set_downstream(self)
        return self

    def update_relative(
        self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None
    ) -> None:
        """Told before edges to `other` are made; groups and labels keep a record of it."""

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __rrshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return self


class TaskMixin(DependencyMixin):
    """Airflow's older name of `DependencyMixin`."""


class DAGNode(DependencyMixin):
    """A task or a group."""

    # Class attributes as well, because a node under construction is asked for them, too.
    _dag: DAG | None = None
    task_group: TaskGroup | None = None
    upstream_task_ids: set[str]
    downstream_task_ids: set[str]

    @property
    def dag(self) -> DAG | None:
        return self._dag

    @property
    def node_id(self) -> str:
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The id without the prefixes of its groups."""
        node_id, group = self.node_id, self.task_group
        if group is not None and group.prefix_group_id and group.node_id and node_id.startswith(f"{group.node_id}."):
            return node_id[len(group.node_id) + 1 :]
        return node_id

    def has_dag(self) -> bool:
        return self.dag is not None

    @property
    def dag_id(self) -> str:
        return self.dag.dag_id if self.dag is not None else "_in_memory_dag_"

    # --- edges ---------------------------------------------------------------------------------------------------------

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        self._relate(other, upstream=True, edge_modifier=edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        self._relate(other, upstream=False, edge_modifier=edge_modifier)

    def _relate(self, other: Any, *, upstream: bool, edge_modifier: EdgeModifier | None) -> None:
        nodes: list[Any] = []
        for thing in flatten(other):
            if not isinstance(thing, DependencyMixin):
                raise InvalidArgument(
                    f"{self!r} cannot be related to {thing!r}: a task, a task group or a list of them is wanted. "
                    "(Was the function called? A @task function stands in a DAG as its call, `f()`.)"
                )
            thing.update_relative(self, not upstream, edge_modifier)
            nodes.extend(thing.leaves if upstream else thing.roots)
        tasks = [node for node in nodes if isinstance(node, DAGNode)]
        dag = self._common_dag(tasks)
        for task in tasks:
            if not task.has_dag():
                dag.add_task(task)
            if upstream:
                task.downstream_task_ids.add(self.node_id)
                self.upstream_task_ids.add(task.node_id)
            else:
                self.downstream_task_ids.add(task.node_id)
                task.upstream_task_ids.add(self.node_id)
            if edge_modifier is not None:
                ends = (task, self) if upstream else (self, task)
                dag.set_edge_info(ends[0].node_id, ends[1].node_id, {"label": edge_modifier.label})

    def _common_dag(self, tasks: Sequence[DAGNode]) -> DAG:
        dags = {id(node.dag): node.dag for node in (self, *tasks) if node.dag is not None}
        if len(dags) > 1:
            names = ", ".join(sorted(repr(dag.dag_id) for dag in dags.values()))
            raise InvalidArgument(
                f"Task {self.node_id!r} is related to tasks of another DAG ({names}): use an ExternalTaskSensor or a "
                "TriggerDagRunOperator between DAGs."
            )
        if not dags:
            raise InvalidArgument(
                f"Task {self.node_id!r} belongs to no DAG, so it has no order: define it inside `with DAG(…):`, or "
                "pass dag=."
            )
        dag = next(iter(dags.values()))
        if self.dag is None:
            dag.add_task(self)
        return dag

    # --- relatives -------------------------------------------------------------------------------------------------------

    @property
    def upstream_list(self) -> list[Any]:
        return self.get_direct_relatives(upstream=True)

    @property
    def downstream_list(self) -> list[Any]:
        return self.get_direct_relatives(upstream=False)

    def get_direct_relative_ids(self, upstream: bool = False) -> set[str]:
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> list[Any]:
        if self.dag is None:
            return []
        return [self.dag.get_task(task_id) for task_id in sorted(self.get_direct_relative_ids(upstream))]

    def get_flat_relative_ids(self, *, upstream: bool = False) -> set[str]:
        """Ids of all ancestors, or of all descendants."""
        if self.dag is None:
            return set()
        found: set[str] = set()
        to_visit = list(self.get_direct_relative_ids(upstream))
        while to_visit:
            task_id = to_visit.pop()
            if task_id not in found:
                found.add(task_id)
                to_visit.extend(self.dag.task_dict[task_id].get_direct_relative_ids(upstream))
        return found

    def get_flat_relatives(self, upstream: bool = False) -> list[Any]:
        if self.dag is None:
            return []
        return [self.dag.get_task(task_id) for task_id in sorted(self.get_flat_relative_ids(upstream=upstream))]
