from __future__ import annotations

import pytest

from tests.timetables.moments import logical_dates, runs, short, ticks, utc
from tradewind.timetables.base import DataInterval
from tradewind.timetables.simple import ContinuousTimetable, NullTimetable, OnceTimetable


def test_never_means_never() -> None:
    assert runs(NullTimetable(), 1, start="2024-01-01") == []
    assert not NullTimetable().can_be_scheduled
    assert NullTimetable().summary == "None"


def test_once_runs_at_the_start_date_and_not_again() -> None:
    assert logical_dates(OnceTimetable(), 5, start="2024-03-05 06:07") == ["2024-03-05 06:07"]
    assert runs(OnceTimetable(), 5, start="2024-03-05", last=("2020-01-01", "2020-01-01")) == []


def test_once_without_a_start_date_runs_now() -> None:
    assert logical_dates(OnceTimetable(), 1, now="2024-03-05 06:07") == ["2024-03-05 06:07"]


def test_once_respects_the_end_date() -> None:
    assert runs(OnceTimetable(), 1, start="2024-03-05", end="2024-03-04") == []


def test_continuous_continues_where_the_last_run_ended() -> None:
    (first,) = runs(ContinuousTimetable(), 1, start="2024-03-05", now="2024-03-05 01:00")
    assert [*map(short, first.data_interval)] == ["2024-03-05 00:00", "2024-03-05 01:00"]
    last = ("2024-03-05 00:00", "2024-03-05 01:00")
    (second,) = runs(ContinuousTimetable(), 1, start="2024-03-05", now="2024-03-05 01:30", last=last)
    assert [*map(short, second.data_interval)] == ["2024-03-05 01:00", "2024-03-05 01:30"]
    assert ContinuousTimetable().active_runs_limit == 1


def test_continuous_gives_every_run_a_logical_date_of_its_own_even_within_one_instant() -> None:
    found = runs(ContinuousTimetable(), 4, start="2024-03-05", now="2024-03-05 01:00")
    assert len({run.logical_date for run in found}) == 4


def test_continuous_waits_for_its_start_date_and_ends_with_its_end_date() -> None:
    assert ticks(ContinuousTimetable(), 1, start="2024-03-05", now="2024-03-01") == ["2024-03-05 00:00"]
    assert runs(ContinuousTimetable(), 1, start="2024-03-05", end="2024-03-06", now="2024-03-07") == []


@pytest.mark.parametrize("timetable", [NullTimetable(), OnceTimetable(), ContinuousTimetable()])
def test_a_manual_run_stands_for_its_moment(timetable: NullTimetable) -> None:
    at = utc("2024-03-05 06:07")
    assert timetable.infer_manual_data_interval(run_after=at) == DataInterval.exact(at)
    assert not timetable.periodic
