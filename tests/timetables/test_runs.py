"""`tradewind.core.runs`, with real timetables behind its protocol."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timetables.moments import short, utc
from tests.timetables.strategies import moments, timetables
from tradewind.core.runs import (
    DagRunInfo,
    DataInterval,
    Planned,
    ScheduleStandsStill,
    as_utc,
    backfill_runs,
    due_runs,
    next_run,
    run_id_for,
)
from tradewind.core.states import RunType
from tradewind.timetables.base import Timetable
from tradewind.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from tradewind.timetables.simple import ContinuousTimetable, NullTimetable, OnceTimetable
from tradewind.timetables.trigger import CronTriggerTimetable

INTERVALS = CronDataIntervalTimetable("0 6 * * *", "UTC")
TICKS = CronTriggerTimetable("0 6 * * *", timezone="UTC")


def due(schedule: Timetable, now: str, **question: Any) -> list[str | None]:
    question = {"last": None, "start": utc("2024-03-01"), "end": None, "catchup": True, "limit": 100, **question}
    return [short(run.logical_date) for run in due_runs(schedule, now=utc(now), **question)]


def test_a_planned_run_says_all_that_the_engine_stores() -> None:
    run = next_run(INTERVALS, last=None, start=utc("2024-03-01"), end=None, catchup=True, now=utc("2024-03-05"))
    six, next_six = utc("2024-03-01 06:00"), utc("2024-03-02 06:00")
    assert run == Planned(six, six, next_six, next_six)


def test_due_runs_come_oldest_first_until_now() -> None:
    assert due(INTERVALS, "2024-03-03 05:59") == ["2024-03-01 06:00"]
    assert due(INTERVALS, "2024-03-03 06:00") == ["2024-03-01 06:00", "2024-03-02 06:00"]
    assert due(TICKS, "2024-03-03 06:00") == ["2024-03-01 06:00", "2024-03-02 06:00", "2024-03-03 06:00"]


def test_due_runs_respect_their_limit() -> None:
    assert due(INTERVALS, "2030-01-01", limit=2) == ["2024-03-01 06:00", "2024-03-02 06:00"]
    assert due(INTERVALS, "2030-01-01", limit=0) == []


def test_unpausing_without_catchup_gives_the_latest_closed_interval_only() -> None:
    last = DataInterval(utc("2024-03-02 06:00"), utc("2024-03-03 06:00"))
    assert due(INTERVALS, "2024-03-20 12:00", catchup=False, last=last) == ["2024-03-19 06:00"]
    assert due(TICKS, "2024-03-20 12:00", catchup=False, last=last) == ["2024-03-20 06:00"]


def test_unpausing_without_catchup_gives_nothing_when_the_latest_interval_was_done() -> None:
    last = DataInterval(utc("2024-03-19 06:00"), utc("2024-03-20 06:00"))
    assert due(INTERVALS, "2024-03-20 12:00", catchup=False, last=last) == []


def test_the_end_date_ends_the_schedule() -> None:
    assert due(INTERVALS, "2024-04-01", end=utc("2024-03-02 06:00")) == ["2024-03-01 06:00", "2024-03-02 06:00"]


def test_schedules_without_a_rhythm() -> None:
    assert due(NullTimetable(), "2024-03-05") == []
    assert due(OnceTimetable(), "2024-03-05") == ["2024-03-01 00:00"]
    assert due(ContinuousTimetable(), "2024-03-05", limit=1) == ["2024-03-01 00:00"]
    assert len(due(ContinuousTimetable(), "2024-03-05")) < 3


def test_any_aware_datetime_will_do() -> None:
    class Row:
        start = datetime(2024, 3, 5, 7, tzinfo=ZoneInfo("Europe/Amsterdam"))
        end = datetime(2024, 3, 6, 6, tzinfo=timezone.utc)

    run = next_run(
        INTERVALS, last=Row(), start=datetime(2024, 1, 1, tzinfo=timezone.utc), end=None, catchup=True, now=Row.end
    )
    assert run is not None
    assert run.logical_date == utc("2024-03-06 06:00")
    assert run.run_after.tzinfo is pendulum.UTC


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        next_run(INTERVALS, last=None, start=datetime(2024, 1, 1), end=None, catchup=True, now=utc("2024-03-05"))


def test_a_schedule_that_stands_still_is_stopped() -> None:
    class Stuck(Timetable):
        def next_dagrun_info(self, **question: Any) -> DagRunInfo:
            return DagRunInfo.exact(utc("2024-03-05"))

    assert short(next_run(Stuck(), last=None, start=None, end=None, catchup=True, now=utc("2024-03-06")).run_after)
    with pytest.raises(ScheduleStandsStill, match="Stuck planned a run"):
        due(Stuck(), "2024-03-06")


def test_a_run_may_have_no_data_interval() -> None:
    class Dateless(Timetable):
        def next_dagrun_info(self, **question: Any) -> DagRunInfo:
            return DagRunInfo(utc("2024-03-05"), None)

    (run,) = due_runs(Dateless(), last=None, start=None, end=None, catchup=True, now=utc("2024-03-06"), limit=5)
    assert run == Planned(None, None, None, utc("2024-03-05"))


@given(timetables, moments, moments, st.booleans())
def test_due_runs_are_due_and_the_one_behind_them_is_not(
    schedule: Timetable, start: pendulum.DateTime, now: pendulum.DateTime, catchup: bool
) -> None:
    question: dict[str, Any] = {"start": start, "end": None, "catchup": catchup, "now": now}
    found = due_runs(schedule, last=None, limit=5, **question)
    assert all(run.run_after <= now for run in found)
    assert found == sorted(found, key=lambda run: run.run_after)
    if found and len(found) < 5:
        last = DataInterval(found[-1].data_interval_start, found[-1].data_interval_end)
        behind = next_run(schedule, last=last, **question)
        assert behind is None or behind.run_after > now


# --- backfill ---------------------------------------------------------------------------------------------------------


def backfilled(schedule: Timetable, first: str, last: str, now: str = "2025-01-01") -> list[str | None]:
    return [short(run.logical_date) for run in backfill_runs(schedule, first=utc(first), last=utc(last), now=utc(now))]


def test_a_backfill_covers_every_logical_date_from_first_to_last() -> None:
    expected = ["2024-03-01 06:00", "2024-03-02 06:00", "2024-03-03 06:00"]
    for schedule in (INTERVALS, TICKS):
        assert backfilled(schedule, "2024-03-01 06:00", "2024-03-03 06:00") == expected
        assert backfilled(schedule, "2024-03-01 06:01", "2024-03-03 05:59") == expected[1:2]
    assert backfilled(DeltaDataIntervalTimetable(timedelta(hours=12)), "2024-03-01", "2024-03-01 12:00") == [
        "2024-03-01 00:00",
        "2024-03-01 12:00",
    ]


def test_a_backfill_goes_by_the_logical_date_where_the_tick_is_another_day() -> None:
    weekly = CronTriggerTimetable("0 0 * * mon", timezone="UTC", interval=timedelta(days=7))
    assert backfilled(weekly, "2024-03-04", "2024-03-11") == ["2024-03-04 00:00", "2024-03-11 00:00"]


def test_a_backfill_leaves_out_what_is_not_over_yet() -> None:
    assert backfilled(INTERVALS, "2024-03-01", "2024-03-31", now="2024-03-03 05:00") == ["2024-03-01 06:00"]


def test_a_backfill_of_a_schedule_without_runs_is_empty() -> None:
    assert backfilled(NullTimetable(), "2024-03-01", "2024-03-31") == []


# --- run ids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run_type", "dialect", "logical_date", "suffix", "expected"),
    [
        (RunType.SCHEDULED, 2, "2025-01-01 06:00", "", "scheduled__2025-01-01T06:00:00+00:00"),
        (RunType.SCHEDULED, 3, "2025-01-01 06:00", "", "scheduled__2025-01-02T06:00:00.123456+00:00"),
        (RunType.MANUAL, 2, "2025-01-01 06:00", "", "manual__2025-01-01T06:00:00+00:00"),
        (RunType.MANUAL, 3, None, "kX2pQ7zA", "manual__2025-01-02T06:00:00.123456+00:00_kX2pQ7zA"),
        (RunType.BACKFILL, 3, "2025-01-01 06:00", "", "backfill__2025-01-02T06:00:00.123456+00:00"),
        (RunType.ASSET_TRIGGERED, 2, None, "", "dataset_triggered__2025-01-02T06:00:00.123456+00:00"),
        (RunType.ASSET_TRIGGERED, 3, None, "a", "asset_triggered__2025-01-02T06:00:00.123456+00:00_a"),
        ("operator_triggered", 3, None, "", "operator_triggered__2025-01-02T06:00:00.123456+00:00"),
    ],
)
def test_run_ids_look_as_in_the_dialect(
    run_type: RunType | str, dialect: int, logical_date: str | None, suffix: str, expected: str
) -> None:
    run_after = pendulum.datetime(2025, 1, 2, 15, 0, 0, 123456, tz="Asia/Seoul")
    found = run_id_for(
        run_type,
        dialect=dialect,
        logical_date=logical_date and utc(logical_date),
        run_after=run_after,
        suffix=suffix,
    )
    assert found == expected


@given(moments)
def test_as_utc_keeps_the_instant(at: pendulum.DateTime) -> None:
    for zone in ("Asia/Seoul", "America/St_Johns", "UTC"):
        assert as_utc(at.in_timezone(zone)) == at
        assert as_utc(at.in_timezone(zone)).tzinfo is pendulum.UTC
