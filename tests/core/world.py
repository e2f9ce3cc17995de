"""A run to play with: a graph, its view, and a worker whose outcomes a test decides."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from tradewind.core import advance, messages
from tradewind.core.graph import Graph
from tradewind.core.plan import Plan
from tradewind.core.records import RunRecord
from tradewind.core.run_view import Instance, RunView
from tradewind.core.spec import DagSpec, GroupSpec, TaskSpec
from tradewind.core.states import RunState, RunType, TaskEvent, TaskState

START = datetime(2024, 1, 1, tzinfo=timezone.utc)

Play = Callable[[RunView, Instance], messages.Outcome]


def task(task_id: str, *upstream: str, **values: Any) -> TaskSpec:
    return TaskSpec(task_id=task_id, operator="PythonOperator", upstream=tuple(sorted(upstream)), **values)


def dag(*tasks: TaskSpec, groups: Iterable[GroupSpec] = (), **values: Any) -> DagSpec:
    return DagSpec(dag_id=values.pop("dag_id", "d"), fileloc="/d.py", tasks=tasks, groups=tuple(groups), **values)


def run_record(run_key: int = 1, **values: Any) -> RunRecord:
    values = {
        "dag_id": "d",
        "run_id": f"r{run_key}",
        "run_type": RunType.MANUAL,
        "state": RunState.RUNNING,
        "version_id": "v",
        "run_after": START,
        "logical_date": START,
    } | values
    return RunRecord(run_key=run_key, **values)


class World:
    """Drives one run. `clock` only moves when a test turns it or when nothing but time is waited for."""

    def __init__(self, spec: DagSpec, *, begin: bool = True, run: RunRecord | None = None, **values: Any) -> None:
        self.graph = Graph(spec)
        self.view = RunView(self.graph, run or run_record(), **values)
        self.clock = START
        self.plan = Plan()
        self.ready: dict[tuple[str, int], Instance] = {}
        self.running: dict[tuple[str, int], Instance] = {}
        self.tries: dict[tuple[str, int], int] = {}
        if begin:
            self.take(advance.begin(self.view, self.clock))

    # --- what a caller of the core does ------------------------------------------------------------------------------

    def take(self, plan: Plan) -> Plan:
        self.plan |= plan
        for instance in plan.ready:
            if instance.state is TaskState.SCHEDULED:
                self.ready[instance.key] = instance
        for instance in plan.unready:
            if instance.state is not TaskState.SCHEDULED:
                self.ready.pop(instance.key, None)
        for transition in plan.transitions:
            if transition.instance.state.is_final:
                self.running.pop(transition.instance.key, None)
        if plan.run is not None:
            assert plan.run.old is self.view.run.state
            self.view.run = msgspec.structs.replace(self.view.run, state=plan.run.new, end_reason=plan.run.reason)
        return plan

    def start(self, task_id: str, map_index: int = -1) -> Instance:
        instance = self.ready.pop((task_id, map_index))
        goes_on = instance.reschedule_count > 0
        self.view.apply(instance, TaskEvent.SLOT_GRANTED, self.clock)
        if not goes_on:
            instance.try_number += 1
            instance.try_id = f"{task_id}-{map_index}-{instance.try_number}"
        self.take(advance.started(self.view, instance, self.clock, 1, "here"))
        self.running[instance.key] = instance
        return instance

    def end(self, task_id: str, outcome: messages.Outcome, map_index: int = -1) -> Plan:
        instance = self.running.pop((task_id, map_index), None) or self.view.instances[task_id, map_index]
        return self.take(advance.ended(self.view, instance, outcome, self.clock, self.clock))

    # --- short forms -------------------------------------------------------------------------------------------------

    def succeeds(
        self, task_id: str, map_index: int = -1, *, length: int | None = None, skip: Iterable[str] = ()
    ) -> Plan:
        if (task_id, map_index) not in self.running:
            self.start(task_id, map_index)
        return self.end(task_id, succeeded(self.view, task_id, map_index, length=length, skip=skip), map_index)

    def fails(self, task_id: str, map_index: int = -1, **values: Any) -> Plan:
        if (task_id, map_index) not in self.running:
            self.start(task_id, map_index)
        return self.end(task_id, messages.Failed(**values), map_index)

    def skips(self, task_id: str, map_index: int = -1) -> Plan:
        if (task_id, map_index) not in self.running:
            self.start(task_id, map_index)
        return self.end(task_id, messages.Skipped(), map_index)

    def state(self, task_id: str, map_index: int = -1) -> TaskState:
        return self.view.instances[task_id, map_index].state

    @property
    def states(self) -> dict[str, str]:
        """As in the conformance files: what is none or removed is left out."""
        return {
            name(instance): instance.state.value
            for instance in self.view.instances.values()
            if instance.state not in (TaskState.NONE, TaskState.REMOVED)
        }

    @property
    def run_state(self) -> RunState:
        return self.view.run.state

    def minutes(self, count: float) -> None:
        """Turn the clock, and wake what is due by then."""
        self.clock += timedelta(minutes=count)
        for instance in list(self.view.instances.values()):
            if instance.due_at is not None and instance.due_at <= self.clock:
                self.take(advance.due(self.view, instance, self.clock))

    def reload(self) -> None:
        """Forget everything and read it back from records, as after a crash. Tries go on meanwhile."""
        instances = [instance.to_record() for instance in self.view.instances.values()]
        self.view = RunView.from_records(
            self.graph,
            self.view.run,
            instances,
            lengths=self.view.lengths,
            decisions=self.view.decisions,
            past=self.view.past,
        )
        self.ready = {k: i for k, i in self.view.instances.items() if i.state is TaskState.SCHEDULED}
        self.running = {
            k: i for k, i in self.view.instances.items() if i.state in (TaskState.QUEUED, TaskState.RUNNING)
        }
        self.take(advance.advance(self.view, None, self.clock))

    def play(
        self,
        outcome_of: Play,
        rng: random.Random,
        *,
        spread: float = 1.9,
        reload_chance: float = 0.0,
        limit: int = 100_000,
    ) -> None:
        """Start every try at once and end it after 1 to `spread` seconds, until the run ends.

        Below 2, what is two tasks further down never overtakes: the order in which real tries of like length end.
        """
        ends: dict[tuple[str, int], datetime] = {}
        for _ in range(limit):
            if reload_chance and rng.random() < reload_chance:
                self.reload()
            if self.run_state.is_final:
                return
            for key in list(self.ready):
                self.start(*key)
                ends[key] = self.clock + timedelta(seconds=rng.uniform(1, spread))
            waits = [i.due_at for i in self.view.instances.values() if i.due_at is not None]
            running = [(ends[key], key) for key in self.running]
            assert waits or running, f"the run hangs: {self.view.instances}"
            if waits and (not running or min(waits) <= min(running)[0]):
                self.clock = max(self.clock, min(waits))
                self.minutes(0)
                continue
            self.clock, key = min(running)
            self.end(key[0], outcome_of(self.view, self.running[key]), key[1])
        raise AssertionError("the run does not end")


def name(instance: Instance) -> str:
    return instance.task_id if instance.map_index < 0 else f"{instance.task_id}[{instance.map_index}]"


def succeeded(
    view: RunView,
    task_id: str,
    map_index: int = -1,
    *,
    length: int | None = None,
    decision: dict[str, list[str]] | None = None,
    skip: Iterable[str] = (),
    returns: bool = True,
) -> messages.Succeeded:
    """A success with a return value of `length` items, and what a branch leaves behind."""
    common = {"dag_id": view.run.dag_id, "run_id": view.run.run_id, "task_id": task_id, "map_index": map_index}
    xcoms = []
    if returns:
        xcoms.append(messages.SetXCom(key="return_value", value="[]", length=length, **common))
    if decision is not None:
        text = msgspec.json.encode(decision).decode()
        xcoms.append(messages.SetXCom(key="skipmixin_key", value=text, **common))
    return messages.Succeeded(xcoms=xcoms, skip=list(skip))
