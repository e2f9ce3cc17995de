"""Triggering, listing and deleting runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.services.conftest import MORNING, World, a_task
from tradewind.core.states import RunState, RunType
from tradewind.services import runs
from tradewind.services.errors import Busy, Invalid, Unknown
from tradewind.store import RunExists

UTC = timezone.utc


def test_a_manual_run_of_dialect_2_is_dated_to_the_second_and_works_on_the_last_closed_interval(world: World):
    world.add_dag()
    world.clock.at = MORNING + timedelta(microseconds=123456)
    run = runs.trigger_run(world.services, "nightly", conf={"a": 1})
    assert run.logical_date == MORNING
    assert run.run_id == "manual__2025-01-10T09:00:00+00:00"
    assert (run.data_interval_start, run.data_interval_end) == (
        datetime(2025, 1, 9, 6, tzinfo=UTC),
        datetime(2025, 1, 10, 6, tzinfo=UTC),
    )
    assert (run.state, run.run_type, run.conf, run.triggering_user) == (
        RunState.QUEUED,
        RunType.MANUAL,
        '{"a": 1}',
        "tester",
    )
    assert world.rings


def test_a_manual_run_of_dialect_3_has_no_date_and_an_id_of_its_own(world: World):
    world.add_dag(dialect=3)
    first = runs.trigger_run(world.services, "nightly")
    second = runs.trigger_run(world.services, "nightly")
    assert first.logical_date is None and first.data_interval_start is None
    assert first.run_id.startswith("manual__2025-01-10T09:00:00+00:00_")
    assert first.run_id != second.run_id


def test_a_run_for_a_date_in_the_future_waits_for_it(world: World):
    world.add_dag()
    later = MORNING + timedelta(days=1)
    assert runs.trigger_run(world.services, "nightly", logical_date=later).run_after == later


def test_triggering_writes_who_did_it_into_the_history(world: World):
    world.add_dag()
    run = runs.trigger_run(world.services, "nightly")
    (row,) = [row for row in world.services.store.outbox.since(0, kinds=["run"]) if row.run_key == run.run_key]
    assert (row.kind, row.why, row.who, row.new) == ("run", "triggered", "cli:tester", "queued")


def test_an_unknown_dag_is_answered_with_the_nearest_id(world: World):
    world.add_dag("nightly_report")
    with pytest.raises(Unknown, match="Did you mean 'nightly_report'"):
        runs.trigger_run(world.services, "nightly_repotr")


def test_a_run_id_or_date_that_is_taken_is_refused_and_names_the_run(world: World):
    world.add_dag()
    runs.trigger_run(world.services, "nightly", run_id="mine")
    with pytest.raises(RunExists, match="mine"):
        runs.trigger_run(world.services, "nightly", run_id="mine", logical_date=MORNING + timedelta(hours=1))
    with pytest.raises(RunExists, match="logical date"):
        runs.trigger_run(world.services, "nightly", run_id="other", logical_date=MORNING)


@pytest.mark.parametrize("run_id", ["", "with space", "x" * 251, "a/b"])
def test_a_run_id_that_the_pattern_forbids_is_refused(world: World, run_id: str):
    world.add_dag()
    with pytest.raises(Invalid):
        runs.trigger_run(world.services, "nightly", run_id=run_id)


def test_a_dag_that_its_file_lost_cannot_be_triggered(world: World):
    spec = world.add_dag()
    world.services.store.dags.forget_file(spec.fileloc, MORNING)
    with pytest.raises(Invalid, match="not defined by its file"):
        runs.trigger_run(world.services, "nightly")


PARAMS = {"size": {"value": 3, "schema": {"type": "integer", "minimum": 1}}, "name": {"schema": {"type": "string"}}}


@pytest.mark.parametrize(
    ("conf", "complaint"),
    [({}, "needs the param 'name'"), ({"name": "a", "size": 0}, "'size'.*minimum"), ({"name": 5}, "'name'.*string")],
)
def test_a_conf_that_does_not_fit_the_params_is_refused(world: World, conf: dict[str, object], complaint: str):
    world.add_dag(params=PARAMS)
    with pytest.raises(Invalid, match=complaint):
        runs.trigger_run(world.services, "nightly", conf=conf)


def test_a_conf_that_fits_the_params_is_taken(world: World):
    world.add_dag(params=PARAMS)
    assert runs.trigger_run(world.services, "nightly", conf={"name": "a", "more": 1}).conf == '{"name": "a", "more": 1}'


def test_runs_are_found_by_id_and_by_date(world: World):
    world.add_dag()
    run = runs.trigger_run(world.services, "nightly", run_id="mine")
    assert runs.get_run(world.services, "nightly", "mine") == run
    assert runs.get_run(world.services, "nightly", "2025-01-10T09:00", MORNING) == run
    with pytest.raises(Unknown, match="Did you mean 'mine'"):
        runs.get_run(world.services, "nightly", "minee")


def test_listing_leaves_out_backfills_on_request(world: World):
    world.add_dag()
    run = runs.trigger_run(world.services, "nightly")
    assert runs.list_runs(world.services, "nightly", with_backfills=False) == [run]
    assert runs.list_runs(world.services, "nightly", states=[RunState.FAILED]) == []


def test_a_running_run_is_not_deleted(world: World):
    world.add_dag("nightly", a_task("load"))
    run = runs.trigger_run(world.services, "nightly")
    world.begin(run)
    with pytest.raises(Busy, match="Mark it as failed first"):
        runs.delete_run(world.services, world.reload(run))


def test_a_deleted_run_is_gone_but_its_history_says_who_deleted_it(world: World):
    world.add_dag()
    run = runs.trigger_run(world.services, "nightly")
    runs.delete_run(world.services, run)
    assert runs.look_up_run(world.services, "nightly", run.run_id) is None
    assert world.services.store.outbox.since(0, kinds=["run"])[-1].why == "deleted"
