"""What a task waits for in the run before: one row a case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.world import START, World, dag, run_record, task
from tradewind.core import advance
from tradewind.core.past import PastFacts, PreviousKind, matters_to_the_next_run, past_facts, previous_run_kind
from tradewind.core.records import InstanceRecord
from tradewind.core.states import RunState, TaskState, TriggerRule

S = TaskState
YESTERDAY = START - timedelta(days=1)


def facts(states, *, seen=("t",), date=YESTERDAY, first=False):
    """`states`: {"task" or ("task", map index): state} of the previous run; None: there is no previous run."""
    if states is None:
        return past_facts(None, is_first_of_backfill=first)
    instances = [
        InstanceRecord(run_key=9, task_id=key, state=state)
        if isinstance(key, str)
        else InstanceRecord(run_key=9, task_id=key[0], map_index=key[1], state=state)
        for key, state in states.items()
    ]
    previous = run_record(9, run_id="yesterday", logical_date=date)
    return past_facts(previous, instances, seen_before=seen, is_first_of_backfill=first)


ON = {"depends_on_past": True}
WAITS = {"wait_for_downstream": True}


@pytest.mark.parametrize(
    ("values", "past", "starts"),
    [
        pytest.param({}, facts({"t": S.FAILED}), True, id="does not look at the past"),
        pytest.param(ON, facts(None), True, id="no run before"),
        pytest.param(ON, facts({"t": S.FAILED}, first=True), True, id="first of a backfill"),
        pytest.param(ON, facts({"t": S.SUCCESS}), True, id="success"),
        pytest.param(ON, facts({"t": S.SKIPPED}), True, id="skipped"),
        pytest.param(ON, facts({"t": S.FAILED}), False, id="failed"),
        pytest.param(ON, facts({"t": S.UPSTREAM_FAILED}), False, id="upstream_failed"),
        pytest.param(ON, facts({"t": S.RUNNING}), False, id="running"),
        pytest.param(ON, facts({"t": S.NONE}), False, id="not started"),
        pytest.param(ON, facts({("t", 0): S.SUCCESS, ("t", 1): S.FAILED}), False, id="one mapped instance failed"),
        pytest.param(ON, facts({"other": S.SUCCESS}, seen=()), True, id="a new task"),
        pytest.param(ON, facts({"other": S.SUCCESS}), False, id="missing in between"),
        pytest.param(
            {**ON, "ignore_first_depends_on_past": False},
            facts({"other": S.SUCCESS}, seen=()),
            False,
            id="a new task, told so",
        ),
        pytest.param(ON, facts({"t": S.SUCCESS, "below": S.FAILED}), True, id="what is below does not matter"),
        pytest.param(WAITS, facts({"t": S.FAILED, "below": S.SUCCESS}), False, id="wait_for_downstream implies it"),
        pytest.param(WAITS, facts({"t": S.SUCCESS, "below": S.SUCCESS}), True, id="all below done"),
        pytest.param(WAITS, facts({"t": S.SUCCESS, "below": S.RUNNING}), False, id="below runs"),
        pytest.param(WAITS, facts({"t": S.SUCCESS, "below": S.FAILED}), False, id="below failed"),
    ],
)
def test_a_task_starts_when_its_past_allows_it(values, past, starts):
    world = World(dag(task("t", **values), task("below", "t")), past=past)
    assert (world.state("t") is S.SCHEDULED) is starts
    if not starts:
        reason = world.view.instances["t", -1].waiting_for[0]
        assert reason.kind == "past" and "'yesterday'" in reason.text
    # A run that waits for its past is not a deadlock.
    assert world.run_state is RunState.RUNNING


def test_a_task_that_began_after_the_previous_run_does_not_wait_for_it():
    world = World(dag(task("t", start_date=START, **ON), catchup=True), past=facts({"t": S.FAILED}))
    assert world.state("t") is S.SCHEDULED


def test_the_task_goes_on_when_the_past_has_come_right():
    world = World(dag(task("t", **ON)), past=facts({"t": S.FAILED}))
    world.view.past = facts({"t": S.SUCCESS})
    world.take(advance.advance(world.view, ["t"], world.clock))
    assert world.state("t") is S.SCHEDULED


def test_a_failure_above_does_not_wait_for_the_past():
    world = World(dag(task("a"), task("t", "a", **ON)), past=facts({"t": S.FAILED}))
    world.fails("a")
    assert world.state("t") is S.UPSTREAM_FAILED


@pytest.mark.parametrize("held", [False, True])
def test_a_skip_waits_for_the_past_when_told_to(held):
    spec = dag(task("a"), task("t", "a", wait_for_past_depends_before_skipping=held, **ON))
    world = World(spec, past=facts({"t": S.RUNNING}))
    world.skips("a")
    assert world.state("t") is (S.NONE if held else S.SKIPPED)
    world.view.past = facts({"t": S.SUCCESS})
    world.take(advance.advance(world.view, ["t"], world.clock))
    assert world.state("t") is S.SKIPPED


def test_the_reason_says_what_to_do():
    world = World(dag(task("t", **ON)), past=facts({"t": S.FAILED}))
    reason = world.view.instances["t", -1].waiting_for[0]
    assert reason.text == (
        "depends_on_past: 't' in the previous run 'yesterday' is failed, and has to end in success or skipped."
    )
    assert reason.remedy == "Clear 't' in run 'yesterday' so that it runs again, or mark it as success."


def test_with_catchup_only_automated_runs_are_the_past():
    assert previous_run_kind(dag(catchup=True)) is PreviousKind.AUTOMATED
    assert previous_run_kind(dag()) is PreviousKind.ANY


def test_only_what_the_next_run_looks_at_has_to_be_told_to_it():
    from tradewind.core.graph import Graph

    graph = Graph(
        dag(task("a", **ON), task("b", **WAITS), task("c", "b"), task("d", "c", trigger_rule=TriggerRule.ALWAYS))
    )
    assert matters_to_the_next_run(graph) == {"a", "b", "c"}
    assert PastFacts().run_id is None
