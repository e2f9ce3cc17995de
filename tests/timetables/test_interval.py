from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pendulum
import pytest
from dateutil.relativedelta import MO, relativedelta
from hypothesis import given
from hypothesis import strategies as st

from tests.timetables.moments import logical_dates, runs, short, ticks, utc
from tests.timetables.strategies import crons, deltas, interval_timetables, moments
from tradewind.timetables.base import TimeRestriction, Timetable, TimetableInvalid
from tradewind.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable

SIX = CronDataIntervalTimetable("0 6 * * *", "UTC")


def test_a_run_starts_when_its_interval_is_over() -> None:
    (run,) = runs(SIX, 1, start="2024-03-05 06:00")
    assert (short(run.logical_date), short(run.data_interval.end)) == ("2024-03-05 06:00", "2024-03-06 06:00")
    assert run.run_after == run.data_interval.end


def test_the_first_interval_begins_at_the_first_tick_from_the_start_date_on() -> None:
    assert logical_dates(SIX, 1, start="2024-03-05 06:00") == ["2024-03-05 06:00"]
    assert logical_dates(SIX, 1, start="2024-03-05 06:00:01") == ["2024-03-06 06:00"]


def test_without_a_start_date_and_with_catchup_there_is_nowhere_to_begin() -> None:
    assert runs(SIX, 1) == []


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-03-10 05:59", "2024-03-08 06:00"),
        ("2024-03-10 06:00", "2024-03-09 06:00"),
        ("2024-03-10 06:01", "2024-03-09 06:00"),
    ],
)
def test_without_catchup_the_latest_closed_interval_comes_first(now: str, expected: str) -> None:
    assert logical_dates(SIX, 1, start="2024-01-01", catchup=False, now=now) == [expected]


def test_without_catchup_missed_intervals_are_left_out_after_a_pause_too() -> None:
    last = ("2024-03-01 06:00", "2024-03-02 06:00")
    assert logical_dates(SIX, 1, start="2024-01-01", catchup=False, now="2024-03-10 12:00", last=last) == [
        "2024-03-09 06:00"
    ]
    assert logical_dates(SIX, 1, start="2024-01-01", catchup=True, now="2024-03-10 12:00", last=last) == [
        "2024-03-02 06:00"
    ]


def test_the_end_date_is_inclusive_for_the_logical_date() -> None:
    assert logical_dates(SIX, 9, start="2024-03-05", end="2024-03-06 06:00") == ["2024-03-05 06:00", "2024-03-06 06:00"]
    assert logical_dates(SIX, 9, start="2024-03-05", end="2024-03-06 05:59") == ["2024-03-05 06:00"]


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(("2024-03-05 06:00", "2024-03-05 06:00"), id="a run of a trigger timetable"),
        pytest.param(("2024-03-05 06:00", "2024-03-05 09:00"), id="an interval that ended between two ticks"),
        pytest.param(("2024-03-05 07:00", "2024-03-05 09:00"), id="an interval that lies between two ticks"),
    ],
)
def test_after_a_change_of_schedule_no_interval_begins_before_the_last_run(last: tuple[str, str]) -> None:
    assert logical_dates(SIX, 2, start="2024-01-01", last=last) == ["2024-03-06 06:00", "2024-03-07 06:00"]


@pytest.mark.parametrize(
    ("at", "start", "end"),
    [
        ("2024-03-05 05:59", "2024-03-03 06:00", "2024-03-04 06:00"),
        ("2024-03-05 06:00", "2024-03-04 06:00", "2024-03-05 06:00"),
        ("2024-03-05 06:01", "2024-03-04 06:00", "2024-03-05 06:00"),
    ],
)
def test_a_manual_run_takes_the_last_closed_interval(at: str, start: str, end: str) -> None:
    assert [*map(short, SIX.infer_manual_data_interval(run_after=utc(at)))] == [start, end]


