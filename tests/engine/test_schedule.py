"""Runs that the schedule makes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.engine.world import DAILY, World, chain, dag, task
from tradewind.core.spec import TimetableSpec
from tradewind.core.states import RunState, TaskState


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2025, 1, day, hour, minute, tzinfo=timezone.utc)


def logical_dates(world: World) -> list[datetime | None]:
    return [run.logical_date for run in world.runs()]


def tutorial(**values):
    """The tutorial's DAG: daily at six, the second task depends on its past."""
    return dag(
        task("print_hello", retries=3),
        task("print_world", "print_hello", retries=3, depends_on_past=True),
        dag_id="flow",
        timetable=DAILY,
        **values,
    )


def test_the_tutorial_makes_exactly_two_runs_and_the_third_at_the_next_six_o_clock():
    world = World(tutorial(start_date=at(8), catchup=True), now=at(10, 9))
    world.settle()
    assert logical_dates(world) == [at(8, 6), at(9, 6)]
    assert [run.data_interval_end for run in world.runs()] == [at(9, 6), at(10, 6)]
    assert {run.state for run in world.runs()} == {RunState.SUCCESS}
    world.clock.set(at(11, 5, 59))
    world.settle()
    assert len(world.runs()) == 2
    world.clock.set(at(11, 6))
    world.settle()
    assert logical_dates(world)[2:] == [at(10, 6)]
    assert world.runs()[2].state is RunState.SUCCESS


def test_depends_on_past_holds_the_second_run_until_the_first_has_done_the_task():
    world = World(tutorial(start_date=at(8), catchup=True), now=at(10, 9))
    world.takes("print_world", timedelta(minutes=5))
    world.settle()
    first, second = world.runs()
    assert world.state(first.run_key, "print_world") is TaskState.RUNNING
    waiting = world.instance(second.run_key, "print_world")
    assert waiting.state is TaskState.NONE
    assert first.run_id in waiting.waiting_for
    world.pass_time(timedelta(minutes=5))
    assert world.state(second.run_key, "print_world") is TaskState.RUNNING


@pytest.mark.parametrize(
    ("catchup", "expected"),
    [(True, [at(1, 6), at(2, 6), at(3, 6), at(4, 6)]), (False, [at(4, 6)])],
)
def test_catchup_decides_what_was_missed(catchup, expected):
    world = World(dag(task("t"), timetable=DAILY, start_date=at(1), catchup=catchup), now=at(5, 12))
    world.settle()
    assert logical_dates(world) == expected


def test_a_paused_dag_makes_no_runs_and_makes_them_at_once_when_it_is_un_paused():
    world = World(
        dag(task("t"), timetable=DAILY, start_date=at(1), catchup=True, is_paused_upon_creation=True), now=at(3, 12)
    )
    world.settle()
    assert world.runs() == []
    world.store.dags.set_paused(["flow"], False, who="test", now=world.clock.now())
    world.ring()
    world.settle()
    assert logical_dates(world) == [at(1, 6), at(2, 6)]


def test_a_manual_run_of_a_paused_dag_waits_for_it():
    world = World(dag(task("t"), is_paused_upon_creation=True))
    run = world.run()
    assert world.run_state(run) is RunState.QUEUED
    world.store.dags.set_paused(["flow"], False, who="test", now=world.clock.now())
    world.ring()
    world.settle()
    assert world.run_state(run) is RunState.SUCCESS


def test_no_more_runs_run_at_once_than_max_active_runs():
    world = World(dag(task("t"), timetable=DAILY, start_date=at(1), catchup=True, max_active_runs=2), now=at(20))
    world.takes("t", timedelta(minutes=1))
    world.settle()
    assert len(world.runs()) == 2
    world.pass_time(timedelta(minutes=30))
    assert len(world.runs()) == 18
    assert {run.state for run in world.runs()} == {RunState.SUCCESS}


def test_manual_runs_wait_for_room_too():
    world = World(dag(task("t"), max_active_runs=1))
    world.takes("t", timedelta(minutes=1))
    keys = [world.trigger(), world.trigger()]
    world.settle()
    assert [world.run_state(key) for key in keys] == [RunState.RUNNING, RunState.QUEUED]
    world.pass_time(timedelta(minutes=3))
    assert [world.run_state(key) for key in keys] == [RunState.SUCCESS, RunState.SUCCESS]


def test_once_runs_once():
    world = World(dag(task("t"), timetable=TimetableSpec(kind="once"), start_date=at(1)), now=at(5))
    world.pass_time(timedelta(days=3))
    assert len(world.runs()) == 1


def test_a_new_engine_goes_on_where_the_last_one_stopped():
    world = World(dag(*chain("a", "b"), timetable=DAILY, start_date=at(1), catchup=True), now=at(3, 12))
    world.settle()
    world.start_engine()
    world.pass_time(timedelta(days=1))
    assert logical_dates(world) == [at(1, 6), at(2, 6), at(3, 6)]


def test_after_failures_in_a_row_the_dag_pauses_itself():
    world = World(
        dag(
            task("t"),
            timetable=DAILY,
            start_date=at(1),
            catchup=True,
            max_active_runs=1,
            max_consecutive_failed_dag_runs=3,
        ),
        now=at(20),
    )
    world.fails("t")
    world.settle()
    assert len(world.runs()) == 3
    record = world.store.dags.get("flow")
    assert record is not None and record.is_paused and "3 runs failed" in record.paused_reason
