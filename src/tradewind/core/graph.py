"""An index of a DAG's specification: who waits for whom, who is mapped together, what counts for the run's state.

Built once for each DAG version and shared by all of its runs; nothing in it changes afterwards. Sets of tasks are bit
masks over the order of definition, so that the transitive questions (all downstreams, total weights) stay cheap for
DAGs of several thousand tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from tradewind.core.spec import DagSpec, Expansion, GroupSpec, TaskSpec
from tradewind.core.states import TriggerRule

_FAST_RULES: Final = frozenset(
    {
        TriggerRule.ONE_SUCCESS,
        TriggerRule.ONE_FAILED,
        TriggerRule.ONE_DONE,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    }
)


class GraphError(ValueError):
    """The tasks of a DAG do not form a graph that can run.

    `cycle` names the tasks of a loop in order, the first one again at the end; empty for other errors.
    """

    def __init__(self, message: str, cycle: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.cycle = cycle


class Dependent:
    """One task that must be looked at again when an instance of another task ended.

    `shared_scopes` holds the mapped groups that enclose both, outermost first. When it is empty, every instance of the
    one matters to every instance of the other; otherwise only those at the same index of the innermost shared group.
    """

    __slots__ = ("is_downstream", "node", "shared_scopes")

    def __init__(self, node: Node, shared_scopes: tuple[str, ...], *, is_downstream: bool) -> None:
        self.node = node
        self.shared_scopes = shared_scopes
        self.is_downstream = is_downstream


class Node:
    """One task with its neighbours."""

    __slots__ = (
        "bit",
        "dependents",
        "depth",
        "downstream",
        "fires_early",
        "has_setups",
        "index",
        "indirect_setups",
        "is_leaf",
        "is_scoped",
        "mapped_groups",
        "paired",
        "paired_setups",
        "sources",
        "task",
        "task_id",
        "teardown_scope",
        "total_weight",
        "unpaired_downstream",
        "upstream",
    )

    def __init__(self, index: int, task: TaskSpec) -> None:
        self.index = index
        """Position in the order of definition."""
        self.bit = 1 << index
        self.task = task
        self.task_id = task.task_id
        self.upstream: tuple[Node, ...] = ()
        self.downstream: tuple[Node, ...] = ()
        self.unpaired_downstream: tuple[Node, ...] = ()
        """Downstreams for which every instance of this task counts."""
        self.paired: tuple[tuple[Node, str], ...] = ()
        """Upstreams inside the same mapped group, each with that (innermost shared) group's id."""
        self.mapped_groups: tuple[str, ...] = ()
        """Mapped groups around the task, outermost first."""
        self.is_scoped = task.expansion is not None
        """True when the task has more than one instance: it is mapped, or inside a mapped group."""
        self.depth = 1
        """Number of tasks on the longest way to it, itself included."""
        self.sources: tuple[str, ...] = ()
        """Tasks whose results decide the number of instances: those of its own expansion, else of the nearest mapped group."""
        self.indirect_setups: tuple[Node, ...] = ()
        """Setups above it that must have succeeded although they are not direct upstreams."""
        self.paired_setups: dict[str, str] = {}
        """Indirect setup's id → innermost mapped group that it shares with this task."""
        self.has_setups = False
        """True when a direct upstream is a setup."""
        self.teardown_scope: tuple[Node, ...] = ()
        """Teardowns only: the tasks between its setups and itself that are not direct upstreams."""
        self.dependents: tuple[Dependent, ...] = ()
        self.is_leaf = False
        """True when its state counts for the state of the run."""
        self.total_weight = task.priority_weight
        self.fires_early = task.trigger_rule in _FAST_RULES
        """True when some of its upstreams can be enough to start it."""

    def __repr__(self) -> str:
        return f"Node({self.task_id!r})"


