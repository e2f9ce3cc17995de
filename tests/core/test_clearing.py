"""Clearing and marking: which rows change, to what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.world import START, dag, run_record, task
from tradewind.core.clearing import clear, select
from tradewind.core.edits import RunSnapshot
from tradewind.core.graph import Graph
from tradewind.core.marking import mark_run, mark_tasks
from tradewind.core.records import InstanceRecord
from tradewind.core.spec import Expansion, LengthLiteral
from tradewind.core.states import ACTIVE, TRANSITIONS, RunState, TaskEvent, TaskState

S = TaskState
NOW = START + timedelta(hours=1)
SPEC = dag(task("a", retries=2), task("b", "a"), task("c", "b"), task("d"))


def snapshot(states, *, key=1, spec=SPEC, run_state=RunState.FAILED, days=0, **values):
    instances = tuple(
        InstanceRecord(
            run_key=key,
            task_id=name if isinstance(name, str) else name[0],
            map_index=-1 if isinstance(name, str) else name[1],
            state=state,
            try_number=1,
            try_id=f"try-{name}",
            **values,
        )
        for name, state in states.items()
    )
    run = run_record(key, state=run_state, logical_date=START + timedelta(days=days), clear_number=1)
    return RunSnapshot(run, Graph(spec), instances)


def states(edit):
    return {
        i.instance.task_id if i.instance.map_index < 0 else (i.instance.task_id, i.instance.map_index): i.state
        for i in edit.instances
    }


SETUPS = dag(
    task("s", is_setup=True),
    task("w", "s"),
    task("x", "w"),
    task("t", "s", "x", is_teardown=True),
    task("after", "x"),
    task("s2", is_setup=True),
    task("z", "s2", "after"),
    task("t2", "s2", "z", is_teardown=True),
)


@pytest.mark.parametrize(
    ("chosen", "directions", "expected"),
    [
        ("b", {}, "b"),
        ("b", {"downstream": True}, "b c"),
        ("b", {"upstream": True}, "a b"),
        ("b", {"upstream": True, "downstream": True}, "a b c"),
        ("b d", {}, "b d"),
        ("gone b", {}, "b"),
    ],
)
def test_what_goes_with_a_task(chosen, directions, expected):
    assert select(Graph(SPEC), chosen.split(), **directions) == tuple(expected.split())


@pytest.mark.parametrize(
    ("chosen", "directions", "expected"),
    [
        ("w", {}, "s w t"),
        ("x", {}, "s x t"),
        ("s", {}, "s t"),
        ("t", {}, "t"),
        ("after", {}, "after"),
        ("z", {}, "s2 z t2"),
        ("x", {"upstream": True}, "s w x t"),
        ("after", {"upstream": True}, "s w x t after"),
        ("after", {"downstream": True}, "after s2 z t2"),
    ],
)
def test_a_cleared_task_brings_its_setups_and_their_teardowns(chosen, directions, expected):
    assert select(Graph(SETUPS), chosen.split(), **directions) == tuple(expected.split())


def test_clearing_takes_back_and_keeps_the_history():
    before = snapshot({"a": S.FAILED, "b": S.UPSTREAM_FAILED, "c": S.UPSTREAM_FAILED, "d": S.SUCCESS})
    edit = clear(before.run, [before], ["a"], NOW, downstream=True)
    assert states(edit) == {"a": S.NONE, "b": S.NONE, "c": S.NONE}
    values = edit.instances[0].values
    # One try was made, two retries are allowed again: three more tries.
    assert values["max_tries"] == 3 and "try_number" not in values and "try_id" not in values
    run = edit.runs[0].values
    assert run["state"] is RunState.QUEUED and run["clear_number"] == 2 and run["start_date"] is None
    assert not edit.kill


@pytest.mark.parametrize("state", list(TaskState))
def test_what_clearing_does_to_each_state(state):
    before = snapshot({"a": state}, run_state=RunState.RUNNING)
    edit = clear(before.run, [before], ["a"], NOW)
    if state in (S.RESTARTING, S.REMOVED):
        assert not edit
    elif state in ACTIVE:
        assert states(edit) == {"a": S.RESTARTING} and len(edit.kill) == 1
        assert TRANSITIONS[state, TaskEvent.CLEARED_WHILE_ACTIVE] is S.RESTARTING
    else:
        assert states(edit) == {"a": S.NONE} and not edit.kill
    if edit:
        assert "state" not in edit.runs[0].values


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({}, {"a": S.RESTARTING, "b": S.NONE, "c": S.NONE, "d": S.NONE}),
        ({"only_failed": True}, {"b": S.NONE, "c": S.NONE}),
        ({"only_running": True}, {"a": S.RESTARTING}),
    ],
)
def test_only_some_states_can_be_cleared(only, expected):
    before = snapshot(
        {"a": S.RUNNING, "b": S.FAILED, "c": S.UPSTREAM_FAILED, "d": S.SUCCESS}, run_state=RunState.RUNNING
    )
    assert states(clear(before.run, [before], "abcd", NOW, **only)) == expected


@pytest.mark.parametrize(
    ("reach", "keys"),
    [({}, [2]), ({"past": True}, [1, 2]), ({"future": True}, [2, 3]), ({"past": True, "future": True}, [1, 2, 3])],
)
def test_earlier_and_later_runs_come_along_when_asked_for(reach, keys):
    runs = [snapshot({"a": S.SUCCESS}, key=key, days=key) for key in (3, 1, 2)]
    edit = clear(runs[2].run, runs, ["a"], NOW, **reach)
    assert [found.run.run_key for found in edit.instances] == keys
    assert [found.run.run_key for found in edit.runs] == keys


def test_one_map_index_is_cleared_with_everything_below():
    spec = dag(task("m", expansion=Expansion((("x", LengthLiteral(2)),))), task("end", "m"))
    before = snapshot({("m", 0): S.SUCCESS, ("m", 1): S.FAILED, "m": S.REMOVED, "end": S.UPSTREAM_FAILED}, spec=spec)
    edit = clear(before.run, [before], ["m"], NOW, map_indexes=[1], downstream=True)
    assert states(edit) == {("m", 1): S.NONE, "end": S.NONE}


def test_an_edit_is_written_as_guarded_rows_with_their_history():
    before = snapshot({"a": S.RUNNING}, run_state=RunState.RUNNING)
    changes = clear(before.run, [before], ["a"], NOW).changes(NOW, "cli:root")
    update = changes.instance_updates[0]
    assert (update.expect, update.expect_try, update.values["state"]) == (S.RUNNING, "try-a", S.RESTARTING)
    assert [(row.kind, row.old, row.new, row.who) for row in changes.outbox] == [
        ("run", "running", "running", "cli:root"),
        ("task", "running", "restarting", "cli:root"),
    ]


# --- marking -----------------------------------------------------------------------------------------------------------


def test_marking_a_failed_task_lets_the_run_go_on_below_it():
    before = snapshot({"a": S.FAILED, "b": S.UPSTREAM_FAILED, "c": S.UPSTREAM_FAILED, "d": S.FAILED})
    edit = mark_tasks(before.run, [before], ["a"], S.SUCCESS, NOW)
    assert states(edit) == {"a": S.SUCCESS, "b": S.NONE, "c": S.NONE}
    assert edit.runs[0].values["state"] is RunState.QUEUED


def test_marking_what_runs_stops_it():
    before = snapshot({"a": S.RUNNING, "b": S.NONE}, run_state=RunState.RUNNING, start_date=START)
    edit = mark_tasks(before.run, [before], ["a"], S.FAILED, NOW)
    assert states(edit) == {"a": S.FAILED}
    assert [instance.task_id for _, instance in edit.kill] == ["a"]
    assert edit.instances[0].values["duration_s"] == 3600
    assert not edit.runs


@pytest.mark.parametrize(
    ("directions", "expected"),
    [({}, "b"), ({"upstream": True}, "a b"), ({"downstream": True}, "b c"), ({"past": True}, "b b")],
)
def test_marking_reaches_up_down_and_back(directions, expected):
    runs = [snapshot(dict.fromkeys("abcd", S.NONE), key=key, days=key, run_state=RunState.RUNNING) for key in (1, 2)]
    edit = mark_tasks(runs[1].run, runs, ["b"], S.SUCCESS, NOW, **directions)
    assert [found.instance.task_id for found in edit.instances] == expected.split()


def test_teardowns_below_are_not_marked():
    before = snapshot(dict.fromkeys(["s", "w", "x", "t"], S.NONE), spec=SETUPS, run_state=RunState.RUNNING)
    assert "t" not in states(mark_tasks(before.run, [before], ["w"], S.SUCCESS, NOW, downstream=True))


def test_a_task_cannot_be_marked_as_running():
    before = snapshot({"a": S.NONE})
    with pytest.raises(ValueError, match="success, failed, skipped, not as running"):
        mark_tasks(before.run, [before], ["a"], S.RUNNING, NOW)


@pytest.mark.parametrize(("verdict", "running"), [(RunState.SUCCESS, S.SUCCESS), (RunState.FAILED, S.FAILED)])
def test_marking_a_run_ends_what_runs_and_skips_the_rest(verdict, running):
    before = snapshot({"a": S.SUCCESS, "b": S.RUNNING, "c": S.NONE, "d": S.UP_FOR_RETRY}, run_state=RunState.RUNNING)
    edit = mark_run(before, verdict, NOW)
    assert states(edit) == {"b": running, "c": S.SKIPPED, "d": S.SKIPPED}
    assert [instance.task_id for _, instance in edit.kill] == ["b"]
    assert edit.runs[0].values["state"] is verdict


def test_a_run_with_a_teardown_to_do_is_not_ended_by_its_mark():
    before = snapshot({"s": S.SUCCESS, "w": S.RUNNING, "t": S.NONE}, spec=SETUPS, run_state=RunState.RUNNING)
    edit = mark_run(before, RunState.FAILED, NOW)
    assert states(edit) == {"w": S.FAILED} and not edit.runs


def test_every_edit_follows_the_table_of_transitions():
    events = {
        S.NONE: {TaskEvent.CLEARED},
        S.RESTARTING: {TaskEvent.CLEARED_WHILE_ACTIVE},
        S.SUCCESS: {TaskEvent.MARKED_SUCCESS},
        S.FAILED: {TaskEvent.MARKED_FAILED},
        S.SKIPPED: {TaskEvent.MARKED_SKIPPED},
    }
    for state in TaskState:
        before = snapshot({"a": state}, run_state=RunState.RUNNING)
        edits = [clear(before.run, [before], ["a"], NOW), mark_run(before, RunState.FAILED, NOW)]
        edits += [mark_tasks(before.run, [before], ["a"], mark, NOW) for mark in (S.SUCCESS, S.FAILED, S.SKIPPED)]
        for found in (found for edit in edits for found in edit.instances):
            assert any(TRANSITIONS.get((state, event)) is found.state for event in events[found.state])
