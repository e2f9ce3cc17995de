"""One run, from its creation to its end."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from tests.engine.world import START, World, chain, dag, task
from tradewind.core.messages import Exited, ExitInfo, Lost, Rescheduled, SetXCom, Succeeded
from tradewind.core.spec import Expansion, LengthOf
from tradewind.core.states import RunState, TaskState, TriggerRule


def test_a_chain_runs_in_order_and_the_run_succeeds():
    world = World(dag(*chain("extract", "clean", "load")))
    run = world.run()
    assert [one.task_id for one in world.started] == ["extract", "clean", "load"]
    assert world.run_state(run) is RunState.SUCCESS
    assert set(world.states(run).values()) == {"success"}


def test_every_step_of_a_task_is_in_the_history_in_order():
    world = World(dag(task("only")))
    run = world.run()
    steps = [(row.old, row.new) for row in world.store.outbox.history(run, "only")]
    assert steps == [("none", "scheduled"), ("scheduled", "queued"), ("queued", "running"), ("running", "success")]


def test_a_failed_task_waits_out_its_delay_before_it_is_tried_again():
    world = World(dag(task("load", retries=1, retry_delay_s=300)))
    world.fails("load", tries=1)
    run = world.trigger()
    world.pass_time(timedelta(minutes=4))
    assert world.state(run, "load") is TaskState.UP_FOR_RETRY
    world.pass_time(timedelta(minutes=2))
    assert world.state(run, "load") is TaskState.SUCCESS
    assert [one.state for one in world.tries(run, "load")] == [TaskState.UP_FOR_RETRY, TaskState.SUCCESS] or [
        one.state for one in world.tries(run, "load")
    ] == [TaskState.FAILED, TaskState.SUCCESS]


def test_a_failure_reaches_what_is_below_and_the_run():
    world = World(dag(*chain("extract", "load"), task("tidy", "load", trigger_rule=TriggerRule.ALL_DONE)))
    world.fails("extract")
    run = world.run()
    assert world.states(run) == {"extract": "failed", "load": "upstream_failed", "tidy": "success"}
    assert world.run_state(run) is RunState.SUCCESS  # its only leaf succeeded


def test_a_task_that_needs_no_work_is_completed_by_the_engine():
    world = World(dag(task("join", inline=True), task("after", "join")))
    run = world.run()
    assert [one.task_id for one in world.started] == ["after"]
    assert world.run_state(run) is RunState.SUCCESS


def test_a_mapped_task_gets_an_instance_for_each_item_that_its_source_returned():
    world = World(
        dag(task("list"), task("each", "list", expansion=Expansion((("x", LengthOf("list")),))), task("after", "each"))
    )

    def returns_three(task_try):
        value = SetXCom(
            dag_id="flow", run_id=task_try.run.run_id, task_id="list", key="return_value", value="[1,2,3]", length=3
        )
        return Succeeded(xcoms=[value]), timedelta(0)

    world.endings["list"] = returns_three
    run = world.run()
    assert world.states(run) == {
        "list": "success",
        "each[0]": "success",
        "each[1]": "success",
        "each[2]": "success",
        "after": "success",
    }
    [kept] = world.store.xcoms.get(run, ["list"])
    assert kept.created_at is not None
    assert [one.map_lengths for one in world.started if one.task_id == "each"] == [{"x": 3}] * 3


def test_a_rescheduled_sensor_goes_on_with_the_same_try():
    world = World(dag(task("wait")))
    pokes = []

    def ending(task_try):
        pokes.append((task_try.try_number, task_try.reschedule_count, task_try.first_started_at))
        if len(pokes) < 3:
            return Rescheduled(world.clock.now() + timedelta(minutes=1)), timedelta(0)
        return Succeeded(), timedelta(0)

    world.endings["wait"] = ending
    began = world.clock.now()
    run = world.run()
    assert [poke[:2] for poke in pokes] == [(1, 0), (1, 1), (1, 2)]
    assert [poke[2] for poke in pokes] == [None, began, began]
    assert len(world.tries(run, "wait")) == 1
    assert world.state(run, "wait") is TaskState.SUCCESS


def test_a_lost_try_is_made_again_without_using_up_a_retry():
    world = World(dag(task("work", retries=0)))
    world.endings["work"] = lambda one: (
        (Lost(cause="host_lost", detail="the host was killed"), timedelta(0))
        if one.try_number == 1
        else (Succeeded(), timedelta(0))
    )
    run = world.run()
    first, second = world.tries(run, "work")
    assert (first.state, first.cause, first.error) == (TaskState.FAILED, "host_lost", "the host was killed")
    assert second.state is TaskState.SUCCESS
    assert world.run_state(run) is RunState.SUCCESS


def test_a_run_that_takes_too_long_fails_and_its_tries_are_stopped():
    world = World(dag(*chain("slow", "after"), dagrun_timeout_s=60))
    world.takes("slow", timedelta(minutes=10))
    run = world.trigger()
    world.pass_time(timedelta(minutes=2))
    assert world.run_state(run) is RunState.FAILED
    assert not world.executor.running
    assert world.states(run) == {"slow": "skipped", "after": "skipped"}


def test_no_more_tries_run_at_once_than_there_are_slots():
    world = World(dag(*(task(f"t{n}") for n in range(10))), parallelism=3)
    for n in range(10):
        world.takes(f"t{n}", timedelta(minutes=1))
    world.trigger()
    world.settle()
    assert len(world.executor.running) == 3
    world.pass_time(timedelta(minutes=4))
    assert len(world.started) == 10


def test_a_task_that_takes_its_host_along_again_and_again_fails_by_itself():
    world = World(dag(task("work", retries=0)))
    world.endings["work"] = lambda _one: (Lost(cause="host_lost", detail="killed"), timedelta(0))
    run = world.run()
    assert [one.cause for one in world.tries(run, "work")] == ["host_lost"] * 3
    assert "3 times in a row" in world.tries(run, "work")[-1].error
    assert world.run_state(run) is RunState.FAILED


def test_a_task_that_waits_for_a_slot_says_what_holds_it():
    world = World(dag(task("first"), task("second")), parallelism=1)
    world.takes("first", timedelta(minutes=1))
    run = world.trigger()
    world.pass_time(timedelta(seconds=5))
    assert "parallelism" in world.instance(run, "second").waiting_for
    world.pass_time(timedelta(minutes=2))
    assert world.instance(run, "second").state is TaskState.SUCCESS
    assert world.instance(run, "second").waiting_for in ("", "[]")


def test_how_a_process_went_is_written_after_its_end_and_only_then_forgotten():
    world = World(dag(*chain("a", "b")))
    world.takes("a", timedelta(hours=1))
    run_key = world.trigger()
    world.settle()
    forgotten = []
    world.executor.forget = forgotten.append
    try_id = world.tries(run_key, "a")[0].try_id
    ended = world.executor.running.pop(try_id)
    seen = ExitInfo(pid=7, started_at=START, ended_at=START)
    world.engine.state.emit(msgspec.structs.replace(ended, exit=seen, exit_follows=True))
    world.settle()
    assert world.states(run_key) == {"a": "success", "b": "success"}
    assert world.tries(run_key, "a")[0].exit_code is None and try_id not in forgotten
    gone = msgspec.structs.replace(seen, exit_code=0, peak_rss_kb=30_000, cpu_s=0.25)
    world.engine.state.emit(Exited(try_id, gone))
    world.settle()
    (written,) = world.tries(run_key, "a")
    assert (written.state, written.exit_code, written.peak_rss_kb, written.cpu_s) == (
        TaskState.SUCCESS,
        0,
        30_000,
        0.25,
    )
    assert try_id in forgotten


def test_a_process_that_nobody_saw_going_changes_nothing_and_is_forgotten():
    world = World(dag(task("a")))
    run_key = world.run()
    forgotten = []
    world.executor.forget = forgotten.append
    (before,) = world.tries(run_key, "a")
    world.engine.state.emit(Exited(before.try_id, ExitInfo()))
    world.settle()
    assert world.tries(run_key, "a") == [before] and forgotten == [before.try_id]
