"""Backfills: which runs are made, joined, run again or left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from tests.services.conftest import World, a_task
from tradewind.core.records import RunRecord
from tradewind.core.spec import TimetableSpec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.services import backfills, runs
from tradewind.services.backfills import Action, Reprocess, Request
from tradewind.services.errors import Busy, Invalid

UTC = timezone.utc


def at(day: int) -> datetime:
    return datetime(2025, 1, day, 6, tzinfo=UTC)


THREE_DAYS = Request("nightly", at(2), at(4), {})


def actions(world: World, request: Request) -> list[tuple[int, str]]:
    steps = backfills.plan_backfill(world.services, request)
    return [(step.planned.logical_date.day, step.action.value) for step in steps if step.planned.logical_date]


def existing(world: World, day: int, state: TaskState) -> RunRecord:
    run = runs.trigger_run(world.services, "nightly", logical_date=at(day))
    world.begin(run, extract=TaskState.SUCCESS, load=state)
    return world.reload(run)


def test_both_ends_of_the_range_count(world: World):
    world.add_dag(paused=True)
    assert actions(world, THREE_DAYS) == [(2, "create"), (3, "create"), (4, "create")]


def test_dates_whose_interval_is_not_over_are_left_out(world: World):
    world.add_dag()
    assert actions(world, replace(THREE_DAYS, first=at(8), last=at(20))) == [(8, "create"), (9, "create")]


def test_its_runs_are_queued_with_their_conf_and_intervals(world: World):
    world.add_dag(paused=True)
    started = backfills.start_backfill(world.services, replace(THREE_DAYS, conf={"a": 1}))
    made = [world.services.store.runs.by_key(key) for key in started.run_keys]
    assert [run.run_id for run in made if run] == [f"backfill__2025-01-0{day}T06:00:00+00:00" for day in (2, 3, 4)]
    first = made[0]
    assert first is not None
    assert (first.state, first.run_type, first.conf) == (RunState.QUEUED, RunType.BACKFILL, '{"a": 1}')
    assert (first.data_interval_start, first.data_interval_end) == (at(2), at(3))
    assert first.backfill_id == started.backfill_id
    assert world.rings


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (THREE_DAYS, "skip"),
        (replace(THREE_DAYS, reprocess=Reprocess.FAILED), "rerun"),
        (replace(THREE_DAYS, reprocess=Reprocess.COMPLETED), "rerun"),
        (replace(THREE_DAYS, rerun_failed_tasks=True), "rerun failed tasks"),
    ],
)
def test_what_happens_to_a_failed_run_is_for_the_user_to_say(world: World, request_: Request, expected: str):
    world.add_dag()
    existing(world, 3, TaskState.FAILED)
    assert dict(actions(world, request_))[3] == expected


def test_a_run_that_succeeded_is_run_again_only_when_completed_ones_are(world: World):
    world.add_dag()
    existing(world, 3, TaskState.SUCCESS)
    assert dict(actions(world, replace(THREE_DAYS, reprocess=Reprocess.FAILED)))[3] == "skip"
    assert dict(actions(world, replace(THREE_DAYS, reprocess=Reprocess.COMPLETED)))[3] == "rerun"


def test_a_run_that_is_under_way_is_joined_in_airflow_2_and_left_alone_in_airflow_3(world: World):
    world.add_dag()
    run = existing(world, 3, TaskState.NONE)
    assert dict(actions(world, THREE_DAYS))[3] == "skip"
    started = backfills.start_backfill(world.services, replace(THREE_DAYS, join_existing=True))
    assert run.run_key in started.run_keys


def test_a_run_that_is_run_again_becomes_part_of_the_backfill(world: World):
    world.add_dag()
    run = existing(world, 3, TaskState.FAILED)
    request = replace(THREE_DAYS, reprocess=Reprocess.FAILED, conf={"again": True})
    started = backfills.start_backfill(world.services, request)
    now = world.reload(run)
    assert (now.state, now.run_type, now.backfill_id, now.conf) == (
        RunState.QUEUED,
        RunType.BACKFILL,
        started.backfill_id,
        '{"again": true}',
    )
    assert world.states(run) == {"extract": TaskState.NONE, "load": TaskState.NONE}


def test_rerunning_failed_tasks_keeps_what_succeeded(world: World):
    world.add_dag()
    run = existing(world, 3, TaskState.FAILED)
    backfills.start_backfill(world.services, replace(THREE_DAYS, rerun_failed_tasks=True))
    assert world.states(run) == {"extract": TaskState.SUCCESS, "load": TaskState.NONE}


def test_backwards_the_newest_date_is_made_first_and_is_the_first_to_run(world: World):
    world.add_dag()
    started = backfills.start_backfill(world.services, replace(THREE_DAYS, run_backwards=True))
    days = [world.services.store.runs.by_key(key).logical_date.day for key in started.run_keys]  # type: ignore[union-attr]
    assert days == [4, 3, 2]
    assert world.services.store.engine.unfinished_runs() == list(started.run_keys)


def test_marking_success_makes_ended_runs_with_all_their_tasks(world: World):
    world.add_dag()
    started = backfills.start_backfill(world.services, replace(THREE_DAYS, mark_success=True))
    assert set(backfills.states(world.services, started.run_keys).values()) == {RunState.SUCCESS}
    run = world.services.store.runs.by_key(started.run_keys[0])
    assert run is not None and set(world.states(run).values()) == {TaskState.SUCCESS}


def test_a_second_backfill_waits_for_the_first_and_may_start_when_its_runs_have_ended(world: World):
    world.add_dag("nightly", a_task("load"))
    started = backfills.start_backfill(world.services, THREE_DAYS)
    with pytest.raises(Busy, match=f"number {started.backfill_id}"):
        backfills.start_backfill(world.services, replace(THREE_DAYS, last=at(5)))
    for key in started.run_keys:
        run = world.services.store.runs.by_key(key)
        assert run is not None
        world.begin(run, load=TaskState.SUCCESS)
    again = backfills.start_backfill(world.services, replace(THREE_DAYS, last=at(5)))
    assert [step.action for step in again.steps] == [Action.SKIP, Action.SKIP, Action.SKIP, Action.CREATE]


def test_a_backfill_without_anything_to_do_is_not_stored(world: World):
    world.add_dag()
    started = backfills.start_backfill(world.services, replace(THREE_DAYS, first=at(20), last=at(21)))
    assert (started.backfill_id, started.steps, started.run_keys) == (None, [], ())
    assert world.services.store.backfills.list() == []


def test_what_cannot_be_backfilled_is_refused_with_the_reason(world: World):
    world.add_dag("manual", timetable=TimetableSpec(can_be_scheduled=False))
    world.add_dag("chained", a_task("load", depends_on_past=True))
    world.add_dag()
    for request, complaint in [
        (replace(THREE_DAYS, dag_id="manual"), "no regular schedule"),
        (replace(THREE_DAYS, dag_id="chained", run_backwards=True), "depends_on_past"),
        (replace(THREE_DAYS, last=at(1)), "before it begins"),
        (replace(THREE_DAYS, max_active_runs=0), "1 or more"),
    ]:
        with pytest.raises(Invalid, match=complaint):
            backfills.plan_backfill(world.services, request)
