"""`simulate`: which runs a schedule makes between two moments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.engine.world import DAILY, dag, task
from tradewind.core.messages import Failed
from tradewind.core.spec import TimetableSpec
from tradewind.core.states import RunState
from tradewind.engine.simulation import simulate

MORNING = datetime(2025, 1, 10, 9, tzinfo=timezone.utc)


def at(day: int) -> datetime:
    return datetime(2025, 1, day, 6, tzinfo=timezone.utc)


def nightly(**values):
    values.setdefault("timetable", DAILY)
    return dag(task("t"), start_date=datetime(2025, 1, 8, tzinfo=timezone.utc), catchup=True, **values)


def test_it_makes_up_for_the_past_at_its_start_and_then_goes_with_the_clock():
    found = simulate(nightly(), MORNING, MORNING + timedelta(days=2))
    assert [(run.queued_at, run.logical_date) for run in found.runs] == [
        (MORNING, at(8)),
        (MORNING, at(9)),
        (at(11), at(10)),
        (at(12), at(11)),
    ]
    assert found.runs[0].run_id == "scheduled__2025-01-08T06:00:00+00:00"
    assert found.is_complete


def test_the_tutorials_schedule_makes_two_runs_and_a_third_at_the_next_six_o_clock():
    assert len(simulate(nightly(), MORNING, MORNING).runs) == 2
    assert len(simulate(nightly(), MORNING, at(11)).runs) == 3


def test_a_paused_dag_is_simulated_as_if_it_were_not():
    assert len(simulate(nightly(is_paused_upon_creation=True), MORNING, MORNING).runs) == 2


def test_a_dag_without_a_schedule_makes_no_runs():
    assert simulate(nightly(timetable=TimetableSpec()), MORNING, at(20)).runs == []


def test_a_limit_ends_it_early_and_it_says_so():
    found = simulate(nightly(), MORNING, at(31), limit=5)
    assert len(found.runs) == 5
    assert not found.is_complete


def test_tasks_may_end_otherwise_than_well():
    found = simulate(nightly(), MORNING, MORNING, ending=lambda _try: (Failed(error="no"), timedelta(0)))
    assert {run.state for run in found.runs} == {RunState.FAILED}
