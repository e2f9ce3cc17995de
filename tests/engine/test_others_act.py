"""Users and other processes change the store while the engine works."""

from __future__ import annotations

from datetime import timedelta

from tests.engine.world import World, chain, dag, task
from tradewind.core.changes import Changes, InstanceUpdate, RunUpdate
from tradewind.core.records import OutboxRecord, PoolRecord
from tradewind.core.states import RunState, TaskState


def change(world: World, run_key: int, task_id: str, expect: TaskState, **values) -> None:
    """What a service does: one guarded transaction with its row in the outbox."""
    run = world.store.runs.by_key(run_key)
    assert run is not None
    changes = Changes(
        instance_updates=[InstanceUpdate(run_key, task_id, -1, expect, values)],
        outbox=[
            OutboxRecord(
                at=world.clock.now(),
                kind="task",
                dag_id=run.dag_id,
                run_id=run.run_id,
                run_key=run_key,
                task_id=task_id,
                old=expect.value,
                new=str(values["state"]),
                who="test",
            )
        ],
    )
    assert world.store.edit(changes) is None


def test_a_running_task_that_is_cleared_is_stopped_and_made_again():
    world = World(dag(*chain("work", "after")))
    world.takes("work", timedelta(minutes=10))
    run = world.trigger()
    world.settle()
    change(world, run, "work", TaskState.RUNNING, state=TaskState.RESTARTING)
    world.ring()
    world.settle()
    assert [one.task_id for one in world.started] == ["work", "work"]
    assert world.state(run, "work") is TaskState.RUNNING
    world.pass_time(timedelta(minutes=11))
    first, second = world.tries(run, "work")
    assert (first.cause, second.state) == ("killed", TaskState.SUCCESS)
    assert world.run_state(run) is RunState.SUCCESS


def test_a_running_task_that_is_marked_success_is_stopped_and_the_run_goes_on():
    world = World(dag(*chain("work", "after")))
    world.takes("work", timedelta(minutes=10))
    run = world.trigger()
    world.settle()
    now = world.clock.now()
    change(world, run, "work", TaskState.RUNNING, state=TaskState.SUCCESS, end_date=now)
    world.ring()
    world.settle()
    assert not world.executor.running
    assert world.states(run) == {"work": "success", "after": "success"}
    assert world.run_state(run) is RunState.SUCCESS


def test_what_a_user_did_wins_when_a_try_ends_at_the_same_moment():
    """The user's transaction is in the store, and the ring has not been heard yet: the guard of the update finds it."""
    world = World(dag(*chain("work", "after")))
    world.takes("work", timedelta(minutes=10))
    run = world.trigger()
    world.settle()
    change(world, run, "work", TaskState.RUNNING, state=TaskState.FAILED, end_date=world.clock.now())
    world.pass_time(timedelta(minutes=10))  # the try ends, and succeeds; nobody rang
    assert world.states(run) == {"work": "failed", "after": "upstream_failed"}
    assert world.run_state(run) is RunState.FAILED
    assert world.tries(run, "work")[0].state is TaskState.SUCCESS


def test_a_finished_run_that_is_cleared_runs_again_beside_its_history():
    world = World(dag(*chain("a", "b")))
    run = world.run()
    record = world.store.runs.by_key(run)
    assert record is not None
    cleared = {"state": TaskState.NONE, "start_date": None, "end_date": None, "max_tries": 1}
    changes = Changes(
        run_updates=[RunUpdate(run, RunState.SUCCESS, {"state": RunState.QUEUED, "end_date": None, "clear_number": 1})],
        instance_updates=[InstanceUpdate(run, "b", -1, TaskState.SUCCESS, cleared)],
        outbox=[
            OutboxRecord(
                at=world.clock.now(),
                kind="run",
                dag_id="flow",
                run_id=record.run_id,
                run_key=run,
                new="queued",
                who="test",
            )
        ],
    )
    assert world.store.edit(changes) is None
    world.ring()
    world.settle()
    assert world.run_state(run) is RunState.SUCCESS
    assert [one.try_number for one in world.tries(run, "b")] == [1, 2]
    assert [one.try_number for one in world.tries(run, "a")] == [1]


def test_a_deleted_run_is_forgotten_and_its_tries_are_stopped():
    world = World(dag(task("work")))
    world.takes("work", timedelta(minutes=10))
    run = world.trigger()
    world.settle()
    world.store.runs.delete(
        run, OutboxRecord(at=world.clock.now(), kind="run", dag_id="flow", run_key=run, new="deleted", who="test")
    )
    world.ring()
    world.pass_time(timedelta(minutes=1))
    assert not world.executor.running
    assert world.store.runs.by_key(run) is None


def test_a_smaller_pool_holds_tasks_back_and_a_larger_one_lets_them_go():
    world = World(dag(*(task(f"t{n}", pool="db") for n in range(4))))
    for n in range(4):
        world.takes(f"t{n}", timedelta(minutes=5))
    world.store.pools.set(_pool("db", 1), outbox=_note(world, "pool"))
    world.ring()
    world.trigger()
    world.settle()
    assert len(world.executor.running) == 1
    world.store.pools.set(_pool("db", 3), outbox=_note(world, "pool"))
    world.ring()
    world.settle()
    assert len(world.executor.running) == 3


def _pool(name: str, slots: int):
    return PoolRecord(name=name, slots=slots)


def _note(world: World, kind: str) -> OutboxRecord:
    return OutboxRecord(at=world.clock.now(), kind=kind, who="test")
