"""The audit log: one entry for each thing that somebody does by a command or the API, written with the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from tests.services.conftest import World, a_task
from tradewind.core.records import OutboxRecord, RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.services import backfills, clearing, dags, marking, runs, selections
from tradewind.services.session import AUDIT, Services
from tradewind.store.errors import RunExists


def entries(world: World) -> list[OutboxRecord]:
    return world.services.store.outbox.since(0, kinds=[AUDIT])


def alice(world: World) -> Services:
    return replace(world.services, who="api:alice", address="10.0.0.7")


def a_run(world: World, **states: TaskState) -> RunRecord:
    """Of DAG `etl` with the one task `one`, made by nobody; begun when its state is given."""
    world.add_dag("etl", a_task("one"))
    run = runs.trigger_run(replace(world.services, who="engine"), "etl", run_id="first")
    if states:
        world.begin(run, **states)
    return world.reload(run)


def test_a_run_is_triggered(world: World) -> None:
    world.add_dag("etl")
    conf = {"region": "eu", "password": "hunter2"}
    run = runs.trigger_run(alice(world), "etl", run_id="first", conf=conf, note="by hand")
    (entry,) = entries(world)
    assert (entry.why, entry.who, entry.dag_id, entry.run_id) == ("run.trigger", "api:alice", "etl", "first")
    assert entry.run_key == run.run_key and entry.detail["from"] == "10.0.0.7"
    after = entry.detail["after"]
    assert after["conf"] == {"region": "eu", "password": "***"} and after["note"] == "by hand"


def test_what_could_not_be_done_has_no_entry(world: World) -> None:
    a_run(world)
    with pytest.raises(RunExists):
        runs.trigger_run(alice(world), "etl", run_id="first")
    assert entries(world) == []


def test_what_a_task_does_is_history_and_no_audit(world: World) -> None:
    run = a_run(world, one=TaskState.SUCCESS)
    clearing.clear(replace(world.services, who="operator:task"), selections.select_from_run(world.services, run))
    assert world.states(run) == {"one": TaskState.NONE}
    assert entries(world) == []


def test_dags_are_paused_and_deleted(world: World) -> None:
    for dag_id in ("a", "b"):
        world.add_dag(dag_id)
    dags.set_paused(alice(world), ["a", "b", "no such"], True)
    dags.set_paused(alice(world), ["a", "b"], True)
    dags.set_paused(alice(world), ["b"], False)
    dags.delete_dag(alice(world), "a")
    told = [(entry.why, entry.dag_id, entry.detail["before"]) for entry in entries(world)]
    assert told[:3] == [
        ("dag.pause", "a", {"is_paused": False}),
        ("dag.pause", "b", {"is_paused": False}),
        ("dag.unpause", "b", {"is_paused": True}),
    ]
    assert told[3][:2] == ("dag.delete", "a") and told[3][2]["runs"] == 0


def test_a_run_is_deleted(world: World) -> None:
    run = a_run(world)
    runs.delete_run(alice(world), run)
    (entry,) = entries(world)
    assert (entry.why, entry.run_id) == ("run.delete", "first")
    assert entry.detail["before"] == {"state": "queued", "run_type": "manual"}


@pytest.mark.parametrize(
    ("act", "event", "state"),
    [
        (lambda own, run: clearing.clear(own, selections.select_from_run(own, run)), "task.clear", TaskState.SUCCESS),
        (
            lambda own, run: marking.mark_tasks(own, run, ["one"], TaskState.FAILED),
            "task.mark_failed",
            TaskState.SUCCESS,
        ),
        (lambda own, run: marking.mark_run(own, run, RunState.FAILED), "run.mark_failed", TaskState.NONE),
    ],
)
def test_what_is_cleared_or_marked_is_told_once(
    world: World, act: Callable[[Services, RunRecord], object], event: str, state: TaskState
) -> None:
    run = a_run(world, one=state)
    act(alice(world), run)
    (entry,) = entries(world)
    assert (entry.why, entry.dag_id, entry.run_id, entry.task_id) == (event, "etl", "first", "one")
    assert entry.detail["after"]["instances"] == ["first one[-1]"]


def test_what_changes_nothing_is_not_told(world: World) -> None:
    run = a_run(world, one=TaskState.FAILED)
    marking.mark_tasks(alice(world), run, ["one"], TaskState.FAILED)
    clearing.preview(alice(world), selections.select_from_run(world.services, run))
    marking.mark_tasks(alice(world), run, ["one"], TaskState.SUCCESS, dry_run=True)
    assert entries(world) == []


def test_a_cleared_task_is_started_whatever_it_depends_on(world: World) -> None:
    run = a_run(world, one=TaskState.FAILED)
    clearing.clear(replace(world.services, who="engine"), selections.select_from_run(world.services, run))
    clearing.start_anyway(alice(world), run, "one", -1)
    (entry,) = entries(world)
    assert (entry.why, entry.task_id, entry.map_index) == ("task.start_anyway", "one", -1)


def test_a_backfill_has_one_entry_whatever_it_makes(world: World) -> None:
    world.add_dag("etl")
    first, last = (datetime(2025, 1, day, 6, tzinfo=timezone.utc) for day in (2, 4))
    started = backfills.start_backfill(alice(world), backfills.Request("etl", first, last, {}))
    (entry,) = entries(world)
    assert (entry.why, entry.dag_id) == ("backfill.create", "etl")
    assert entry.detail["after"]["runs"] == {"create": 3}
    assert started.backfill_id is not None
    backfill = world.services.store.backfills.get(started.backfill_id)
    assert backfill is not None
    backfills.cancel_backfill(alice(world), backfill)
    assert [entry.why for entry in entries(world)] == ["backfill.create", "backfill.cancel"]
