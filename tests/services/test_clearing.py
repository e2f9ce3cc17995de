"""Clearing and marking through the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.services.conftest import MORNING, World, a_task
from tradewind.core.changes import Changes, InstanceUpdate
from tradewind.core.edits import InstanceEdit
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.services import clearing, marking, runs, selections
from tradewind.services.errors import Contended, Invalid, Unknown

DONE, FAILED, NONE = TaskState.SUCCESS, TaskState.FAILED, TaskState.NONE


@pytest.fixture
def days(world: World) -> list[RunRecord]:
    """Three ended runs of extract → transform → load; the second one failed in transform."""
    world.add_dag("nightly", a_task("extract"), a_task("transform", "extract", retries=2), a_task("load", "transform"))
    found = []
    for day in range(3):
        run = runs.trigger_run(world.services, "nightly", logical_date=MORNING - timedelta(days=3 - day))
        broken = day == 1
        world.begin(
            run,
            extract=DONE,
            transform=FAILED if broken else DONE,
            load=TaskState.UPSTREAM_FAILED if broken else DONE,
        )
        found.append(world.reload(run))
    world.rings.clear()
    return found


def names(edited: list[InstanceEdit]) -> list[str]:
    return [f"{edit.run.logical_date:%d}.{edit.instance.task_id}" for edit in edited]


def test_the_dry_run_lists_exactly_what_is_cleared_and_changes_nothing(world: World, days: list[RunRecord]):
    selection = selections.select_by_date(world.services, "nightly", task_regex="^trans", downstream=True)
    listed = names(clearing.preview(world.services, selection))
    assert listed == ["07.transform", "07.load", "08.transform", "08.load", "09.transform", "09.load"]
    assert world.states(days[0])["load"] is DONE and not world.rings
    assert names(clearing.clear(world.services, selection)) == listed
    assert world.states(days[0]) == {"extract": DONE, "transform": NONE, "load": NONE}
    assert world.rings


def test_a_cleared_run_is_queued_again_and_its_task_may_be_tried_as_often_as_before(
    world: World, days: list[RunRecord]
):
    selection = selections.select_from_run(world.services, days[0], ["transform"])
    clearing.clear(world.services, selection)
    assert world.reload(days[0]).state is RunState.QUEUED
    assert world.services.store.instances.get(days[0].run_key, "transform").max_tries == 2  # type: ignore[union-attr]


def test_a_run_may_stay_ended_until_somebody_queues_it(world: World, days: list[RunRecord]):
    selection = selections.select_from_run(world.services, days[0], ["load"])
    clearing.clear(world.services, selection, clearing.Options(requeues=False))
    assert world.states(days[0])["load"] is NONE
    assert world.reload(days[0]).state is RunState.SUCCESS
    marking.set_run_state(world.services, world.reload(days[0]), RunState.QUEUED)
    assert world.reload(days[0]).state is RunState.QUEUED and world.states(days[0])["load"] is NONE


def test_only_failed_takes_failed_and_upstream_failed(world: World, days: list[RunRecord]):
    selection = selections.select_by_date(world.services, "nightly")
    only_failed = clearing.Options(only_failed=True)
    assert names(clearing.preview(world.services, selection, only_failed)) == ["08.transform", "08.load"]


def test_dates_bound_the_runs_inclusively(world: World, days: list[RunRecord]):
    selection = selections.select_by_date(
        world.services,
        "nightly",
        task_regex="extract",
        logical_from=days[1].logical_date,
        logical_to=days[1].logical_date,
    )
    assert names(clearing.preview(world.services, selection)) == ["08.extract"]


@pytest.mark.parametrize(
    ("past", "future", "expected"),
    [
        (False, False, ["08.extract"]),
        (True, False, ["07.extract", "08.extract"]),
        (False, True, ["08.extract", "09.extract"]),
        (True, True, ["07.extract", "08.extract", "09.extract"]),
    ],
)
def test_past_and_future_reach_to_other_runs(
    world: World, days: list[RunRecord], past: bool, future: bool, expected: list[str]
):
    selection = selections.select_from_run(world.services, days[1], ["extract"], past=past, future=future)
    assert names(clearing.preview(world.services, selection)) == expected


def test_a_task_that_is_not_there_is_named_with_its_nearest(world: World, days: list[RunRecord]):
    with pytest.raises(Unknown, match="Did you mean 'transform'"):
        selections.select_by_date(world.services, "nightly", task_regex="transfrom")


def test_when_the_engine_was_faster_the_clear_decides_again(
    world: World, days: list[RunRecord], monkeypatch: pytest.MonkeyPatch
):
    store, run = world.services.store, days[0]
    commit, interfered = store.edit, []

    def edit(changes: Changes) -> object:
        if not interfered:
            interfered.append(True)
            other = Changes(instance_updates=[InstanceUpdate(run.run_key, "extract", -1, DONE, {"state": FAILED})])
            assert commit(other) is None
        return commit(changes)

    monkeypatch.setattr(store, "edit", edit)
    cleared = clearing.clear(world.services, selections.select_from_run(world.services, run, ["extract"]))
    assert [edit.instance.state for edit in cleared] == [FAILED]
    assert world.states(run)["extract"] is NONE


def test_rows_that_never_hold_still_end_in_a_sentence(
    world: World, days: list[RunRecord], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(world.services.store, "edit", lambda changes: object())
    with pytest.raises(Contended, match="Nothing was written"):
        clearing.clear(world.services, selections.select_from_run(world.services, days[0], ["extract"]))


def test_marking_a_task_as_success_lets_the_run_go_on_below_it(world: World, days: list[RunRecord]):
    marking.mark_tasks(world.services, days[1], ["transform"], DONE)
    assert world.states(days[1]) == {"extract": DONE, "transform": DONE, "load": NONE}
    assert world.reload(days[1]).state is RunState.QUEUED


def test_marking_can_be_tried_first(world: World, days: list[RunRecord]):
    edit = marking.mark_tasks(world.services, days[1], ["transform"], DONE, dry_run=True)
    assert names(edit.instances) == ["08.transform", "08.load"]
    assert world.states(days[1])["transform"] is FAILED


def test_marking_a_run_as_failed_ends_what_was_left(world: World):
    world.add_dag("nightly", a_task("extract"), a_task("load", "extract"))
    run = runs.trigger_run(world.services, "nightly")
    world.begin(run, extract=TaskState.RUNNING)
    marking.mark_run(world.services, world.reload(run), RunState.FAILED)
    assert world.states(run) == {"extract": FAILED, "load": TaskState.SKIPPED}
    assert world.reload(run).state is RunState.FAILED


def test_states_that_nobody_can_mark_are_refused(world: World, days: list[RunRecord]):
    with pytest.raises(Invalid, match="marked as"):
        marking.mark_tasks(world.services, days[0], ["load"], TaskState.RUNNING)
    with pytest.raises(Invalid, match="Clear it"):
        marking.mark_run(world.services, days[0], RunState.QUEUED)
    with pytest.raises(Unknown, match="task 'nope'"):
        marking.mark_tasks(world.services, days[0], ["nope"], DONE)
