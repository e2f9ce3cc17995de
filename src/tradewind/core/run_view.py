"""All that the core may know of one unfinished run, and the one method that changes a state.

The view keeps tallies of states for each task and, for each task, of all its upstream instances together. A change of one
state moves one count in each of them, so that a trigger rule is evaluated from counts: when one of 5,000 upstreams of a
join has ended, the other 4,999 are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from tradewind.core.graph import Graph, Node
from tradewind.core.instance import Instance, InstanceKey
from tradewind.core.past import PastFacts
from tradewind.core.plan import Transition
from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord
from tradewind.core.spec import TaskSpec
from tradewind.core.states import FAILURES, FINAL, TRANSITIONS, TaskEvent, TaskState

__all__ = [
    "DECISION_KEY",
    "NO_LENGTH",
    "Decision",
    "IllegalTransition",
    "Instance",
    "InstanceKey",
    "RunView",
    "Tally",
    "read_decision",
]

NO_LENGTH: Final = -1
"""In `RunView.lengths`: a value was returned, but it is nothing that one can map over."""

DECISION_KEY: Final = "skipmixin_key"
"""XCom key under which branches and short-circuits leave what they decided, as in Airflow."""


_NOTHING: Final[dict[TaskState, int]] = dict.fromkeys(TaskState, 0)


class IllegalTransition(RuntimeError):
    """The table of transitions has no entry for this event in this state: a mistake of the caller, nothing was changed."""

    def __init__(self, instance: Instance, event: TaskEvent) -> None:
        super().__init__(
            f"task instance {instance.task_id}[{instance.map_index}] is {instance.state}; '{event.value}' cannot happen to it "
            "there. Reload the run from the store and decide again."
        )
        self.task_id = instance.task_id
        self.map_index = instance.map_index
        self.state = instance.state
        self.event = event


class Tally:
    """How many instances are in each state."""

    __slots__ = ("by_state", "done", "total")

    def __init__(self) -> None:
        self.by_state: dict[TaskState, int] = _NOTHING.copy()
        self.total = 0
        self.done = 0
        """How many are in a final state."""

    def __getitem__(self, state: TaskState) -> int:
        return self.by_state[state]

    def add(self, state: TaskState, count: int = 1) -> None:
        self.by_state[state] += count
        self.total += count
        if state in FINAL:
            self.done += count

    def move(self, old: TaskState, new: TaskState) -> None:
        self.by_state[old] -= 1
        self.by_state[new] += 1
        self.done += (new in FINAL) - (old in FINAL)

    def add_all(self, other: Tally) -> None:
        for state, count in other.by_state.items():
            self.by_state[state] += count
        self.total += other.total
        self.done += other.done


class Decision(msgspec.Struct, frozen=True):
    """What a branch or short-circuit left behind. Exactly one of the two is set."""

    followed: tuple[str, ...] | None = None
    """Direct downstreams that were chosen; the others are skipped."""
    skipped: tuple[str, ...] | None = None

    def skips(self, task_id: str) -> bool:
        if self.followed is not None:
            return task_id not in self.followed
        return self.skipped is not None and task_id in self.skipped


def read_decision(text: str) -> Decision | None:
    """The decision in the JSON that a branch pushed; None when it says nothing of the kind."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("followed"), list):
        return Decision(followed=tuple(map(str, value["followed"])))
    if isinstance(value.get("skipped"), list):
        return Decision(skipped=tuple(map(str, value["skipped"])))
    return None


