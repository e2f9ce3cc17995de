"""Edges between nodes: `chain`, `chain_linear`, `cross_downstream` and labels."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.sdk.exceptions import InvalidArgument
from tradewind.sdk.node import DependencyMixin, flatten

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG


class EdgeModifier(DependencyMixin):
    """What stands between two nodes to label their edge: `a >> Label("yes") >> b`, also between lists and groups."""

    def __init__(self, label: str | None = None) -> None:
        self.label = label or ""
        self._upstream: list[DependencyMixin] = []
        self._downstream: list[DependencyMixin] = []

    @property
    def roots(self) -> Iterable[DependencyMixin]:
        return self._downstream

    @property
    def leaves(self) -> Iterable[DependencyMixin]:
        return self._upstream

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        for node in flatten(other):
            self._add(node, self._upstream)

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        for node in flatten(other):
            self._add(node, self._downstream)

    def update_relative(
        self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None
    ) -> None:
        self._add(other, self._upstream if upstream else self._downstream)

    def _add(self, node: Any, side: list[DependencyMixin]) -> None:
        if not isinstance(node, DependencyMixin):
            raise InvalidArgument(f"Label({self.label!r}) stands between tasks, not beside {node!r}.")
        if any(node is known for known in side):
            return
        side.append(node)
        if side is self._upstream:
            for below in self._downstream:
                node.set_downstream(below, edge_modifier=self)
        else:
            for above in self._upstream:
                above.set_downstream(node, edge_modifier=self)

    def add_edge_info(self, dag: DAG, upstream_id: str, downstream_id: str) -> None:
        dag.set_edge_info(upstream_id, downstream_id, {"label": self.label})


def Label(label: str) -> EdgeModifier:
    """A label for the edge that it stands on."""
    return EdgeModifier(label)


def _is_list(thing: Any) -> bool:
    return isinstance(thing, Sequence) and not isinstance(thing, (str, bytes, DependencyMixin))


def chain(*tasks: Any) -> None:
    """Each runs after the one before. Between two lists of one length, tasks run pair by pair.

    Raises InvalidArgument when two neighbouring lists differ in length.
    """
    for before, after in itertools.pairwise(tasks):
        if isinstance(before, DependencyMixin):
            before.set_downstream(after)
        elif isinstance(after, DependencyMixin):
            after.set_upstream(before)
        elif not (_is_list(before) and _is_list(after)):
            raise InvalidArgument(
                f"chain() takes tasks and lists of tasks, not {type(before).__name__} beside {type(after).__name__}."
            )
        elif len(before) != len(after):
            raise InvalidArgument(
                f"chain() joins two lists pair by pair, so they must be equally long; these have {len(before)} and "
                f"{len(after)}. For every one before every other, use cross_downstream()."
            )
        else:
            for one, other in zip(before, after, strict=True):
                one.set_downstream(other)


def chain_linear(*elements: Any) -> None:
    """Every task of an element runs after every task of the element before.

    Raises InvalidArgument when there is nothing to relate, or when an element is a label.
    """
    if not elements:
        raise InvalidArgument("chain_linear() got no tasks.")
    before: list[Any] = []
    related = False
    for element in elements:
        nodes = list(flatten(element))
        if any(isinstance(node, EdgeModifier) for node in nodes):
            raise InvalidArgument("chain_linear() takes no labels: use `a >> Label(…) >> b`, or chain().")
        for above in before:
            above.set_downstream(nodes)
            related = True
        before = nodes or before
    if not related:
        raise InvalidArgument("chain_linear() got only one element, so it has nothing to order. Was `*` forgotten?")


def cross_downstream(from_tasks: Any, to_tasks: Any) -> None:
    """Every task of `to_tasks` runs after every task of `from_tasks`."""
    for task in flatten(from_tasks):
        task.set_downstream(to_tasks)
