"""Whether an instance may start: its trigger rule, its setups, what it is mapped over, and what branches above it decided.

Pure questions about a `RunView`; `advance` acts on the answers. Where several checks speak at once, a branch that skipped
the task comes first, then a failed mapping source, then setups and the trigger rule.
"""

from __future__ import annotations

from typing import Final

from tradewind.core.graph import Node
from tradewind.core.mapping import relevant_indexes, total_length
from tradewind.core.run_view import Instance, InstanceKey, RunView, Tally
from tradewind.core.states import ACTIVE, FAILURES, TaskState, TriggerRule
from tradewind.core.trigger_rules import Counts, Verdict, counts_from, evaluate, evaluate_setups

_UNDER_WAY: Final = frozenset({TaskState.SCHEDULED, *ACTIVE})

_CAN_FAIL: Final = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.ALL_DONE_SETUP_SUCCESS,
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        TriggerRule.ONE_SUCCESS,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    }
)
"""Rules that can end in upstream_failed."""


def judge(view: RunView, node: Node, map_index: int) -> Verdict:
    """What is to become of `node[map_index]`, as far as this run alone decides it."""
    if view.skipped_by and is_skipped_by_branch(view, node, map_index):
        return Verdict.SKIPPED
    sources = _judge_sources(view, node) if node.sources else Verdict.MET
    if sources is Verdict.FAILED:
        return sources
    own = judge_rule(view, node, map_index)
    return own if own is Verdict.FAILED or own is Verdict.SKIPPED or sources is Verdict.MET else sources


def is_uniform(view: RunView, node: Node) -> bool:
    """True when all expanded instances of a task get the same verdict, so that one is enough to know them all."""
    return not node.paired and not node.paired_setups and not view.skipped_by.get(node.task_id)


def judge_rule(view: RunView, node: Node, map_index: int) -> Verdict:
    """The trigger rule, with the setups and teardowns around it."""
    rule = node.task.trigger_rule
    if not node.upstream or rule is TriggerRule.ALWAYS:
        return Verdict.MET
    setups = Verdict.MET
    if node.indirect_setups:
        found = setup_counts(view, node, map_index)
        setups = evaluate_setups(found)
        if setups is Verdict.WAIT and found.skipped and _is_skip_first(view, node, map_index, node.indirect_setups):
            setups = Verdict.SKIPPED
    if setups is Verdict.FAILED:
        return setups
    counts = upstream_tallies(view, node, map_index)
    verdict = evaluate(rule, counts)
    if (
        verdict is Verdict.WAIT
        and rule is TriggerRule.ALL_SUCCESS
        and counts.skipped
        and _is_skip_first(view, node, map_index, node.upstream)
    ):
        verdict = Verdict.SKIPPED
    if verdict is Verdict.WAIT or verdict is Verdict.FAILED:
        # A skipped setup skips the task unless its own rule can still fail it.
        return Verdict.SKIPPED if setups is Verdict.SKIPPED and rule not in _CAN_FAIL else verdict
    if setups is not Verdict.MET:
        return setups
    if verdict is Verdict.MET and any(not _has_ended(view, node, map_index, inside) for inside in node.teardown_scope):
        return Verdict.WAIT
    return verdict


def upstream_tallies(view: RunView, node: Node, map_index: int) -> Counts:
    """How the upstream instances that matter to `node[map_index]` have ended."""
    tally = view.inbound[node.task_id]
    if node.paired:
        tally = _with_paired(view, node, map_index, tally)
    if node.has_setups and node.task.trigger_rule is TriggerRule.ALL_DONE_SETUP_SUCCESS:
        setups = Tally()
        groups = {upstream.task_id: group for upstream, group in node.paired}
        for upstream in node.upstream:
            if upstream.task.is_setup:
                setups.add_all(_relevant(view, node, map_index, upstream, groups.get(upstream.task_id)))
        return counts_from(tally.by_state, tally.total, setups=setups.by_state, setup_total=setups.total)
    return counts_from(tally.by_state, tally.total)


def setup_counts(view: RunView, node: Node, map_index: int) -> Counts:
    """How the instances of the setups ended that the task relies on without being directly below them."""
    tally = Tally()
    for setup in node.indirect_setups:
        tally.add_all(_relevant(view, node, map_index, setup, node.paired_setups.get(setup.task_id)))
    return counts_from(tally.by_state, tally.total)


def is_skipped_by_branch(view: RunView, node: Node, map_index: int) -> bool:
    """True when a branch or short-circuit directly above has ended and decided against this instance."""
    for parent_id, parent_index in view.skipped_by.get(node.task_id, ()):
        parent = view.graph.nodes[parent_id]
        branch = view.instances.get((parent_id, parent_index))
        if branch is None or not branch.state.is_final:
            # It is to decide again; what it said before does not hold.
            continue
        if parent_index < 0:
            return True
        groups = {upstream.task_id: group for upstream, group in node.paired}
        group = groups.get(parent_id)
        if group is None:
            if parent_index == map_index:
                return True
        else:
            indexes = _paired_indexes(view, node, map_index, parent, group)
            if indexes is not None and parent_index in indexes:
                return True
    return False


def missing_upstreams(view: RunView, node: Node, map_index: int) -> list[Instance]:
    """The upstream instances, setups included, that have not ended and that matter to `node[map_index]`."""
    groups = {upstream.task_id: group for upstream, group in node.paired} | node.paired_setups
    found: list[Instance] = []
    for upstream in (*node.upstream, *node.indirect_setups, *node.teardown_scope):
        tally = view.tallies[upstream.task_id]
        if tally.done < tally.total:
            group = groups.get(upstream.task_id)
            indexes = _paired_indexes(view, node, map_index, upstream, group) if group is not None else None
            found += [
                instance
                for instance in view.of(upstream.task_id)
                if not instance.state.is_final
                and (indexes is None or instance.map_index in indexes or instance.is_placeholder)
            ]
    return found