class RunView:
    """One run: its facts, its instances, and counts of their states.

    `run` may be replaced by the caller whenever the run's own columns change. `decisions` is taken as JSON text or as
    `Decision`. Rebuilt from the store's records the view is the same as the one that led to them.
    """

    def __init__(
        self,
        graph: Graph,
        run: RunRecord,
        instances: Iterable[Instance] = (),
        *,
        lengths: Mapping[str, Mapping[int, int | None]] | None = None,
        decisions: Mapping[InstanceKey, str | Decision] | None = None,
        past: PastFacts | None = None,
        paused: bool = False,
        timeout_at: datetime | None = None,
    ) -> None:
        self.graph = graph
        self.run = run
        self.instances: dict[InstanceKey, Instance] = {}
        self.of_task: dict[str, dict[int, Instance]] = {task_id: {} for task_id in graph.nodes}
        """Instances by map index."""
        self.removed_tasks: list[Instance] = []
        """Instances of tasks that this version of the DAG does not have; they take no part in any decision."""
        self.tallies: dict[str, Tally] = {task_id: Tally() for task_id in graph.nodes}
        self.inbound: dict[str, Tally] = {task_id: Tally() for task_id in graph.nodes}
        """For each task, all instances of those upstreams of which every instance matters to it."""
        self.lengths: dict[str, dict[int, int]] = {}
        """Task id → map index → number of items of the returned value (or NO_LENGTH)."""
        self.decisions: dict[InstanceKey, Decision] = {}
        self.skipped_by: dict[str, set[InstanceKey]] = {}
        """Task id → the branches directly above it that decided to skip it."""
        self.awaited: dict[InstanceKey, tuple[Instance, int]] = {}
        """Instances with a skip above them → the try that may still outrank it, and the latest round in which that one counts."""
        self.past = past if past is not None else PastFacts()
        self.paused = paused
        self.timeout_at = timeout_at
        self.unfinished = 0
        self.idle = 0
        """Instances in NONE: unfinished, and nothing is under way for them."""
        self.failed_leaves = 0
        for task_id, by_index in (lengths or {}).items():
            for map_index, length in by_index.items():
                self.record_length(task_id, map_index, length)
        for key, found in (decisions or {}).items():
            decision = read_decision(found) if isinstance(found, str) else found
            if decision is not None:
                self.record_decision(key, decision)
        for instance in instances:
            self.add(instance)

    @classmethod
    def from_records(
        cls,
        graph: Graph,
        run: RunRecord,
        records: Iterable[InstanceRecord],
        *,
        lengths: Mapping[str, Mapping[int, int | None]] | None = None,
        decisions: Mapping[InstanceKey, str | Decision] | None = None,
        past: PastFacts | None = None,
        paused: bool = False,
        timeout_at: datetime | None = None,
    ) -> RunView:
        """The view of a run as the store has it. Instances of tasks that the DAG no longer has are set aside."""
        view = cls(graph, run, lengths=lengths, decisions=decisions, past=past, paused=paused, timeout_at=timeout_at)
        # Expanded instances first: whether a removed placeholder still stands for anything depends on them.
        for record in sorted(records, key=lambda record: -record.map_index):
            if record.task_id in graph:
                view.add(Instance.from_record(record, graph.task(record.task_id)))
            else:
                stub = TaskSpec(task_id=record.task_id, operator=record.operator)
                view.removed_tasks.append(Instance.from_record(record, stub))
        return view

    # --- reading -----------------------------------------------------------------------------------------------------

    def of(self, task_id: str) -> list[Instance]:
        """The instances of a task that count, by map index."""
        found = self.of_task[task_id]
        return [instance for _, instance in sorted(found.items()) if self.counts(instance)]

    def placeholder(self, task_id: str) -> Instance | None:
        """The placeholder (or the only instance) of a task while it stands for something."""
        instance = self.of_task[task_id].get(NOT_MAPPED)
        return instance if instance is not None and self.counts(instance) else None

    def counts(self, instance: Instance) -> bool:
        """False for a placeholder that was replaced by the instances it stood for."""
        return not (
            instance.map_index == NOT_MAPPED
            and instance.state is TaskState.REMOVED
            and self.graph.nodes[instance.task.task_id].is_scoped
        )

    def is_expanded(self, task_id: str) -> bool:
        found = self.of_task[task_id]
        return len(found) > (NOT_MAPPED in found)

    def waiting(self) -> Iterator[Instance]:
        """Instances in NONE, by order of definition and map index."""
        for node in self.graph.ordered:
            if self.tallies[node.task_id][TaskState.NONE]:
                for instance in self.of(node.task_id):
                    if instance.state is TaskState.NONE:
                        yield instance

    # --- writing -----------------------------------------------------------------------------------------------------

    def add(self, instance: Instance) -> None:
        """Take in an instance with the state it has. Raises KeyError when its task is not in the DAG."""
        node = self.graph.nodes[instance.task.task_id]
        self.instances[instance.key] = instance
        self.of_task[node.task_id][instance.map_index] = instance
        if instance.state is not TaskState.NONE and not instance.round:
            instance.round = node.depth
        if self.counts(instance):
            self._count(node, instance.state, 1)

    def new_instance(self, node: Node, map_index: int) -> Instance:
        """Make and add the instance of a task at an index."""
        instance = Instance(self.run.run_key, node.task, map_index, node.total_weight)
        self.add(instance)
        return instance

    def record_length(self, task_id: str, map_index: int, length: int | None) -> None:
        """A value was returned: of `length` items, or None when it is not a list or mapping."""
        self.lengths.setdefault(task_id, {})[map_index] = NO_LENGTH if length is None else length

    def record_decision(self, key: InstanceKey, decision: Decision) -> None:
        """A branch or short-circuit has decided. Replaces what it decided before."""
        self.decisions[key] = decision
        node = self.graph.nodes.get(key[0])
        for below in node.downstream if node is not None else ():
            if decision.skips(below.task_id):
                self.skipped_by.setdefault(below.task_id, set()).add(key)
            elif below.task_id in self.skipped_by:
                self.skipped_by[below.task_id].discard(key)

    def forget_results(self, instance: Instance) -> None:
        """A new try starts without what the one before it returned and decided."""
        if self.decisions.pop(instance.key, None) is not None:
            for skipped_by in self.skipped_by.values():
                skipped_by.discard(instance.key)
        found = self.lengths.get(instance.task_id)
        if found is not None:
            found.pop(instance.map_index, None)

    def apply(self, instance: Instance, event: TaskEvent, now: datetime, why: str = "") -> Transition:
        """Change the state of `instance` as the table of transitions says, with the times that go with it.

        Raises IllegalTransition, and changes nothing, when the table has no entry.
        """
        old = instance.state
        new = TRANSITIONS.get((old, event))
        if new is None:
            raise IllegalTransition(instance, event)
        node = self.graph.nodes[instance.task.task_id]
        instance.state = new
        if instance.map_index != NOT_MAPPED or not node.is_scoped or TaskState.REMOVED not in (old, new):
            self._move(node, old, new)
        elif old is not TaskState.REMOVED:
            self._count(node, old, -1)
        elif new is not TaskState.REMOVED:
            self._count(node, new, 1)
        self._stamp(instance, event, old, new, now)
        return Transition(instance, old, new, event, why, now)

    def _stamp(self, instance: Instance, event: TaskEvent, old: TaskState, new: TaskState, now: datetime) -> None:
        instance.waiting_for = ()
        instance.waiting_since = None
        if new in FINAL:
            instance.due_at = None
            instance.end_date = now
            if instance.start_date is None:
                instance.start_date = now
        elif new is TaskState.SCHEDULED:
            instance.scheduled_at = now
            instance.due_at = None
            if old is TaskState.UP_FOR_RETRY or event is TaskEvent.TRY_LOST:
                instance.reschedule_count = 0
                instance.first_started_at = None
        elif new is TaskState.QUEUED:
            instance.queued_at = now
            if not instance.reschedule_count:
                self.forget_results(instance)
        elif new is TaskState.NONE:
            instance.due_at = None
            instance.reschedule_count = 0
            instance.first_started_at = None
            instance.scheduled_at = instance.queued_at = instance.start_date = instance.end_date = None
            instance.pid = None

    def _move(self, node: Node, old: TaskState, new: TaskState) -> None:
        self.tallies[node.task_id].move(old, new)
        inbound = self.inbound
        for below in node.unpaired_downstream:
            inbound[below.task_id].move(old, new)
        self.unfinished += (old in FINAL) - (new in FINAL)
        self.idle += (new is TaskState.NONE) - (old is TaskState.NONE)
        if node.is_leaf:
            self.failed_leaves += (new in FAILURES) - (old in FAILURES)

    def _count(self, node: Node, state: TaskState, count: int) -> None:
        self.tallies[node.task_id].add(state, count)
        for below in node.unpaired_downstream:
            self.inbound[below.task_id].add(state, count)
        if state not in FINAL:
            self.unfinished += count
        if state is TaskState.NONE:
            self.idle += count
        if node.is_leaf and state in FAILURES:
            self.failed_leaves += count
