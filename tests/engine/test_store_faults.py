"""The database goes away, or the engine dies, between any two writes: nothing is lost, nothing is done twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.engine.world import World, chain, dag, task
from tradewind.core.changes import Changes, Conflict
from tradewind.core.messages import Failed, Succeeded
from tradewind.core.states import RunState, TaskState, TriggerRule
from tradewind.store.errors import StoreBusy, StoreFull, StoreUnavailable


class Dies(Exception):
    """The engine was killed."""


class FaultyCommits:
    """Stands before `store.engine.commit`: call number `at` does not go as planned."""

    def __init__(self, world: World, at: int, how: str) -> None:
        self.real = world.store.engine.commit
        self.calls = 0
        self.at = at
        self.how = how
        world.store.engine.commit = self  # type: ignore[method-assign]

    def __call__(self, changes: Changes) -> Conflict | None:
        self.calls += 1
        if self.calls != self.at:
            return self.real(changes)
        if self.how.endswith("after"):
            self.real(changes)
        if self.how.startswith("away"):
            raise StoreUnavailable("the server closed the connection", outcome_unknown=self.how.endswith("after"))
        raise Dies


def flow():
    return dag(
        task("start", retries=1, retry_delay_s=60),
        task("left", "start"),
        task("right", "start", retries=2, retry_delay_s=60),
        task("join", "left", "right", trigger_rule=TriggerRule.ALL_DONE),
        task("last", "join", inline=True),
    )


def prepared() -> World:
    world = World(flow())
    world.fails("start", tries=1)
    world.fails("right", tries=2)
    world.takes("left", timedelta(minutes=3))
    return world


EXPECTED = {"start": "success", "left": "success", "right": "success", "join": "success", "last": "success"}
TRIES = {"start": 2, "left": 1, "right": 3, "join": 1, "last": 0}


@pytest.mark.parametrize("at", range(1, 26))
@pytest.mark.parametrize("how", ["away", "away-after"])
def test_a_database_that_goes_away_is_waited_for(at: int, how: str):
    world = prepared()
    FaultyCommits(world, at, how)
    run = world.run()
    assert world.states(run) == EXPECTED
    assert world.run_state(run) is RunState.SUCCESS
    assert {name: len(world.tries(run, name)) for name in TRIES} == TRIES


@pytest.mark.parametrize("at", range(1, 40))
@pytest.mark.parametrize("how", ["away", "away-after"])
def test_a_run_that_was_only_given_a_slot_is_not_forgotten(at: int, how: str):
    """With one slot for two runs, the end of a task of one gives its slot to the other."""
    world = World(dag(*chain("a", "b", "c")), parallelism=1)
    world.takes("b", timedelta(minutes=3))
    FaultyCommits(world, at, how)
    runs = [world.trigger(run_id="first"), world.trigger(run_id="second")]
    world.pass_time(timedelta(hours=1))
    assert [world.run_state(run) for run in runs] == [RunState.SUCCESS, RunState.SUCCESS]
    assert [len(world.tries(run, name)) for run in runs for name in "abc"] == [1] * 6


@pytest.mark.parametrize("trouble", [StoreBusy, StoreFull, StoreUnavailable])
@pytest.mark.parametrize("at", range(1, 6))
def test_a_read_that_finds_the_database_in_trouble_loses_no_queued_run(at: int, trouble: type[Exception]):
    world = World(dag(*chain("a", "b")))
    real, calls = world.store.engine.load_run, []

    def load_run(run_key: int) -> object:
        calls.append(run_key)
        if len(calls) == at:
            raise trouble("not now")
        return real(run_key)

    world.store.engine.load_run = load_run  # type: ignore[method-assign, assignment]
    runs = [world.trigger(run_id="first"), world.trigger(run_id="second")]
    world.pass_time(timedelta(hours=1))
    assert [world.run_state(run) for run in runs] == [RunState.SUCCESS, RunState.SUCCESS]


@pytest.mark.parametrize("trouble", [StoreBusy, StoreFull])
@pytest.mark.parametrize("at", range(1, 12))
def test_a_locked_database_and_a_full_disk_are_waited_for(at: int, trouble: type[Exception]):
    world = prepared()
    real, calls = world.store.engine.commit, []

    def commit(changes: Changes) -> Conflict | None:
        calls.append(changes)
        if len(calls) in (at, at + 1):
            raise trouble("not now")
        return real(changes)

    world.store.engine.commit = commit  # type: ignore[method-assign]
    run = world.run()
    assert world.states(run) == EXPECTED
    assert {name: len(world.tries(run, name)) for name in TRIES} == TRIES


@pytest.mark.parametrize("at", range(1, 26))
@pytest.mark.parametrize("how", ["dies", "dies-after"])
def test_a_killed_engine_is_followed_by_one_that_goes_on(at: int, how: str):
    world = prepared()
    faults = FaultyCommits(world, at, how)
    run = world.trigger()
    try:
        world.pass_time(timedelta(hours=1))
    except Dies:
        world.executor.running.clear()  # its tries died with it
        world.start_engine()
        world.pass_time(timedelta(hours=1))
    assert world.states(run) == EXPECTED
    assert world.run_state(run) is RunState.SUCCESS
    for name, count in TRIES.items():
        tries = world.tries(run, name)
        lost = [one for one in tries if one.cause == "host_lost"]
        assert [one.try_number for one in tries] == list(range(1, len(tries) + 1))
        assert len(lost) <= 1 and len(tries) - len(lost) <= count, f"{name} after commit {faults.at}"
        assert all(one.end_date is not None and one.state is not TaskState.RUNNING for one in tries)


def test_an_error_of_ours_about_one_event_does_not_stop_the_others(caplog):
    world = World(dag(*chain("a", "b")))
    world.engine.state.inbox.append(object())
    run = world.run()
    assert world.run_state(run) is RunState.SUCCESS
    assert "could not handle object" in caplog.text


def test_results_of_one_batch_may_be_mixed():
    world = World(dag(task("good"), task("bad")))
    world.endings["good"] = lambda _one: (Succeeded(), timedelta(0))
    world.endings["bad"] = lambda _one: (Failed(error="no"), timedelta(0))
    run = world.run()
    assert world.states(run) == {"good": "success", "bad": "failed"}
    assert world.run_state(run) is RunState.FAILED
