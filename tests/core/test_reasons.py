"""Every answer to "why does it not run?", as its reader sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.test_past import facts
from tests.core.world import World, dag, run_record, task
from tradewind.core import messages
from tradewind.core.dispatch import Candidate, Dispatcher
from tradewind.core.reasons import Reason, decode_reasons, encode_reasons, run_queued_reason, why_not
from tradewind.core.spec import Expansion, LengthOf
from tradewind.core.states import RunState, TaskEvent, TaskState


def why(world, task_id, dispatcher=None, map_index=-1):
    found = why_not(world.view, world.view.instances[task_id, map_index], dispatcher, world.clock)
    return [(reason.kind, reason.text) for reason in found]


def test_a_task_names_the_upstreams_it_waits_for():
    world = World(dag(task("a"), task("b"), task("c", "a", "b")))
    world.start("a")
    assert why(world, "c") == [
        (
            "trigger_rule",
            "Trigger rule all_success: all upstream tasks must succeed. Not ended yet: 'a' (running), 'b' (scheduled).",
        )
    ]


def test_a_long_list_of_upstreams_is_cut():
    above = [f"u{n}" for n in range(8)]
    world = World(dag(*(task(name) for name in above), task("c", *above)))
    assert why(world, "c")[0][1].endswith("'u4' (scheduled) and 3 more.")


def test_a_mapped_task_waits_for_what_it_is_mapped_over():
    world = World(dag(task("src"), task("m", "src", expansion=Expansion((("x", LengthOf("src")),)))))
    assert why(world, "m") == [("mapped_source", "It is mapped over the result of 'src', which is not there yet.")]


def test_a_retry_says_when_and_a_sensor_too():
    world = World(dag(task("a", retries=1, retry_delay_s=90), task("s")))
    world.fails("a")
    assert why(world, "a") == [("retry_delay", "Try 1 failed; the next one starts at 2024-01-01 00:01:30 UTC (90 s).")]
    world.start("s")
    world.end("s", messages.Rescheduled(world.clock + timedelta(seconds=5)))
    assert why(world, "s") == [("reschedule", "The sensor looks again at 2024-01-01 00:00:05 UTC (5 s).")]
    assert not [text for kind, text in why(world, "a") if kind == "trigger_rule"]


def test_a_deferred_task_waits_for_its_trigger():
    world = World(dag(task("a")))
    world.start("a")
    world.end("a", messages.Deferred(classpath="x", kwargs="{}", next_method="go", timeout_s=60))
    assert why(world, "a") == [("deferred", "It waits for its trigger, at most until 2024-01-01 00:01:00 UTC.")]


def test_the_past_the_pause_and_the_run_are_reasons():
    world = World(dag(task("t", depends_on_past=True)), past=facts({"t": TaskState.RUNNING}))
    world.view.paused = True
    assert [kind for kind, _ in why(world, "t")] == ["dag_paused", "past"]
    queued = World(dag(task("t")), begin=False, run=run_record(state=RunState.QUEUED))
    queued.view.new_instance(queued.graph.nodes["t"], -1)
    assert [kind for kind, _ in why(queued, "t")] == ["run_queued"]


def test_a_task_without_a_slot_asks_the_dispatcher():
    world = World(dag(task("a"), task("b")))
    dispatcher = Dispatcher({"default_pool": 1}, 32)
    for instance in world.plan.ready:
        dispatcher.offer(Candidate.of(world.graph, world.view.run, instance))
    dispatcher.grant(world.clock)
    assert [kind for kind, _ in why(world, "b", dispatcher)] == ["pool"]
    assert why(world, "b") == []


def test_what_can_never_happen_says_so():
    world = World(dag(task("a"), task("b", "a", trigger_rule="all_skipped")), begin=False)
    for node in world.graph.ordered:
        world.view.new_instance(node, -1)
    world.view.apply(world.view.instances["a", -1], TaskEvent.REMOVED, world.clock)
    found = why_not(world.view, world.view.instances["b", -1], None, world.clock)[0]
    assert found.text.endswith("and that cannot happen any more.") and found.remedy


@pytest.mark.parametrize("end", ["running", "success", "upstream_failed", "restarting"])
def test_every_other_state_explains_itself(end):
    world = World(dag(task("a"), task("b", "a")))
    instance = world.start("a")
    target = "a"
    if end == "success":
        world.succeeds("a")
    elif end == "upstream_failed":
        world.fails("a")
        target = "b"
    elif end == "restarting":
        world.view.apply(instance, TaskEvent.CLEARED_WHILE_ACTIVE, world.clock)
    text = why(world, target)[-1][1]
    assert (
        text
        == {
            "running": "It runs already.",
            "success": "'a' has ended (success).",
            "upstream_failed": "'b' is upstream_failed: its rule all_success could not be met. Above it: 'a' (failed).",
            "restarting": "It was cleared while it ran; its try is being stopped.",
        }[end]
    )


def test_reasons_survive_the_store():
    reasons = (Reason(kind="pool", text="…", holder="big"), Reason(kind="turn", text="x"))
    assert decode_reasons(encode_reasons(reasons)) == reasons
    assert encode_reasons(()) == "" and decode_reasons("") == ()


def test_a_queued_run_names_those_that_run():
    reason = run_queued_reason("d", 2, {"r1": 1, "r2": 1})
    assert reason.text == "2 runs of DAG 'd' run, and max_active_runs is 2." and reason.holder == "'r1', 'r2'"