def _is_skip_first(view: RunView, node: Node, map_index: int, above: tuple[Node, ...]) -> bool:
    """True when a skipped instance of `above` settles that `node[map_index]` is skipped although others have not ended.

    What would fail in the same round as the skip, or in one before it, is waited for; what can only fail later is not.
    Tries are taken to last one round, so the answer does not hang on milliseconds.
    """
    key = (node.task_id, map_index)
    known = view.awaited.get(key)
    if known is not None and known[0].state in _UNDER_WAY and known[0].round <= known[1]:
        return False
    view.awaited.pop(key, None)
    front = [i for other in above for i in _instances(view, node, map_index, other) if not _is_passed(i)]
    last = min(i.round for i in front if i.state is TaskState.SKIPPED)
    seen: set[InstanceKey] = set()
    while front and last > 0:
        # The last one: it is likely to end last, so that this is not looked for again with each that ends.
        for instance in reversed(front):
            if instance.state in _UNDER_WAY and instance.round <= last:
                view.awaited[key] = (instance, last)
                return False
        waiting = [i for i in front if i.state is TaskState.NONE and i.key not in seen]
        seen.update(i.key for i in waiting)
        # Each task between a failure and this one takes a round to hand it on.
        last -= 1
        front = [
            one
            for i in waiting
            for other in view.graph.nodes[i.task_id].upstream
            for one in _instances(view, view.graph.nodes[i.task_id], i.map_index, other)
            if not _is_passed(one)
        ]
    return True


def _is_passed(instance: Instance) -> bool:
    return instance.state.is_final and instance.state is not TaskState.SKIPPED


def _instances(view: RunView, node: Node, map_index: int, other: Node) -> list[Instance]:
    """Those instances of `other` that matter to `node[map_index]`."""
    groups = {upstream.task_id: group for upstream, group in node.paired} | node.paired_setups
    group = groups.get(other.task_id)
    if group is None or map_index < 0:
        return view.of(other.task_id)
    indexes = _paired_indexes(view, node, map_index, other, group)
    return [i for i in view.of(other.task_id) if indexes is None or i.map_index in indexes or i.is_placeholder]


def _judge_sources(view: RunView, node: Node) -> Verdict:
    """Whether the tasks that a mapped task maps over let it go on.

    A source that was itself expanded counts as fine: which of its instances failed is the trigger rule's business.
    """
    skipped = waiting = False
    for source_id in node.sources:
        tally = view.tallies[source_id]
        if tally.done < tally.total:
            waiting = True
        elif (source := view.placeholder(source_id)) is not None:
            if source.state in FAILURES:
                return Verdict.FAILED
            skipped = skipped or source.state is not TaskState.SUCCESS
    if waiting:
        return Verdict.WAIT
    return Verdict.SKIPPED if skipped else Verdict.MET


def _with_paired(view: RunView, node: Node, map_index: int, unpaired: Tally) -> Tally:
    tally = Tally()
    tally.add_all(unpaired)
    if map_index >= 0:
        for upstream, group in node.paired:
            tally.add_all(_relevant(view, node, map_index, upstream, group))
        return tally
    # A placeholder. A rule for which some upstreams are enough looks at all of them: it must not be skipped or started
    # by what is not known yet. Any other rule waits only for upstreams that are not expanded either.
    looks_at_all = node.fires_early or total_length(view, node) is None
    for upstream, _ in node.paired:
        if looks_at_all:
            tally.add_all(view.tallies[upstream.task_id])
        elif (placeholder := view.placeholder(upstream.task_id)) is not None:
            tally.add(placeholder.state)
    return tally


def _relevant(view: RunView, node: Node, map_index: int, other: Node, group: str | None) -> Tally:
    """The states of those instances of `other` that matter to `node[map_index]`."""
    if group is None or map_index < 0:
        return view.tallies[other.task_id]
    tally = Tally()
    if (placeholder := view.placeholder(other.task_id)) is not None:
        tally.add(placeholder.state)
        return tally
    indexes = _paired_indexes(view, node, map_index, other, group)
    if indexes is None:
        return view.tallies[other.task_id]
    of_task = view.of_task[other.task_id]
    for index in indexes:
        if (instance := of_task.get(index)) is not None:
            tally.add(instance.state)
    return tally


def _has_ended(view: RunView, node: Node, map_index: int, other: Node) -> bool:
    from_group = [group for upstream, group in node.paired if upstream is other]
    tally = _relevant(view, node, map_index, other, from_group[0] if from_group else _innermost_shared(node, other))
    return tally.done >= tally.total


def _innermost_shared(node: Node, other: Node) -> str | None:
    shared = None
    for mine, theirs in zip(node.mapped_groups, other.mapped_groups, strict=False):
        if mine != theirs:
            break
        shared = mine
    return shared


def _paired_indexes(view: RunView, node: Node, map_index: int, other: Node, group: str) -> range | None:
    if node.mapped_groups == other.mapped_groups and node.task.expansion is None and other.task.expansion is None:
        # The usual case: two tasks of one mapped group.
        return range(map_index, map_index + 1)
    count = total_length(view, node)
    if not count:
        return None
    return relevant_indexes(view, node, map_index, other, group, count)


def paired_indexes_below(view: RunView, node: Node, map_index: int, below: Node, group: str) -> range | None:
    """The indexes of `below` that must be looked at when `node[map_index]` has ended; None: all of them."""
    return None if map_index < 0 else _paired_indexes(view, node, map_index, below, group)
