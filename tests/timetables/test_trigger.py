from __future__ import annotations

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta

from tests.timetables.moments import logical_dates, runs, short, ticks, utc
from tradewind.timetables.trigger import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable

SIX = CronTriggerTimetable("0 6 * * *", timezone="UTC")


def test_a_run_is_named_by_its_tick_and_covers_nothing() -> None:
    (run,) = runs(SIX, 1, start="2024-03-05")
    assert {short(run.run_after), short(run.logical_date), short(run.data_interval.end)} == {"2024-03-05 06:00"}


def test_with_an_interval_a_run_covers_the_time_before_its_tick() -> None:
    timetable = CronTriggerTimetable("0 6 * * mon", timezone="Europe/Amsterdam", interval=relativedelta(days=1))
    (run,) = runs(timetable, 1, start="2024-03-05")
    assert [*map(short, run.data_interval)] == ["2024-03-10 05:00", "2024-03-11 05:00"]
    assert short(run.run_after) == "2024-03-11 05:00"
    manual = timetable.infer_manual_data_interval(run_after=utc("2024-03-05 07:00"))
    assert [*map(short, manual)] == ["2024-03-04 07:00", "2024-03-05 07:00"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2024-03-10 05:59", "2024-03-09 06:00"), ("2024-03-10 06:00", "2024-03-10 06:00")],
)
def test_without_catchup_the_latest_tick_comes_first(now: str, expected: str) -> None:
    assert ticks(SIX, 1, start="2024-01-01", catchup=False, now=now) == [expected]


def test_the_end_date_is_inclusive_for_the_tick() -> None:
    assert ticks(SIX, 9, start="2024-03-05", end="2024-03-06 06:00") == ["2024-03-05 06:00", "2024-03-06 06:00"]
    daily = CronTriggerTimetable("0 6 * * *", timezone="UTC", interval=timedelta(days=1))
    assert ticks(daily, 9, start="2024-03-05", end="2024-03-06 05:00") == ["2024-03-05 06:00"]


@pytest.mark.parametrize(
    ("run_immediately", "now", "expected"),
    [
        (True, "2024-03-05 23:00", "2024-03-05 06:00"),
        (timedelta(hours=2), "2024-03-05 08:00", "2024-03-05 06:00"),
        (timedelta(hours=2), "2024-03-05 08:01", "2024-03-06 06:00"),
        # A tenth of a day.
        (False, "2024-03-05 08:24", "2024-03-05 06:00"),
        (False, "2024-03-05 08:25", "2024-03-06 06:00"),
        (False, "2024-03-05 06:00", "2024-03-05 06:00"),
    ],
)
def test_without_a_start_date_run_immediately_decides(
    run_immediately: bool | timedelta, now: str, expected: str
) -> None:
    timetable = CronTriggerTimetable("0 6 * * *", timezone="UTC", run_immediately=run_immediately)
    assert ticks(timetable, 1, now=now) == [expected]


def test_several_expressions_take_turns_and_a_shared_tick_is_one_run() -> None:
    timetable = MultipleCronTriggerTimetable("0 6 * * *", "0 18 * * *", "0 6 * * mon", timezone="UTC")
    assert ticks(timetable, 4, start="2024-03-10 12:00") == [
        "2024-03-10 18:00",
        "2024-03-11 06:00",
        "2024-03-11 18:00",
        "2024-03-12 06:00",
    ]
    assert ticks(timetable, 2, start="2024-01-01", catchup=False, now="2024-03-10 12:00") == [
        "2024-03-10 06:00",
        "2024-03-10 18:00",
    ]


def test_several_expressions_with_an_interval_lose_no_tick() -> None:
    # Airflow 3.3.2 compares logical dates here and leaves out every tick within one interval of now.
    timetable = MultipleCronTriggerTimetable("0 * * * *", "30 12 * * *", timezone="UTC", interval=timedelta(days=1))
    last = ("2024-03-09 10:00", "2024-03-10 10:00")
    assert ticks(timetable, 3, start="2024-01-01", catchup=False, now="2024-03-10 10:30", last=last) == [
        "2024-03-10 11:00",
        "2024-03-10 12:00",
        "2024-03-10 12:30",
    ]


def test_no_expression_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one cron expression"):
        MultipleCronTriggerTimetable(timezone="UTC")


def test_a_delta_is_counted_from_the_start_date() -> None:
    timetable = DeltaTriggerTimetable(timedelta(hours=5), interval=timedelta(hours=1))
    assert ticks(timetable, 3, start="2024-03-05 01:13") == ["2024-03-05 01:13", "2024-03-05 06:13", "2024-03-05 11:13"]
    assert logical_dates(timetable, 1, start="2024-03-05 01:13") == ["2024-03-05 00:13"]


def test_its_plain_form_is_that_of_airflow() -> None:
    timetable = CronTriggerTimetable(
        "@weekly", timezone="UTC", interval=relativedelta(days=1), run_immediately=timedelta(minutes=5)
    )
    assert timetable.serialize() == {
        "expression": "0 0 * * 0",
        "timezone": "UTC",
        "interval": {"days": 1},
        "run_immediately": 300.0,
    }
    several = MultipleCronTriggerTimetable("0 6 * * *", "30 5 * * 1", timezone="UTC")
    assert several.summary == "0 6 * * *, 30 5 * * 1"
    assert several.description == "At 06:00, At 05:30, only on Monday"
    assert several.serialize()["expressions"] == ["0 6 * * *", "30 5 * * 1"]
    assert DeltaTriggerTimetable(timedelta(days=1)).serialize() == {"delta": 86400.0, "interval": 0.0}
