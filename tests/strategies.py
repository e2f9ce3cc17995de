"""Hypothesis strategies for DAGs, outcomes and candidates; the one place where they are made."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import strategies as st

from tradewind.core.dispatch import Candidate
from tradewind.core.spec import DagSpec, Expansion, GroupSpec, LengthLiteral, LengthOf, TaskSpec
from tradewind.core.states import TriggerRule

EPOCH = datetime(2024, 1, 1, tzinfo=timezone.utc)
ENDS = ("success", "success", "success", "fail", "skip", "lost", "reschedule", "branch", "nothing")


@st.composite
def dags(draw: st.DrawFn, *, max_tasks: int = 8, rules: tuple[TriggerRule, ...] = tuple(TriggerRule)) -> DagSpec:
    """DAGs with every rule, retries, inline tasks, setups, teardowns, mapped tasks and one mapped group."""
    count = draw(st.integers(1, max_tasks))
    tasks: list[TaskSpec] = []
    inside = draw(st.sets(st.integers(0, count - 1), max_size=3)) if draw(st.booleans()) else set()
    group_source = min(inside) - 1 if inside and min(inside) > 0 and draw(st.booleans()) else None
    for number in range(count):
        upstream = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        if number in inside and group_source is not None:
            upstream.add(group_source)
        kind = draw(st.sampled_from(["plain"] * 5 + ["inline", "setup", "teardown", "mapped", "mapped_over"]))
        expansion = None
        if number not in inside:
            if kind == "mapped":
                expansion = Expansion((("x", LengthLiteral(draw(st.integers(0, 3)))),))
            elif kind == "mapped_over" and upstream:
                expansion = Expansion((("x", LengthOf(f"t{min(upstream)}")),))
        tasks.append(
            TaskSpec(
                task_id=f"t{number}",
                operator="x",
                upstream=tuple(sorted(f"t{above}" for above in upstream)),
                trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS if kind == "teardown" else draw(st.sampled_from(rules)),
                retries=draw(st.integers(0, 2)),
                retry_delay_s=draw(st.sampled_from([0.0, 30.0])),
                inline=kind == "inline",
                is_setup=kind == "setup",
                is_teardown=kind == "teardown",
                expansion=expansion,
                group="g" if number in inside else None,
            )
        )
    groups = ()
    if inside:
        length = LengthLiteral(draw(st.integers(0, 3))) if group_source is None else LengthOf(f"t{group_source}")
        groups = (
            GroupSpec(
                group_id="g",
                expansion=Expansion((("x", length),)),
                children=tuple(f"t{number}" for number in sorted(inside)),
            ),
        )
    return DagSpec(
        dag_id="d",
        fileloc="/d.py",
        tasks=tuple(tasks),
        groups=groups,
        fail_fast=draw(st.sampled_from([False] * 4 + [True])),
    )


ends = st.sampled_from(ENDS)


@st.composite
def candidates(draw: st.DrawFn, number: int) -> Candidate:
    """Who wants a slot: several DAGs, runs, pools and every kind of limit."""
    run = draw(st.integers(1, 3))
    name = draw(st.sampled_from(["a", "b"]))
    task = draw(st.sampled_from(["x", "y", "z"]))
    return Candidate(
        dag_id=name,
        run_key=run if name == "a" else 10 + run,
        run_id=f"r{run}",
        task_id=task,
        map_index=number,
        run_after=EPOCH,
        pool=draw(st.sampled_from(["p", "q"])),
        pool_slots=draw(st.integers(1, 3)),
        own_weight=draw(st.integers(1, 2)),
        total_weight=draw(st.integers(1, 5)),
        max_active_tasks={"a": 3, "b": 2}[name],
        counts_per_run=name == "a",
        max_active_tis_per_dag={"x": 2}.get(task),
        max_active_tis_per_dagrun={"y": 1, "x": 1}.get(task),
    )
