"""How many instances a mapped task has, and which of them belong together."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from tradewind.core.graph import Graph, Node
from tradewind.core.records import NOT_MAPPED
from tradewind.core.spec import Expansion, Length, LengthConcat, LengthLiteral, LengthOf, LengthZip

if TYPE_CHECKING:
    from tradewind.core.run_view import RunView


def index_parts(map_index: int, lengths: Sequence[int]) -> tuple[int, ...]:
    """The position in each input that a map index stands for; the last input varies fastest.

    `index_parts(4, (2, 3))` is `(1, 1)`. Raises IndexError when the index is outside the product of the lengths.
    """
    total = prod(lengths)
    if not 0 <= map_index < total:
        raise IndexError(f"map index {map_index} is outside of 0..{total - 1} (lengths {tuple(lengths)})")
    parts = []
    for length in reversed(lengths):
        map_index, part = divmod(map_index, length)
        parts.append(part)
    return tuple(reversed(parts))


def length_of(view: RunView, length: Length) -> int | None:
    """Number of items of one input; None while that cannot be known, or when its source returned nothing countable."""
    if isinstance(length, LengthLiteral):
        return length.length
    if isinstance(length, LengthOf):
        return _source_length(view, length.task_id)
    parts = [length_of(view, part) for part in length.parts]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if isinstance(length, LengthConcat):
        return sum(known)
    assert isinstance(length, LengthZip)
    if not known:
        return 0
    return max(known) if length.fill else min(known)


def _source_length(view: RunView, task_id: str) -> int | None:
    node = view.graph.nodes.get(task_id)
    if node is None:
        return None
    returned = view.lengths.get(task_id, {})
    if not node.is_scoped:
        instance = view.placeholder(task_id)
        length = returned.get(NOT_MAPPED, -1)
        # What an earlier try returned says nothing while the task is to run again.
        return length if length >= 0 and instance is not None and instance.state.is_final else None
    tally = view.tallies[task_id]
    if tally.done < tally.total or not tally.total:
        return None
    # Each instance that returned anything is one item.
    return len(returned) - (NOT_MAPPED in returned)


def expansion_length(view: RunView, expansion: Expansion) -> int | None:
    """Product of the lengths of all inputs; None while one of them is unknown."""
    total = 1
    for _, length in expansion.inputs:
        found = length_of(view, length)
        if found is None:
            return None
        total *= found
    return total if expansion.inputs else 0


def total_length(view: RunView, node: Node) -> int | None:
    """How many instances the task should have: the product over its own expansion and those of the groups around it."""
    total = 1
    for expansion in view.graph.expansions(node):
        found = expansion_length(view, expansion)
        if found is None:
            return None
        total *= found
    return total


def scope_length(view: RunView, group_id: str) -> int | None:
    """How many times a mapped group exists, its surrounding mapped groups included."""
    total = 1
    at: str | None = group_id
    while at is not None:
        group = view.graph.groups[at]
        if group.expansion is not None:
            found = expansion_length(view, group.expansion)
            if found is None:
                return None
            total *= found
        at = group.parent
    return total


def literal_lengths(graph: Graph, task_id: str) -> dict[str, int] | None:
    """As `map_lengths`, for a run that does not exist: None when a length is that of a result."""
    found: dict[str, int] = {}
    for expansion in graph.expansions(graph.nodes[task_id]):
        for name, length in expansion.inputs:
            if not isinstance(length, LengthLiteral):
                return None
            found[name] = length.length
    return found


def relevant_indexes(view: RunView, node: Node, map_index: int, other: Node, group_id: str, count: int) -> range | None:
    """Map indexes of `other` that belong to `node[map_index]`, given the innermost mapped group that both share.

    `count` is how many instances `node` has. None: all of them, because the group's length is not known (any more).
    """
    shared = scope_length(view, group_id)
    if not shared or not count:
        return None
    per_group = max(1, count // shared)
    position = map_index // per_group
    if other.mapped_groups[-1] == group_id and other.task.expansion is None:
        return range(position, position + 1)
    others = total_length(view, other)
    if others is None:
        return None
    further = others // shared
    return range(position * further, (position + 1) * further)


def map_lengths(view: RunView, task_id: str) -> dict[str, int]:
    """Length of each input of the expansion that `task_id` belongs to, in the order of the arguments.

    Empty for a task that is not mapped. Inputs of mapped groups around a mapped task come first.
    """
    found: dict[str, int] = {}
    for expansion in view.graph.expansions(view.graph.nodes[task_id]):
        for name, length in expansion.inputs:
            known = length_of(view, length)
            if known is not None:
                found[name] = known
    return found


def upstream_counts(view: RunView, task_id: str) -> dict[str, int]:
    """Number of instances of each direct upstream that is mapped or inside a mapped group."""
    return {
        upstream.task_id: view.tallies[upstream.task_id].total
        for upstream in view.graph.nodes[task_id].upstream
        if upstream.is_scoped
    }
