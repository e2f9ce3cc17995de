"""What a run may know of the run before it, and whether a task has to wait for that.

Rules: features.md C.3. `depends_on_past` wants every instance of the same task in the previous run to have ended in
success or skipped; `wait_for_downstream` implies it and wants the same of that task's direct downstreams.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Protocol

import msgspec

from tradewind.core.graph import Graph, Node
from tradewind.core.reason import Reason
from tradewind.core.records import RunRecord
from tradewind.core.spec import DagSpec
from tradewind.core.states import SUCCESSFUL, TaskState


class PreviousKind(str, Enum):
    """Which runs count when the previous one is looked for."""

    AUTOMATED = "automated"
    """Every run but manual ones."""
    ANY = "any"


def previous_run_kind(dag: DagSpec) -> PreviousKind:
    """With catchup the previous run is the previous automated one, without it the previous run of any type.

    In both cases: the newest run of the same DAG with an earlier logical date. A run without a logical date has none.
    """
    return PreviousKind.AUTOMATED if dag.catchup else PreviousKind.ANY


class PastTask(msgspec.Struct, frozen=True):
    """One task in the previous run."""

    unsuccessful: tuple[tuple[int, TaskState], ...] = ()
    """(map index, state) of the instances that are not success or skipped."""
    exists: bool = True
    """False when the previous run has no instance of the task."""


class PastFacts(msgspec.Struct, frozen=True):
    """The previous run as far as it matters. Without arguments: there is no previous run."""

    run_id: str | None = None
    logical_date: datetime | None = None
    tasks: Mapping[str, PastTask] = {}
    """A task that is missing has no instance there."""
    seen_before: frozenset[str] = frozenset()
    """Tasks with an instance in any earlier run."""
    is_first_of_backfill: bool = False


class _HasState(Protocol):
    @property
    def task_id(self) -> str: ...
    @property
    def map_index(self) -> int: ...
    @property
    def state(self) -> TaskState: ...


def past_facts(
    previous: RunRecord | None,
    instances: Iterable[_HasState] = (),
    *,
    seen_before: Iterable[str] = (),
    is_first_of_backfill: bool = False,
) -> PastFacts:
    """Facts from the previous run's record and its instances (of all tasks, or of those that matter)."""
    if previous is None:
        return PastFacts(is_first_of_backfill=is_first_of_backfill)
    unsuccessful: dict[str, list[tuple[int, TaskState]]] = {}
    for instance in instances:
        found = unsuccessful.setdefault(instance.task_id, [])
        if instance.state not in SUCCESSFUL:
            found.append((instance.map_index, instance.state))
    return PastFacts(
        run_id=previous.run_id,
        logical_date=previous.logical_date,
        tasks={task_id: PastTask(tuple(found)) for task_id, found in unsuccessful.items()},
        seen_before=frozenset(seen_before),
        is_first_of_backfill=is_first_of_backfill,
    )


def matters_to_the_next_run(graph: Graph) -> frozenset[str]:
    """Tasks whose states the next run may have to look at."""
    found: set[str] = set()
    for node in graph.ordered:
        if node.task.depends_on_past or node.task.wait_for_downstream:
            found.add(node.task_id)
        if node.task.wait_for_downstream:
            found.update(below.task_id for below in node.downstream)
    return frozenset(found)


def past_reason(graph: Graph, node: Node, past: PastFacts) -> Reason | None:
    """What of the previous run `node`'s instances have to wait for; None when nothing."""
    task = node.task
    if not (task.depends_on_past or task.wait_for_downstream):
        return None
    if past.is_first_of_backfill or past.run_id is None:
        return None
    if (
        graph.spec.catchup
        and task.start_date is not None
        and past.logical_date is not None
        and past.logical_date < task.start_date
    ):
        # The task did not exist yet when the previous run was due.
        return None
    own = past.tasks.get(task.task_id)
    if own is None or not own.exists:
        if task.ignore_first_depends_on_past and task.task_id not in past.seen_before:
            return None
        return Reason(
            kind="past",
            text=f"depends_on_past: the previous run '{past.run_id}' has no instance of '{task.task_id}'.",
            holder=past.run_id,
            remedy=f"Mark '{task.task_id}' as success in this run, or set ignore_first_depends_on_past.",
        )
    if own.unsuccessful:
        return _waits(past.run_id, task.task_id, "depends_on_past", own.unsuccessful)
    if task.wait_for_downstream:
        for below in node.downstream:
            found = past.tasks.get(below.task_id)
            if found is not None and found.unsuccessful:
                return _waits(past.run_id, below.task_id, "wait_for_downstream", found.unsuccessful)
    return None


def _waits(run_id: str, task_id: str, rule: str, unsuccessful: tuple[tuple[int, TaskState], ...]) -> Reason:
    map_index, state = unsuccessful[0]
    name = task_id if map_index < 0 else f"{task_id}[{map_index}]"
    more = f" (and {len(unsuccessful) - 1} more of its instances are not done)" if len(unsuccessful) > 1 else ""
    word = "has not started" if state is TaskState.NONE else f"is {state}"
    remedy = None
    if state.is_final:
        remedy = f"Clear '{name}' in run '{run_id}' so that it runs again, or mark it as success."
    return Reason(
        kind="past",
        text=f"{rule}: '{name}' in the previous run '{run_id}' {word}, and has to end in success or skipped{more}.",
        holder=run_id,
        remedy=remedy,
    )
