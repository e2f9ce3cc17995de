"""Listing, pausing and deleting DAGs; when they run next."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from tests.services.conftest import World, a_task
from tradewind.core.spec import TimetableSpec
from tradewind.services import dags, runs
from tradewind.services.errors import Busy, Invalid, Unknown

UTC = timezone.utc


def test_pausing_says_what_changed_and_rings_only_then(world: World):
    world.add_dag("a")
    world.add_dag("b", paused=True)
    assert dags.set_paused(world.services, ["a", "b"], True) == (["a"], ["b"])
    assert len(world.rings) == 1
    assert dags.set_paused(world.services, ["a", "b"], True) == ([], ["a", "b"])
    assert len(world.rings) == 1


@pytest.mark.parametrize(("pattern", "found"), [("^ni", ["nightly", "nil"]), ("ly$", ["nightly"])])
def test_an_expression_finds_dags_anywhere_in_their_ids(world: World, pattern: str, found: list[str]):
    for dag_id in ("nightly", "nil", "other"):
        world.add_dag(dag_id)
    assert [dag.dag_id for dag in dags.matching(world.services, pattern, regex=True)] == found


def test_an_expression_that_is_none_or_matches_nothing_is_answered(world: World):
    with pytest.raises(Invalid, match="no regular expression"):
        dags.matching(world.services, "(", regex=True)
    with pytest.raises(Unknown, match="matches 'x'"):
        dags.matching(world.services, "x", regex=True)


def test_an_unknown_dag_points_to_import_errors_when_there_are_any(world: World):
    with pytest.raises(Unknown, match="reserialize"):
        dags.get_dag(world.services, "nightly")


def test_the_next_runs_of_a_new_dag_with_catchup_begin_at_its_start(world: World):
    world.add_dag()
    dag = dags.get_dag(world.services, "nightly")
    planned = dags.next_runs(world.services, dag, 3)
    assert [run.logical_date for run in planned] == [datetime(2025, 1, day, 6, tzinfo=UTC) for day in (1, 2, 3)]


def test_without_catchup_they_begin_with_the_latest_closed_interval_and_go_on_daily(world: World):
    world.add_dag(catchup=False)
    dag = dags.get_dag(world.services, "nightly")
    planned = dags.next_runs(world.services, dag, 3)
    assert [run.logical_date for run in planned] == [datetime(2025, 1, day, 6, tzinfo=UTC) for day in (9, 10, 11)]


def test_a_dag_without_a_schedule_has_no_next_run(world: World):
    world.add_dag(timetable=TimetableSpec())
    assert dags.next_runs(world.services, dags.get_dag(world.services, "nightly"), 2) == []


def test_a_timetable_of_the_authors_own_is_answered_with_a_sentence(world: World):
    world.add_dag(timetable=TimetableSpec(kind="custom", data={"classpath": "mine.Timetable"}))
    with pytest.raises(Invalid, match="timetable of its own"):
        dags.next_runs(world.services, dags.get_dag(world.services, "nightly"), 1)


def test_a_dag_with_running_runs_is_not_deleted(world: World):
    world.add_dag("nightly", a_task("load"))
    world.begin(runs.trigger_run(world.services, "nightly"))
    with pytest.raises(Busy, match="1 running run"):
        dags.delete_dag(world.services, "nightly")


def test_deleting_takes_the_runs_along(world: World):
    world.add_dag()
    runs.trigger_run(world.services, "nightly")
    assert dags.delete_dag(world.services, "nightly") >= 2
    with pytest.raises(Unknown):
        dags.get_dag(world.services, "nightly")
