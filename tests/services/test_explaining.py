"""Why a task does not run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.services.conftest import MORNING, World, a_task
from tradewind.core.states import RunState, TaskState
from tradewind.services import dags, explaining, jobs, marking, runs
from tradewind.services.errors import Unknown


@pytest.fixture
def alive(world: World) -> World:
    """A world with a scheduler that gives signs of life."""
    world.add_dag("nightly", a_task("extract"), a_task("load", "extract"), max_active_runs=1)
    world.services.store.jobs.heartbeat("e1", jobs.ENGINE, "here", 7, "running", world.clock.now())
    return world


def kinds(answer: explaining.Answer) -> list[str]:
    return [reason.kind for reason in answer.reasons]


def test_without_a_scheduler_that_comes_first(world: World):
    world.add_dag(paused=True)
    run = runs.trigger_run(world.services, "nightly")
    answer = explaining.why(world.services, run, "extract")
    assert kinds(answer)[:2] == ["engine", "dag_paused"]
    assert all(reason.remedy or reason.kind == "run_queued" for reason in answer.reasons)


def test_a_scheduler_that_has_been_silent_for_too_long_counts_as_dead(alive: World):
    run = runs.trigger_run(alive.services, "nightly")
    assert "engine" not in kinds(explaining.why(alive.services, run, "extract"))
    alive.clock.advance(seconds=31)
    assert "engine" in kinds(explaining.why(alive.services, run, "extract"))


def test_a_queued_run_names_the_run_that_holds_max_active_runs(alive: World):
    first = runs.trigger_run(alive.services, "nightly", run_id="first")
    alive.begin(first, extract=TaskState.RUNNING)
    second = runs.trigger_run(alive.services, "nightly", run_id="second", logical_date=MORNING + timedelta(0, 1))
    alive.clock.advance(seconds=2)
    answer = explaining.why(alive.services, second, "extract")
    held = next(reason for reason in answer.reasons if reason.kind == "max_active_runs")
    assert held.holder == "first"


def test_a_run_in_the_future_says_when_it_starts(alive: World):
    run = runs.trigger_run(alive.services, "nightly", logical_date=MORNING + timedelta(hours=1))
    (reason,) = explaining.why(alive.services, run, "extract").reasons
    assert "starts at 2025-01-10 10:00:00 UTC" in reason.text


def test_a_waiting_task_names_its_upstream(alive: World):
    run = runs.trigger_run(alive.services, "nightly")
    alive.begin(run, extract=TaskState.RUNNING)
    (reason,) = explaining.why(alive.services, alive.reload(run), "load").reasons
    assert reason.kind == "trigger_rule" and "extract" in reason.text


def test_a_running_and_an_ended_task_are_told_apart(alive: World):
    run = runs.trigger_run(alive.services, "nightly")
    alive.begin(run, extract=TaskState.SUCCESS, load=TaskState.RUNNING)
    assert kinds(explaining.why(alive.services, alive.reload(run), "load")) == ["active"]
    marking.mark_run(alive.services, alive.reload(run), RunState.FAILED)
    assert "final" in kinds(explaining.why(alive.services, alive.reload(run), "load"))


def test_a_task_that_is_not_there_is_named(alive: World):
    run = runs.trigger_run(alive.services, "nightly")
    with pytest.raises(Unknown, match="Did you mean 'extract'"):
        explaining.why(alive.services, run, "extrakt")


def test_depends_on_past_names_the_previous_run(world: World):
    world.add_dag("nightly", a_task("load", depends_on_past=True))
    world.services.store.jobs.heartbeat("e1", jobs.ENGINE, "here", 7, "running", world.clock.now())
    before = runs.trigger_run(world.services, "nightly", run_id="before", logical_date=MORNING - timedelta(days=1))
    world.begin(before, load=TaskState.FAILED)
    dag = dags.get_dag(world.services, "nightly")
    assert dag.spec.catchup  # so the previous automated run counts, and a manual one does not
    run = runs.trigger_run(world.services, "nightly")
    world.begin(run)
    assert "past" not in kinds(explaining.why(world.services, world.reload(run), "load"))


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (60, "1 minute"), (7200, "2 hours"), (-3, "0 s")])
def test_spans_are_told_in_words(seconds: int, text: str):
    assert explaining.since_text(MORNING - timedelta(seconds=seconds), MORNING) == text
