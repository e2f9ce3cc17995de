"""What holds for every DAG, every order of ends and every moment of a crash."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.world import World, succeeded
from tests.strategies import ENDS, EPOCH, candidates, dags
from tradewind.core import advance, messages
from tradewind.core.dispatch import Dispatcher
from tradewind.core.readiness import judge
from tradewind.core.run_view import Tally
from tradewind.core.states import FINAL, RunState, TaskEvent, TaskState, TriggerRule
from tradewind.core.trigger_rules import Verdict

PLAY = settings(max_examples=120, deadline=None)


def worker(seed: int, end_of: dict[str, str] | None = None):
    """A worker whose outcomes depend on the instance and its try only, not on the order of ends."""

    def outcome(view, instance):
        rng = random.Random(
            f"{seed}/{instance.task_id}/{instance.map_index}/{instance.try_number}/{instance.reschedule_count}"
        )
        what = rng.choice(ENDS)
        if what == "fail":
            return messages.Failed(retry=rng.random() < 0.8)
        if what == "skip":
            return messages.Skipped()
        if what == "lost" and instance.try_number < 4:
            return messages.Lost(cause="host_lost")
        if what == "reschedule" and instance.reschedule_count < 2:
            return messages.Rescheduled(EPOCH + timedelta(hours=1))
        if what == "branch" and instance.map_index < 0:
            below = [t for t in view.graph.downstream_ids(instance.task_id) if rng.random() < 0.5]
            others = [t for t in view.graph.downstream_ids(instance.task_id) if t not in below]
            return succeeded(view, instance.task_id, decision={"followed": below}, skip=others)
        length = rng.choice([None, 0, 1, 2, 3])
        return succeeded(view, instance.task_id, instance.map_index, length=length, returns=what != "nothing")

    return outcome


def check_counts(world: World) -> None:
    """The counts that are kept are those one gets by counting."""
    view = world.view
    assert view.unfinished == sum(not i.state.is_final for i in view.instances.values())
    assert view.idle == sum(i.state is TaskState.NONE for i in view.instances.values())
    for node in world.graph.ordered:
        tally = Tally()
        for instance in view.of(node.task_id):
            tally.add(instance.state)
        kept = view.tallies[node.task_id]
        assert (kept.by_state, kept.total, kept.done) == (tally.by_state, tally.total, tally.done)


@PLAY
@given(dags(), st.integers(0, 1000), st.integers(0, 1000))
def test_every_run_ends_and_its_final_states_stay(spec, seed, order):
    world = World(spec)
    world.play(worker(seed), random.Random(order), spread=20)
    assert world.run_state.is_final
    check_counts(world)
    assert all(i.state.is_final or "deadlock" in world.view.run.end_reason for i in world.view.instances.values())
    for transition in world.plan.transitions:
        if transition.old in FINAL:
            # A branch may still skip what another upstream had failed; a removed instance may come back.
            assert (transition.old, transition.event) in {
                (TaskState.UPSTREAM_FAILED, TaskEvent.RULE_SKIPPED),
                (TaskState.REMOVED, TaskEvent.RESTORED),
            }


@PLAY
@given(dags(rules=(TriggerRule.ALL_SUCCESS,)), st.integers(0, 1000), st.integers(0, 1000))
def test_nothing_starts_before_its_upstreams_succeeded(spec, seed, order):
    world = World(spec)
    play = worker(seed)

    def careful(view, instance):
        node = view.graph.nodes[instance.task_id]
        if instance.task.trigger_rule is TriggerRule.ALL_SUCCESS and not node.paired:
            inbound = view.inbound[instance.task_id]
            assert inbound[TaskState.SUCCESS] + inbound[TaskState.REMOVED] == inbound.total
        return play(view, instance)

    world.play(careful, random.Random(order), spread=20)


@PLAY
@given(dags(), st.integers(0, 1000), st.integers(0, 1000))
def test_what_is_left_waiting_has_nothing_to_follow_from_it(spec, seed, order):
    world = World(spec)
    play = worker(seed)

    def looking(view, instance):
        for waiting in view.waiting():
            assert judge(view, view.graph.nodes[waiting.task_id], waiting.map_index) is Verdict.WAIT
        assert not [t for t in advance.advance(view, None, world.clock).transitions]
        return play(view, instance)

    world.play(looking, random.Random(order), spread=20)


@PLAY
@given(dags(), st.integers(0, 1000), st.integers(0, 1000))
def test_the_same_snapshot_gives_the_same_plan(spec, seed, order):
    def told(world):
        return [(t.instance.key, t.old, t.new, t.event, t.why, t.at) for t in world.plan.transitions], [
            i.key for i in world.plan.created
        ]

    worlds = [World(spec) for _ in range(2)]
    for world in worlds:
        world.play(worker(seed), random.Random(order), spread=20)
    assert told(worlds[0]) == told(worlds[1])


@PLAY
@given(dags(), st.integers(0, 1000), st.integers(0, 1000))
def test_a_crash_between_any_two_events_changes_nothing(spec, seed, order):
    steady, crashed = World(spec), World(spec)
    steady.play(worker(seed), random.Random(order), spread=20)
    reloading = worker(seed)

    def crashing(view, instance):
        key = instance.key
        crashed.reload()
        crashed.running[key] = crashed.view.instances[key]
        check_counts(crashed)
        return reloading(crashed.view, crashed.view.instances[key])

    crashed.play(crashing, random.Random(order), spread=20)
    assert (crashed.run_state, crashed.states) == (steady.run_state, steady.states)


@PLAY
@given(dags(), st.integers(0, 1000), st.integers(0, 1000), st.data())
def test_a_cleared_run_ends_again(spec, seed, order, data):
    world = World(spec)
    world.play(worker(seed), random.Random(order), spread=20)
    done = [i for i in world.view.instances.values() if i.state is not TaskState.REMOVED]
    chosen = data.draw(st.sets(st.sampled_from(range(len(done))))) if done else set()
    for index in sorted(chosen):
        done[index].max_tries = done[index].try_number + done[index].task.retries
        world.view.apply(done[index], TaskEvent.CLEARED, world.clock)
    world.view.run = msgspec.structs.replace(world.view.run, state=RunState.RUNNING)
    world.reload()
    world.play(worker(seed + 1), random.Random(order), spread=20)
    assert world.run_state.is_final
    check_counts(world)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_slots_never_exceed_a_limit_and_everyone_is_served(data):
    pools = {"p": data.draw(st.integers(3, 6)), "q": data.draw(st.integers(3, 4))}
    parallelism = data.draw(st.integers(1, 6))
    dispatcher = Dispatcher(pools, parallelism)
    at_work, waiting = {}, {}
    for number in range(data.draw(st.integers(1, 40))):
        action = data.draw(st.sampled_from(["offer", "offer", "grant", "release", "withdraw"]))
        if action == "offer":
            found = data.draw(candidates(number))
            waiting[found.key] = found
            dispatcher.offer(found)
        elif action == "release" and at_work:
            key = data.draw(st.sampled_from(sorted(at_work)))
            del at_work[key]
            dispatcher.released(key)
        elif action == "withdraw" and waiting:
            key = data.draw(st.sampled_from(sorted(waiting)))
            del waiting[key]
            dispatcher.withdraw(key)
        elif action == "grant":
            _serve(dispatcher, waiting, at_work, pools, parallelism)
    for _ in range(200):
        _serve(dispatcher, waiting, at_work, pools, parallelism)
        if not at_work:
            break
        key = min(at_work)
        del at_work[key]
        dispatcher.released(key)
    assert not waiting and dispatcher.waiting == dispatcher.holding == 0
    assert not dispatcher._limits


def _serve(dispatcher, waiting, at_work, pools, parallelism):
    for found in dispatcher.grant(EPOCH):
        assert waiting.pop(found.key) is found
        at_work[found.key] = found
    held = at_work.values()
    assert len(at_work) <= parallelism
    for name, slots in pools.items():
        assert sum(c.pool_slots for c in held if c.pool == name) <= slots
    assert max(Counter((c.run_key) for c in held if c.counts_per_run).values(), default=0) <= 3
    assert sum(not c.counts_per_run for c in held) <= 2
    for dag_id in "ab":
        assert sum(c.dag_id == dag_id and c.task_id == "x" for c in held) <= 2
    per_run = Counter((c.run_key, c.task_id) for c in held if c.task_id in "xy")
    assert max(per_run.values(), default=0) <= 1