def test_a_manual_run_before_the_first_tick_covers_nothing() -> None:
    timetable = CronDataIntervalTimetable("0 0 1 1 * 0 2030", "UTC")
    assert timetable.infer_manual_data_interval(run_after=utc("2024-03-05")) == (utc("2024-03-05"), utc("2024-03-05"))


def test_a_schedule_whose_years_are_over_has_no_next_run() -> None:
    timetable = CronDataIntervalTimetable("0 0 1 1 * 0 2024-2025", "UTC")
    assert ticks(timetable, 9, start="2023-06-01") == ["2025-01-01 00:00"]
    assert runs(timetable, 1, start="2026-01-01") == []


def test_a_month_can_be_counted_from_the_start_date() -> None:
    monthly = DeltaDataIntervalTimetable(relativedelta(months=1))
    assert logical_dates(monthly, 3, start="2024-01-31") == ["2024-01-31 00:00", "2024-02-29 00:00", "2024-03-29 00:00"]
    assert logical_dates(monthly, 1, start="2024-01-10", catchup=False, now="2024-06-09") == ["2024-04-10 00:00"]


def test_without_catchup_a_fixed_delta_is_laid_out_from_1970() -> None:
    hourly = DeltaDataIntervalTimetable(timedelta(hours=1))
    assert logical_dates(hourly, 2, start="2024-03-05 00:13", catchup=False, now="2024-03-05 09:41") == [
        "2024-03-05 08:00",
        "2024-03-05 09:00",
    ]


@pytest.mark.parametrize("delta", [timedelta(0), timedelta(days=-1), relativedelta(hour=3), relativedelta(days=-1)])
def test_a_delta_that_does_not_move_forward_is_invalid(delta: timedelta | relativedelta) -> None:
    with pytest.raises(TimetableInvalid, match="does not move forward in time"):
        DeltaDataIntervalTimetable(delta).validate()


def test_something_else_than_a_duration_is_refused() -> None:
    with pytest.raises(TimetableInvalid, match="5 is not a duration"):
        DeltaDataIntervalTimetable(5)


def test_a_pendulum_duration_counts_as_its_total_time() -> None:
    assert DeltaDataIntervalTimetable(pendulum.duration(months=1)).serialize() == {"delta": 30 * 86400.0}


def test_its_plain_form_is_that_of_airflow() -> None:
    assert CronDataIntervalTimetable("@daily", "Asia/Seoul").serialize() == {
        "expression": "0 0 * * *",
        "timezone": "Asia/Seoul",
    }
    assert DeltaDataIntervalTimetable(relativedelta(months=1, hour=3, weekday=MO(2))).serialize() == {
        "delta": {"months": 1, "hour": 3, "weekday": [0, 2]}
    }
    assert (SIX.summary, SIX.description) == ("0 6 * * *", "At 06:00")
    assert DeltaDataIntervalTimetable(timedelta(days=1)).summary == "1 day, 0:00:00"


@given(interval_timetables, moments, st.integers(2, 6))
def test_intervals_follow_each_other_without_a_gap(timetable: Timetable, start: pendulum.DateTime, count: int) -> None:
    found = runs(timetable, count, start=start.isoformat())
    for earlier, later in pairwise(found):
        assert later.data_interval.start == earlier.data_interval.end


@given(crons, moments, moments)
def test_catchup_does_not_change_which_intervals_exist(
    cron: str, start: pendulum.DateTime, now: pendulum.DateTime
) -> None:
    timetable = CronDataIntervalTimetable(cron, "UTC")
    (latest,) = runs(timetable, 1, start=start.isoformat(), catchup=False, now=now.isoformat())
    again = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(latest.logical_date, None, True, now)
    )
    assert again == latest
    assert latest.logical_date >= start


@given(deltas, moments)
def test_without_catchup_the_interval_of_a_delta_is_closed(delta: timedelta, now: pendulum.DateTime) -> None:
    (latest,) = runs(DeltaDataIntervalTimetable(delta), 1, start="1990-01-01", catchup=False, now=now.isoformat())
    assert now - delta < latest.run_after <= now
