"""What one decision of the core costs: microseconds for each ended try, without store, processes or sockets.

    python benchmarks/core_costs.py        prints JSON

An event is everything the engine asks of the core for one try: slot offered and granted, started, ended with all that
follows. Bars: 60 µs in the chain, 80 µs in the fan-outs, and the same for 500 as for 5,000 tasks side by side.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

from tradewind.core import advance, messages
from tradewind.core.dispatch import Candidate, Dispatcher
from tradewind.core.graph import Graph
from tradewind.core.records import RunRecord
from tradewind.core.run_view import RunView
from tradewind.core.spec import DagSpec, Expansion, LengthLiteral, TaskSpec
from tradewind.core.states import RunState, RunType, TaskEvent, TaskState

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
REPEATS = 3


def _task(task_id: str, *upstream: str, expansion: Expansion | None = None) -> TaskSpec:
    return TaskSpec(task_id=task_id, operator="PythonOperator", upstream=tuple(sorted(upstream)), expansion=expansion)


def chain(length: int) -> DagSpec:
    tasks = [_task("t0")] + [_task(f"t{n}", f"t{n - 1}") for n in range(1, length)]
    return DagSpec(dag_id="chain", fileloc="", tasks=tuple(tasks))


def fan_out(width: int) -> DagSpec:
    middle = [_task(f"m{n}", "first") for n in range(width)]
    last = _task("last", *(task.task_id for task in middle))
    return DagSpec(dag_id="fan", fileloc="", max_active_tasks=10**6, tasks=(_task("first"), *middle, last))


def mapped(width: int) -> DagSpec:
    middle = _task("m", "first", expansion=Expansion((("x", LengthLiteral(width)),)))
    return DagSpec(
        dag_id="mapped", fileloc="", max_active_tasks=10**6, tasks=(_task("first"), middle, _task("last", "m"))
    )


def _run(spec: DagSpec) -> dict[str, float]:
    clock = time.thread_time
    started = clock()
    graph = Graph(spec)
    built = clock()
    run = RunRecord(
        run_key=1,
        dag_id=spec.dag_id,
        run_id="r",
        run_type=RunType.MANUAL,
        state=RunState.RUNNING,
        version_id="v",
        run_after=NOW,
    )
    view = RunView(graph, run)
    dispatcher = Dispatcher({"default_pool": 128}, 32)
    plan = advance.begin(view, NOW)
    begun = clock()
    events = 0
    slots = ended = 0.0
    at_work: list[Candidate] = []
    while plan.run is None:
        before = clock()
        for instance in plan.ready:
            dispatcher.offer(Candidate.of(graph, run, instance))
        at_work += dispatcher.grant(NOW)
        after = clock()
        slots += after - before
        candidate = at_work.pop(0)
        instance = view.instances[candidate.task_id, candidate.map_index]
        view.apply(instance, TaskEvent.SLOT_GRANTED, NOW)
        instance.try_number += 1
        advance.started(view, instance, NOW, 1, "here")
        plan = advance.ended(view, instance, messages.Succeeded(), NOW, NOW)
        before = clock()
        ended += before - after
        dispatcher.released(candidate.key)
        slots += clock() - before
        events += 1
    assert plan.run.new is RunState.SUCCESS
    assert all(instance.state is TaskState.SUCCESS for instance in view.instances.values())
    return {
        "tasks": events,
        "graph_ms": round((built - started) * 1e3, 2),
        "begin_ms": round((begun - built) * 1e3, 2),
        "decide_us_per_event": round(ended / events * 1e6, 1),
        "slots_us_per_event": round(slots / events * 1e6, 1),
        "us_per_event": round((ended + slots) / events * 1e6, 1),
    }


def measure() -> dict[str, dict[str, float]]:
    """The best of a few repeats for each shape."""
    shapes = {
        "chain_40": chain(40),
        "chain_1000": chain(1000),
        "fan_out_500": fan_out(500),
        "fan_out_5000": fan_out(5000),
        "mapped_5000": mapped(5000),
        "mapped_50000": mapped(50_000),
    }
    return {
        name: min((_run(spec) for _ in range(REPEATS)), key=lambda found: found["us_per_event"])
        for name, spec in shapes.items()
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
