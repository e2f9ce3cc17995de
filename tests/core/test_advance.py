"""How a run goes on: from its first instances to its end, with what can happen on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.world import START, World, dag, run_record, succeeded, task
from tradewind.core import advance, messages
from tradewind.core.run_view import IllegalTransition
from tradewind.core.spec import Expansion, GroupSpec, LengthConcat, LengthLiteral, LengthOf, LengthZip
from tradewind.core.states import RunState, RunType, TaskEvent, TaskState, TriggerRule

S = TaskState


def over(*inputs):
    return Expansion(tuple((f"x{n}", found) for n, found in enumerate(inputs)))


# --- plain runs --------------------------------------------------------------------------------------------------------


def test_only_roots_are_ready_at_first_and_others_say_what_they_wait_for():
    world = World(dag(task("a"), task("b", "a")))
    assert set(world.ready) == {("a", -1)}
    assert [reason.kind for reason in world.view.instances["b", -1].waiting_for] == ["trigger_rule"]
    assert len(world.plan.created) == 2


def test_a_chain_runs_to_success():
    world = World(dag(task("a"), task("b", "a")))
    world.succeeds("a")
    assert world.state("b") is S.SCHEDULED and world.run_state is RunState.RUNNING
    world.succeeds("b")
    assert world.run_state is RunState.SUCCESS


def test_a_run_without_tasks_succeeds_at_once():
    assert World(dag()).run_state is RunState.SUCCESS


def test_a_failure_goes_down_and_the_run_names_it():
    world = World(dag(task("load"), task("b", "load"), task("c", "b")))
    world.fails("load")
    assert world.state("b") is world.state("c") is S.UPSTREAM_FAILED
    assert world.run_state is RunState.FAILED
    assert world.view.run.end_reason == "task 'load' failed"


def test_a_failed_task_waits_out_its_delay_before_it_is_scheduled_again():
    world = World(dag(task("load", retries=1, retry_delay_s=300)))
    world.fails("load")
    world.minutes(4)
    assert world.state("load") is S.UP_FOR_RETRY
    world.minutes(1)
    assert world.state("load") is S.SCHEDULED
    world.fails("load")
    assert world.state("load") is S.FAILED and world.run_state is RunState.FAILED


def test_a_timer_that_rings_too_early_or_twice_changes_nothing():
    world = World(dag(task("load", retries=1, retry_delay_s=300)))
    world.fails("load")
    instance = world.view.instances["load", -1]
    assert not advance.due(world.view, instance, world.clock)
    world.minutes(5)
    assert not advance.due(world.view, instance, world.clock)


def test_a_task_may_say_itself_when_and_whether_it_is_tried_again():
    world = World(dag(task("a", retries=3), task("b", retries=3)))
    world.fails("a", retry_delay_s=7)
    assert world.view.instances["a", -1].due_at == START + timedelta(seconds=7)
    world.fails("b", retry=False)
    assert world.state("b") is S.FAILED


def test_a_lost_try_is_made_again_and_uses_up_no_retry():
    world = World(dag(task("a", retries=1)))
    world.start("a")
    world.end("a", messages.Lost(cause="host_lost", fresh_interpreter=True))
    instance = world.view.instances["a", -1]
    assert instance.state is S.SCHEDULED and instance.max_tries == 2 and instance.fresh_interpreter
    world.fails("a")
    assert world.state("a") is S.UP_FOR_RETRY
    world.minutes(5)
    world.fails("a")
    assert world.state("a") is S.FAILED and instance.try_number == 3


def test_a_lost_try_of_a_task_without_retries_gives_it_none():
    world = World(dag(task("a")))
    world.start("a")
    world.end("a", messages.Lost(cause="host_lost"))
    world.fails("a")
    assert world.state("a") is S.FAILED


def test_a_rescheduled_sensor_goes_on_with_the_same_try():
    world = World(dag(task("wait")))
    world.start("wait")
    first = world.view.instances["wait", -1].first_started_at
    world.end("wait", messages.Rescheduled(world.clock + timedelta(minutes=1)))
    assert world.state("wait") is S.UP_FOR_RESCHEDULE
    world.minutes(1)
    instance = world.start("wait")
    assert (instance.try_number, instance.reschedule_count, instance.first_started_at) == (1, 1, first)
    world.succeeds("wait")
    assert world.run_state is RunState.SUCCESS


def test_a_task_without_work_is_completed_by_the_engine():
    world = World(dag(task("a", inline=True), task("b", "a", inline=True)))
    assert world.run_state is RunState.SUCCESS
    instance = world.view.instances["b", -1]
    assert instance.try_number == 1 and instance.start_date == instance.end_date == START


def test_an_end_that_comes_twice_or_too_late_changes_nothing():
    world = World(dag(task("a"), task("b", "a")))
    world.succeeds("a")
    instance = world.view.instances["a", -1]
    assert not advance.ended(world.view, instance, messages.Failed(), world.clock, world.clock)
    assert not advance.started(world.view, instance, world.clock, 1, "here")


def test_what_the_table_does_not_allow_is_refused_and_changes_nothing():
    world = World(dag(task("a")))
    instance = world.view.instances["a", -1]
    with pytest.raises(IllegalTransition, match=r"a\[-1\] is scheduled; 'delay_over' cannot happen"):
        world.view.apply(instance, TaskEvent.DELAY_OVER, world.clock)
    assert instance.state is S.SCHEDULED


def test_a_task_outside_of_its_own_dates_gets_no_instance_but_for_a_backfill():
    tasks = (task("old", end_date=START - timedelta(days=1)), task("b", "old"), task("new", start_date=START))
    assert set(World(dag(*tasks)).view.instances) == {("b", -1), ("new", -1)}
    backfill = World(dag(*tasks), run=run_record(run_type=RunType.BACKFILL))
    assert len(backfill.view.instances) == 3


def test_nothing_of_a_paused_dag_starts_until_it_is_unpaused():
    world = World(dag(task("a"), task("b", "a")), paused=True)
    assert not world.ready and world.run_state is RunState.RUNNING
    assert world.view.instances["a", -1].waiting_for[0].kind == "dag_paused"
    world.view.paused = False
    world.take(advance.advance(world.view, None, world.clock))
    assert set(world.ready) == {("a", -1)}


def test_unpausing_names_again_what_was_ready_before():
    world = World(dag(task("a")))
    plan = advance.advance(world.view, None, world.clock)
    assert [instance.key for instance in plan.ready] == [("a", -1)]
    world.view.paused = True
    assert not advance.advance(world.view, None, world.clock)


# --- ends of runs ------------------------------------------------------------------------------------------------------


def test_a_run_whose_last_tasks_recover_succeeds_though_one_failed():
    world = World(dag(task("a"), task("clean", "a", trigger_rule=TriggerRule.ALL_DONE)))
    world.fails("a")
    world.succeeds("clean")
    assert world.run_state is RunState.SUCCESS


def test_a_run_in_which_all_is_skipped_succeeds():
    world = World(dag(task("a"), task("b", "a")))
    world.skips("a")
    assert world.state("b") is S.SKIPPED and world.run_state is RunState.SUCCESS


@pytest.mark.parametrize(("fails_run", "expected"), [(False, RunState.SUCCESS), (True, RunState.FAILED)])
def test_a_teardown_that_fails_counts_only_when_it_was_told_to(fails_run, expected):
    world = World(
        dag(
            task("s", is_setup=True),
            task("w", "s"),
            task(
                "t",
                "s",
                "w",
                is_teardown=True,
                on_failure_fail_dagrun=fails_run,
                trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
            ),
        )
    )
    for task_id in ("s", "w"):
        world.succeeds(task_id)
    world.fails("t")
    assert world.run_state is expected


def test_work_waits_for_a_setup_that_is_further_up():
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
    world = World(
        dag(
            task("s", is_setup=True),
            task("a", "s"),
            task("b", "a", trigger_rule=TriggerRule.ALL_DONE),
            task("t", "s", "b", is_teardown=True, trigger_rule=rule),
        )
    )
    world.fails("s")
    assert world.state("a") is world.state("b") is world.state("t") is S.UPSTREAM_FAILED


def test_a_teardown_waits_for_all_tasks_between_it_and_its_setup():
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
    world = World(
        dag(
            task("s", is_setup=True),
            task("slow", "s"),
            task("end", "slow", trigger_rule=TriggerRule.ALWAYS),
            task("t", "s", "end", is_teardown=True, trigger_rule=rule),
        )
    )
    world.succeeds("s")
    world.succeeds("end")
    assert world.state("t") is S.NONE
    world.succeeds("slow")
    assert world.state("t") is S.SCHEDULED


def test_a_run_that_cannot_go_on_is_a_deadlock():
    world = World(dag(task("a"), task("b", "a", trigger_rule=TriggerRule.ALL_SKIPPED)), begin=False)
    for node in world.graph.ordered:
        world.view.new_instance(node, -1)
    # `a` is gone without having been skipped: what `b` waits for cannot happen.
    world.view.apply(world.view.instances["a", -1], TaskEvent.REMOVED, world.clock)
    world.take(advance.advance(world.view, ["b"], world.clock))
    assert world.run_state is RunState.FAILED
    assert world.view.run.end_reason.startswith("deadlock: nothing runs, and the trigger rules of 'b' cannot")


def test_a_run_over_its_time_is_failed_and_everything_unfinished_skipped():
    world = World(dag(task("a"), task("b"), task("c", "a"), dagrun_timeout_s=3600))
    world.start("a")
    plan = world.take(advance.time_out(world.view, world.clock))
    assert {world.state(t) for t in "abc"} == {S.SKIPPED}
    assert [(i.task_id, cause) for i, cause in plan.kill] == [("a", "dagrun_timeout")]
    assert [i.task_id for i in plan.unready] == ["b"]
    assert (world.run_state, world.view.run.end_reason) == (RunState.FAILED, "dagrun_timeout of 3600 s")


def test_fail_fast_stops_everything_but_teardowns():
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
    world = World(
        dag(
            task("s", is_setup=True),
            task("a", "s"),
            task("b", "s"),
            task("c", "b"),
            task("t", "a", "c", "s", is_teardown=True, trigger_rule=rule),
            fail_fast=True,
        )
    )
    world.succeeds("s")
    world.start("b")
    plan = world.fails("a")
    assert (world.state("b"), world.state("c"), world.state("t")) == (S.FAILED, S.SKIPPED, S.SCHEDULED)
    assert [(i.task_id, cause) for i, cause in plan.kill] == [("b", "fail_fast")]


# --- branches ----------------------------------------------------------------------------------------------------------


def branch(world: World, followed: list[str], skip: list[str], task_id: str = "pick") -> None:
    world.start(task_id)
    world.end(task_id, succeeded(world.view, task_id, decision={"followed": followed}, skip=skip))


def test_a_branch_skips_what_it_did_not_choose():
    world = World(
        dag(
            task("pick"),
            task("a", "pick"),
            task("b", "pick"),
            task("join", "a", "b", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS),
        )
    )
    branch(world, ["a"], ["b"])
    assert (world.state("a"), world.state("b")) == (S.SCHEDULED, S.SKIPPED)
    world.succeeds("a")
    assert world.state("join") is S.SCHEDULED


def test_a_branch_takes_back_what_waits_for_a_slot_and_spares_what_runs():
    tasks = [task(t, "pick", trigger_rule=TriggerRule.ALWAYS) for t in ("a", "b")]
    world = World(dag(task("pick"), *tasks))
    world.start("b")
    branch(world, [], ["a", "b"])
    assert (world.state("a"), world.state("b")) == (S.SKIPPED, S.RUNNING)
    assert ("a", -1) not in world.ready


def test_a_cleared_task_is_skipped_again_by_the_branch_above_it():
    world = World(dag(task("pick"), task("a", "pick"), task("b", "pick"), task("end", "a")))
    branch(world, ["a"], ["b"])
    world.view.apply(world.view.instances["b", -1], TaskEvent.CLEARED, world.clock)
    world.take(advance.advance(world.view, ["b"], world.clock))
    assert world.state("b") is S.SKIPPED


def test_a_branch_that_is_cleared_too_decides_anew():
    world = World(dag(task("pick"), task("a", "pick"), task("b", "pick"), task("end", "a")))
    branch(world, ["a"], ["b"])
    for task_id in ("pick", "b"):
        world.view.apply(world.view.instances[task_id, -1], TaskEvent.CLEARED, world.clock)
    world.take(advance.advance(world.view, None, world.clock))
    assert world.state("b") is S.NONE
    branch(world, ["a", "b"], [])
    assert world.state("b") is S.SCHEDULED


def test_a_task_mapped_over_literals_below_a_branch_that_did_not_choose_it_is_skipped():
    world = World(dag(task("pick"), task("m", "pick", expansion=over(LengthLiteral(2))), task("a", "pick")))
    branch(world, ["a"], ["m"])
    assert world.state("m", 0) is world.state("m", 1) is S.SKIPPED


# --- mapping -----------------------------------------------------------------------------------------------------------


def test_literals_are_expanded_at_once_and_results_when_they_are_known():
    world = World(
        dag(
            task("src"),
            task("lit", expansion=over(LengthLiteral(2), LengthLiteral(3))),
            task("dyn", "src", expansion=over(LengthOf("src"))),
            task("end", "dyn"),
        )
    )
    assert len(world.view.of("lit")) == 6
    assert world.state("dyn") is S.NONE
    world.succeeds("src", length=3)
    assert [world.state("dyn", n) for n in range(3)] == [S.SCHEDULED] * 3
    assert world.state("dyn") is S.REMOVED
    for index in range(3):
        assert world.state("end") is S.NONE
        world.succeeds("dyn", index)
    assert world.state("end") is S.SCHEDULED


@pytest.mark.parametrize(
    ("length", "expected"), [(0, S.SKIPPED), (None, S.UPSTREAM_FAILED)], ids=["empty", "not a list"]
)
def test_a_task_mapped_over_nothing_is_skipped_and_over_no_list_fails(length, expected):
    world = World(dag(task("src"), task("m", "src", expansion=over(LengthOf("src")))))
    world.succeeds("src", length=length)
    assert world.state("m") is expected


@pytest.mark.parametrize("rule", ["all_success", "all_done", "one_success", "all_failed", "none_failed"])
@pytest.mark.parametrize(("end", "expected"), [("fails", S.UPSTREAM_FAILED), ("skips", S.SKIPPED)])
def test_a_task_mapped_over_a_result_that_never_came_follows_its_source(rule, end, expected):
    mapped = task("m", "src", expansion=over(LengthOf("src")), trigger_rule=TriggerRule(rule))
    world = World(dag(task("src"), mapped))
    getattr(world, end)("src")
    if (rule, end) == ("one_success", "skips"):
        expected = S.SKIPPED
    assert world.state("m") is expected


def test_zip_takes_the_shortest_and_concat_the_sum():
    a, b = LengthOf("a"), LengthLiteral(2)
    world = World(
        dag(
            task("a"),
            task("zip", "a", expansion=over(LengthZip((a, b)))),
            task("fill", "a", expansion=over(LengthZip((a, b), fill=True))),
            task("concat", "a", expansion=over(LengthConcat((a, b)))),
        )
    )
    world.succeeds("a", length=3)
    assert [len(world.view.of(t)) for t in ("zip", "fill", "concat")] == [2, 3, 5]


def test_mapping_over_a_mapped_task_counts_the_instances_that_returned_something():
    world = World(
        dag(
            task("a", expansion=over(LengthLiteral(3))),
            task("b", "a", expansion=over(LengthOf("a")), trigger_rule=TriggerRule.ALL_DONE),
        )
    )
    world.succeeds("a", 0)
    world.fails("a", 1)
    world.succeeds("a", 2)
    assert len(world.view.of("b")) == 2


def test_a_mapped_task_that_runs_again_is_fitted_to_its_new_length():
    spec = dag(task("src"), task("m", "src", expansion=over(LengthOf("src"))), task("end", "m"))
    world = World(spec)
    for length in (3, 2, 4):
        if length != 3:
            for instance in list(world.view.instances.values()):
                if instance.state not in (S.NONE, S.REMOVED):
                    world.view.apply(instance, TaskEvent.CLEARED, world.clock)
            world.take(advance.advance(world.view, None, world.clock))
            assert not any(i.state is S.SCHEDULED for i in world.view.of("m"))
        world.succeeds("src", length=length)
        assert [world.state("m", n) for n in range(length)] == [S.SCHEDULED] * length
        if length == 2:
            assert world.state("m", 2) is S.REMOVED
        for index in range(length):
            world.succeeds("m", index)
        assert world.state("end") is S.SCHEDULED
        world.succeeds("end") if length == 4 else world.ready.clear()
    assert world.run_state is RunState.SUCCESS


def group(*tasks, expansion, **values):
    return dag(*tasks, groups=[GroupSpec(group_id="g", expansion=expansion, children=("g.a", "g.b"))], **values)


def test_tasks_of_a_mapped_group_look_at_their_own_index_only():
    world = World(
        group(
            task("g.a", group="g"),
            task("g.b", "g.a", group="g", trigger_rule=TriggerRule.ONE_FAILED),
            task("end", "g.b", trigger_rule=TriggerRule.ALL_DONE),
            expansion=over(LengthLiteral(2)),
        )
    )
    world.fails("g.a", 0)
    assert (world.state("g.b", 0), world.state("g.b", 1)) == (S.SCHEDULED, S.NONE)
    world.succeeds("g.a", 1)
    assert world.state("g.b", 1) is S.SKIPPED
    assert world.state("end") is S.NONE
    world.succeeds("g.b", 0)
    assert world.state("end") is S.SCHEDULED


def test_a_mapped_group_over_a_result_is_expanded_as_a_whole():
    world = World(
        group(
            task("src"),
            task("g.a", "src", group="g"),
            task("g.b", "g.a", group="g"),
            expansion=over(LengthOf("src")),
        )
    )
    world.succeeds("src", length=2)
    assert [world.state("g.b", n) for n in range(2)] == [S.NONE, S.NONE]
    world.succeeds("g.a", 1)
    assert [world.state("g.b", n) for n in range(2)] == [S.NONE, S.SCHEDULED]


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_every_rule_inside_a_mapped_group_over_a_result_comes_to_an_end(rule):
    world = World(
        group(
            task("src"),
            task("g.a", "src", group="g"),
            task("g.b", "g.a", group="g", trigger_rule=rule),
            expansion=over(LengthOf("src")),
        )
    )
    world.succeeds("src", length=2)
    world.succeeds("g.a", 0)
    world.fails("g.a", 1)
    for key in list(world.ready):
        world.succeeds(*key)
    assert world.run_state.is_final


def test_a_mapped_group_inside_a_mapped_group_multiplies_and_stays_aligned():
    groups = [
        GroupSpec(group_id="o", expansion=over(LengthLiteral(2)), children=("o.a", "o.i")),
        GroupSpec(group_id="o.i", parent="o", expansion=over(LengthLiteral(3)), children=("o.i.b",)),
    ]
    world = World(
        dag(task("o.a", group="o"), task("o.i.b", "o.a", group="o.i"), task("o.c", "o.i.b", group="o"), groups=groups)
    )
    assert len(world.view.of("o.i.b")) == 6
    world.succeeds("o.a", 1)
    assert [n for n in range(6) if world.state("o.i.b", n) is S.SCHEDULED] == [3, 4, 5]
    for index in (3, 4):
        world.succeeds("o.i.b", index)
    assert world.state("o.c", 1) is S.NONE
    world.succeeds("o.i.b", 5)
    assert (world.state("o.c", 0), world.state("o.c", 1)) == (S.NONE, S.SCHEDULED)


def test_a_branch_inside_a_mapped_group_decides_for_its_own_index():
    spec = group(task("g.a", group="g"), task("g.b", "g.a", group="g"), expansion=over(LengthLiteral(2)))
    world = World(spec)
    world.start("g.a", 0)
    world.end("g.a", succeeded(world.view, "g.a", 0, decision={"followed": []}, skip=["g.b"]), 0)
    world.start("g.a", 1)
    world.end("g.a", succeeded(world.view, "g.a", 1, decision={"followed": ["g.b"]}), 1)
    assert (world.state("g.b", 0), world.state("g.b", 1)) == (S.SKIPPED, S.SCHEDULED)


# --- clearing while it runs --------------------------------------------------------------------------------------------


def test_a_task_cleared_while_it_runs_starts_over_when_its_try_has_ended():
    world = World(dag(task("a"), task("b", "a")))
    instance = world.start("a")
    world.view.apply(instance, TaskEvent.CLEARED_WHILE_ACTIVE, world.clock)
    world.end("a", messages.Failed(cause="killed"))
    assert instance.state is S.SCHEDULED and world.state("b") is S.NONE
    assert world.start("a").try_number == 2


def test_a_retry_whose_upstream_was_cleared_waits_for_it():
    world = World(dag(task("a"), task("b", "a", retries=1)))
    world.succeeds("a")
    world.fails("b")
    world.view.apply(world.view.instances["a", -1], TaskEvent.CLEARED, world.clock)
    world.take(advance.advance(world.view, ["a"], world.clock))
    world.minutes(5)
    assert world.state("b") is S.UP_FOR_RETRY
    world.succeeds("a")
    assert world.state("b") is S.SCHEDULED