class Graph:
    """Index of `spec`. Raises GraphError for a cycle, for a missing upstream and for a duplicate task id."""

    def __init__(self, spec: DagSpec) -> None:
        self.spec = spec
        self.dag_id = spec.dag_id
        self.nodes: dict[str, Node] = {}
        self.ordered: tuple[Node, ...] = tuple(Node(index, task) for index, task in enumerate(spec.tasks))
        for node in self.ordered:
            if node.task_id in self.nodes:
                raise GraphError(
                    f"DAG '{spec.dag_id}' has two tasks with the id '{node.task_id}'. Give one of them another task_id."
                )
            self.nodes[node.task_id] = node
        self.groups: dict[str, GroupSpec] = {group.group_id: group for group in spec.groups}
        self._link()
        self.topological: tuple[str, ...] = self._sort()
        for node in map(self.nodes.__getitem__, self.topological):
            node.depth = 1 + max((upstream.depth for upstream in node.upstream), default=0)
        self._up = self._reach(upstream=True)
        self._down = self._reach(upstream=False)
        self._all_setups = sum(node.bit for node in self.ordered if node.task.is_setup)
        self._all_teardowns = sum(node.bit for node in self.ordered if node.task.is_teardown)
        self._scope()
        self._guard()
        self._weigh()
        self._find_leaves()
        self._find_dependents()
        self.has_past = any(task.depends_on_past or task.wait_for_downstream for task in spec.tasks)
        """True when some task looks at the previous run."""

    # --- questions ---------------------------------------------------------------------------------------------------

    def __contains__(self, task_id: str) -> bool:
        return task_id in self.nodes

    def task(self, task_id: str) -> TaskSpec:
        return self.nodes[task_id].task

    @property
    def task_ids(self) -> tuple[str, ...]:
        """In order of definition."""
        return tuple(self.nodes)

    def downstream_ids(self, task_id: str) -> tuple[str, ...]:
        """Direct downstreams, in order of definition."""
        return tuple(node.task_id for node in self.nodes[task_id].downstream)

    def upstream_ids(self, task_id: str) -> tuple[str, ...]:
        """Direct upstreams, in order of definition."""
        return tuple(node.task_id for node in self.nodes[task_id].upstream)

    def flat_relatives(self, task_id: str, *, upstream: bool, depth: int | None = None) -> tuple[str, ...]:
        """Every task above (or below) `task_id`, in order of definition. `depth` bounds the number of edges walked."""
        node = self.nodes[task_id]
        if depth is None:
            return tuple(found.task_id for found in self._of((self._up if upstream else self._down)[node.index]))
        seen = 0
        front = [node]
        for _ in range(depth):
            front = [
                near for at in front for near in (at.upstream if upstream else at.downstream) if not seen & near.bit
            ]
            for near in front:
                seen |= near.bit
        return tuple(found.task_id for found in self._of(seen))

    def mapped_scope(self, task_id: str) -> str | None:
        """What decides how many instances a task has: None, the task itself, or the innermost mapped group around it."""
        node = self.nodes[task_id]
        if node.task.expansion is not None:
            return task_id
        return node.mapped_groups[-1] if node.mapped_groups else None

    def expansion(self, scope: str) -> Expansion:
        """The expansion of a mapped task or group. Raises KeyError when `scope` is neither."""
        if scope in self.nodes:
            found = self.nodes[scope].task.expansion
        else:
            found = self.groups[scope].expansion
        if found is None:
            raise KeyError(scope)
        return found

    def expansions(self, node: Node) -> Iterator[Expansion]:
        """All expansions that multiply into the number of a task's instances, outermost first."""
        for group_id in node.mapped_groups:
            yield self.expansion(group_id)
        if node.task.expansion is not None:
            yield node.task.expansion

    def group_task_ids(self, group_id: str) -> tuple[str, ...]:
        """Every task inside a group or inside its groups, in order of definition. Raises KeyError for an unknown group."""
        inside = 0
        stack = [group_id]
        while stack:
            for child in self.groups[stack.pop()].children:
                if child in self.groups:
                    stack.append(child)
                elif child in self.nodes:
                    inside |= self.nodes[child].bit
        return tuple(node.task_id for node in self._of(inside))

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """The tasks that decide the state of the run."""
        return tuple(node.task_id for node in self.ordered if node.is_leaf)

    def teardowns_of(self, setup_id: str) -> tuple[str, ...]:
        """The teardowns that clean up after a setup: those directly below it."""
        return tuple(node.task_id for node in self.nodes[setup_id].downstream if node.task.is_teardown)

    def setups_of(self, task_id: str) -> tuple[str, ...]:
        """The setups that a task relies on.

        A setup above the task is relevant when one of its teardowns is below the task, or when it has no teardown.
        """
        return tuple(node.task_id for node in self._setups_of(self.nodes[task_id]))

    def setups_and_teardowns_of(self, task_id: str) -> tuple[str, ...]:
        """`setups_of` together with the teardowns of each, without the task itself."""
        found: dict[str, None] = {}
        for setup_id in self.setups_of(task_id):
            found[setup_id] = None
            found.update(dict.fromkeys(t for t in self.teardowns_of(setup_id) if t != task_id))
        return tuple(found)

    # --- building ----------------------------------------------------------------------------------------------------

    def _of(self, mask: int) -> Iterator[Node]:
        while mask:
            low = mask & -mask
            yield self.ordered[low.bit_length() - 1]
            mask ^= low

    def _link(self) -> None:
        below: dict[str, list[Node]] = {task_id: [] for task_id in self.nodes}
        for node in self.ordered:
            above = []
            for upstream_id in node.task.upstream:
                upstream = self.nodes.get(upstream_id)
                if upstream is None:
                    raise GraphError(
                        f"DAG '{self.dag_id}': task '{node.task_id}' waits for '{upstream_id}', which is not a task of "
                        "this DAG. Add the task, or drop the edge."
                    )
                above.append(upstream)
                below[upstream_id].append(node)
            node.upstream = tuple(sorted(above, key=lambda found: found.index))
        for node in self.ordered:
            node.downstream = tuple(below[node.task_id])

    def _sort(self) -> tuple[str, ...]:
        missing = {node.task_id: len(node.upstream) for node in self.ordered}
        ready = [node for node in self.ordered if not node.upstream]
        found: list[str] = []
        for node in ready:
            found.append(node.task_id)
            for below in node.downstream:
                missing[below.task_id] -= 1
                if not missing[below.task_id]:
                    ready.append(below)
        if len(found) < len(self.ordered):
            cycle = self._cycle({task_id for task_id, count in missing.items() if count})
            raise GraphError(
                f"DAG '{self.dag_id}' loops: {' → '.join(cycle)}. Drop one of these edges, or move the second "
                f"'{cycle[0]}' into a task of its own.",
                cycle,
            )
        return tuple(found)

    def _cycle(self, stuck: set[str]) -> tuple[str, ...]:
        """One loop among `stuck`, in the direction of the edges. Every stuck task has a stuck upstream to walk to."""
        at = next(node for node in self.ordered if node.task_id in stuck)
        seen: dict[str, int] = {}
        path: list[str] = []
        while at.task_id not in seen:
            seen[at.task_id] = len(path)
            path.append(at.task_id)
            at = next(up for up in at.upstream if up.task_id in stuck)
        loop = path[seen[at.task_id] :][::-1]
        first = loop.index(min(loop, key=lambda task_id: self.nodes[task_id].index))
        loop = loop[first:] + loop[:first]
        return (*loop, loop[0])

    def _reach(self, *, upstream: bool) -> list[int]:
        masks = [0] * len(self.ordered)
        for task_id in self.topological if upstream else reversed(self.topological):
            node = self.nodes[task_id]
            mask = 0
            for near in node.upstream if upstream else node.downstream:
                mask |= near.bit | masks[near.index]
            masks[node.index] = mask
        return masks

    def _scope(self) -> None:
        for node in self.ordered:
            around: list[str] = []
            group_id = node.task.group
            while group_id is not None:
                group = self.groups.get(group_id)
                if group is None:
                    raise GraphError(
                        f"DAG '{self.dag_id}': task '{node.task_id}' is in the group '{group_id}', which the DAG does "
                        "not have. Parse the file again."
                    )
                if group.expansion is not None:
                    around.append(group_id)
                group_id = group.parent
            node.mapped_groups = tuple(reversed(around))
            node.is_scoped = bool(around) or node.task.expansion is not None
            if node.task.expansion is not None:
                sources: Iterable[str] = node.task.expansion.sources()
            else:
                sources = self.expansion(around[0]).sources() if around else ()
            node.sources = tuple(sorted(source for source in sources if source in self.nodes))
        for node in self.ordered:
            node.paired = tuple(
                (upstream, shared[-1]) for upstream in node.upstream if (shared := shared_groups(upstream, node))
            )
            node.unpaired_downstream = tuple(below for below in node.downstream if not shared_groups(node, below))

    def _setups_of(self, node: Node) -> Iterator[Node]:
        setups = self._up[node.index] & self._all_setups
        if not setups:
            return
        teardowns_below = self._down[node.index] & self._all_teardowns
        for setup in self._of(setups):
            own = sum(below.bit for below in setup.downstream) & self._all_teardowns
            below_both = sum(below.bit for below in setup.downstream) & teardowns_below
            if not own or below_both:
                yield setup

    def _guard(self) -> None:
        if not self._all_setups:
            return
        for node in self.ordered:
            direct = {upstream.task_id for upstream in node.upstream}
            node.has_setups = any(upstream.task.is_setup for upstream in node.upstream)
            if not node.task.is_teardown:
                node.indirect_setups = tuple(up for up in self._setups_of(node) if up.task_id not in direct)
                for setup in node.indirect_setups:
                    if shared := shared_groups(setup, node):
                        node.paired_setups[setup.task_id] = shared[-1]
                continue
            indirect = self._up[node.index] & ~sum(upstream.bit for upstream in node.upstream)
            scope = 0
            for upstream in node.upstream:
                if upstream.task.is_setup:
                    scope |= indirect & self._down[upstream.index]
            node.teardown_scope = tuple(self._of(scope))

    def _weigh(self) -> None:
        by_weight: dict[int, int] = {}
        for node in self.ordered:
            weight = node.task.priority_weight
            by_weight[weight] = by_weight.get(weight, 0) | node.bit
        for node in self.ordered:
            if node.task.weight_rule == "downstream":
                others = self._down[node.index]
            elif node.task.weight_rule == "upstream":
                others = self._up[node.index]
            else:
                others = 0
            node.total_weight = node.task.priority_weight + sum(
                weight * (others & mask).bit_count() for weight, mask in by_weight.items()
            )

    def _find_leaves(self) -> None:
        def ignorable(node: Node) -> bool:
            return node.task.is_teardown and not node.task.on_failure_fail_dagrun

        for node in self.ordered:
            node.is_leaf = not ignorable(node) and all(ignorable(below) for below in node.downstream)
        if not any(node.is_leaf for node in self.ordered):
            # Nothing but teardowns: then they are what the run is about.
            for node in self.ordered:
                node.is_leaf = not node.downstream

    def _find_dependents(self) -> None:
        wakes: dict[str, dict[str, bool]] = {
            node.task_id: {below.task_id: True for below in node.downstream} for node in self.ordered
        }
        for node in self.ordered:
            for setup in node.indirect_setups:
                wakes[setup.task_id].setdefault(node.task_id, False)
            for inside in node.teardown_scope:
                wakes[inside.task_id].setdefault(node.task_id, False)
            for expansion in self.expansions(node):
                for source in expansion.sources():
                    if source in wakes:
                        wakes[source].setdefault(node.task_id, False)
        for node in self.ordered:
            node.dependents = tuple(
                Dependent(self.nodes[task_id], shared_groups(node, self.nodes[task_id]), is_downstream=direct)
                for task_id, direct in wakes[node.task_id].items()
            )


def shared_groups(one: Node, other: Node) -> tuple[str, ...]:
    """The mapped groups that enclose both tasks, outermost first."""
    if not one.mapped_groups or not other.mapped_groups:
        return ()
    shared = []
    for mine, theirs in zip(one.mapped_groups, other.mapped_groups, strict=False):
        if mine != theirs:
            break
        shared.append(mine)
    return tuple(shared)
