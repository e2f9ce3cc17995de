from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pendulum
import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from tests.timetables.moments import short, utc
from tests.timetables.strategies import crons, moments, zones
from tradewind.timetables.base import TimetableInvalid
from tradewind.timetables.cron import PRESETS, Cron, CronError, CronTicks, as_timezone, describe_cron, timezone_data


def following(expression: str, after: str, count: int = 3, zone: str = "UTC") -> list[str | None]:
    ticks, at, found = CronTicks(expression, zone), utc(after), []
    for _ in range(count):
        at = ticks.after(at)
        if at is None:
            return [*found, None]
        found.append(short(at))
    return found


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("@hourly", ["2024-03-05 07:00", "2024-03-05 08:00"]),
        ("@daily", ["2024-03-06 00:00", "2024-03-07 00:00"]),
        ("@midnight", ["2024-03-06 00:00", "2024-03-07 00:00"]),
        ("@weekly", ["2024-03-10 00:00", "2024-03-17 00:00"]),
        ("@monthly", ["2024-04-01 00:00", "2024-05-01 00:00"]),
        ("@quarterly", ["2024-04-01 00:00", "2024-07-01 00:00"]),
        ("@yearly", ["2025-01-01 00:00", "2026-01-01 00:00"]),
        ("@annually", ["2025-01-01 00:00", "2026-01-01 00:00"]),
    ],
)
def test_it_handles_presets(preset: str, expected: list[str]) -> None:
    assert following(preset, "2024-03-05 06:07", 2) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 6 * * *", ["2024-03-06 06:00", "2024-03-07 06:00", "2024-03-08 06:00"]),
        ("*/20 6 * * *", ["2024-03-05 06:20", "2024-03-05 06:40", "2024-03-06 06:00"]),
        ("5/25 * * * *", ["2024-03-05 06:30", "2024-03-05 06:55", "2024-03-05 07:05"]),
        ("0 22-2/2 * * *", ["2024-03-05 22:00", "2024-03-06 00:00", "2024-03-06 02:00"]),
        ("0 0 1,15 * *", ["2024-03-15 00:00", "2024-04-01 00:00", "2024-04-15 00:00"]),
        ("0 0 L * *", ["2024-03-31 00:00", "2024-04-30 00:00", "2024-05-31 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("0 0 31 2 *", [None]),
        ("0 0 * feb-apr mon", ["2024-03-11 00:00", "2024-03-18 00:00", "2024-03-25 00:00"]),
        ("0 0 * * 7", ["2024-03-10 00:00", "2024-03-17 00:00", "2024-03-24 00:00"]),
        ("0 0 * * sat-sun", ["2024-03-09 00:00", "2024-03-10 00:00", "2024-03-16 00:00"]),
        ("0 0 * * 1#1", ["2024-04-01 00:00", "2024-05-06 00:00", "2024-06-03 00:00"]),
        ("0 0 * * fri#5", ["2024-03-29 00:00", "2024-05-31 00:00", "2024-08-30 00:00"]),
        ("0 0 * * L5", ["2024-03-29 00:00", "2024-04-26 00:00", "2024-05-31 00:00"]),
        # Either day field is enough when both are restricted.
        ("0 0 13 * 5", ["2024-03-08 00:00", "2024-03-13 00:00", "2024-03-15 00:00"]),
        ("0 0 ? * 5", ["2024-03-08 00:00", "2024-03-15 00:00", "2024-03-22 00:00"]),
        # Sixth field: second. Seventh: year.
        ("59 23 * * * 30", ["2024-03-05 23:59", "2024-03-06 23:59", "2024-03-07 23:59"]),
        ("0 0 1 1 * 0 2025-2026", ["2025-01-01 00:00", "2026-01-01 00:00", None]),
    ],
)
def test_it_handles_fields(expression: str, expected: list[str | None]) -> None:
    assert following(expression, "2024-03-05 06:07") == expected


@pytest.mark.parametrize(
    ("zone", "expression", "after", "expected"),
    [
        # 02:30 does not exist on 31 March: it fires an hour later, at 03:30 summer time.
        ("Europe/Amsterdam", "30 2 * * *", "2024-03-30 02:00", ["2024-03-31 01:30", "2024-04-01 00:30"]),
        # 02:30 exists twice on 27 October: it fires the second time.
        ("Europe/Amsterdam", "30 2 * * *", "2024-10-26 02:00", ["2024-10-27 01:30", "2024-10-28 01:30"]),
        ("America/New_York", "30 1 * * *", "2024-11-02 12:00", ["2024-11-03 06:30", "2024-11-04 06:30"]),
        # Without a gap in the hours it goes by elapsed time, through both passes.
        ("Europe/Amsterdam", "30 * * * *", "2024-10-26 23:45", ["2024-10-27 00:30", "2024-10-27 01:30"]),
        ("Europe/Amsterdam", "30 * * * *", "2024-03-31 00:00", ["2024-03-31 00:30", "2024-03-31 01:30"]),
        # Lord Howe moves by half an hour.
        ("Australia/Lord_Howe", "15 2 * * *", "2024-10-04 20:00", ["2024-10-05 15:45", "2024-10-06 15:15"]),
        # A whole day is missing on Samoa.
        ("Pacific/Apia", "0 12 * * *", "2011-12-29 00:00", ["2011-12-29 22:00", "2011-12-30 22:00"]),
    ],
)
def test_it_handles_a_change_of_the_clock(zone: str, expression: str, after: str, expected: list[str]) -> None:
    assert following(expression, after, 2, zone) == expected


@given(crons, moments)
def test_it_agrees_with_croniter(expression: str, at: pendulum.DateTime) -> None:
    naive = at.naive()
    reference = croniter(expression, datetime(*naive.timetuple()[:6], naive.microsecond))
    assert Cron(expression).after(naive) == reference.get_next(datetime)
    reference.set_current(datetime(*naive.timetuple()[:6], naive.microsecond))
    assert Cron(expression).before(naive) == reference.get_prev(datetime)


@given(crons, zones, moments)
def test_before_and_after_enclose_a_moment(expression: str, zone: str | int, at: pendulum.DateTime) -> None:
    ticks = CronTicks(expression, zone)
    before, after = ticks.before(at), ticks.after(at)
    assert before is not None and before < at
    assert after is not None and after > at - timedelta(hours=1)


@given(crons, zones, moments)
def test_a_tick_is_aligned_with_itself(expression: str, zone: str | int, at: pendulum.DateTime) -> None:
    # Away from changes of the clock, where a tick can be one for those who come from one side only.
    ticks = CronTicks(expression, "UTC")
    tick = ticks.after(at)
    assert tick is not None
    assert ticks.at_or_after(tick) == tick == ticks.at_or_before(tick)
    assert ticks.before(tick + timedelta(microseconds=1)) == tick


@pytest.mark.parametrize(
    ("expression", "field", "message"),
    [
        ("0 25 * * *", "hour", "hour field '25' is out of range 0-23 in cron '0 25 * * *'. Write 0 to 23"),
        ("60 * * * *", "minute", "minute field '60' is out of range 0-59"),
        ("0 0 32 * *", "day-of-month", "day-of-month field '32' is out of range 1-31"),
        ("0 0 * 13 *", "month", "month field '13' is out of range 1-12"),
        ("0 0 * * 8", "day-of-week", "day-of-week field '8' is out of range 0-7"),
        ("0 0 * * funday", "day-of-week", "day-of-week field 'funday' cannot be read"),
        ("0 0 * * * 61", "second", "second field '61' is out of range 0-59"),
        ("*/0 * * * *", "minute", "minute field '*/0' cannot be read"),
        ("H H * * *", "minute", "minute field 'H' asks for a hashed or random value"),
        ("0 6 * *", None, "has 4 fields, expected 5"),
        ("hello", None, "has 1 field, expected 5"),
        ("", None, "has 0 fields, expected 5"),
        (
            "@dayly",
            None,
            "unknown schedule preset '@dayly'. Use a cron expression or one of @once, @continuous, @hourly",
        ),
    ],
)
def test_a_bad_expression_is_refused_with_the_field_at_fault(expression: str, field: str | None, message: str) -> None:
    with pytest.raises(CronError) as caught:
        CronTicks(expression, "UTC")
    assert isinstance(caught.value, ValueError)
    assert message in str(caught.value)
    assert (caught.value.expression, caught.value.field) == (expression, field)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 6 * * *", "At 06:00"),
        (PRESETS["@hourly"], "Every hour"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("0 22 * * 1-5", "At 22:00, Monday through Friday"),
        ("0 12 * * L5", "At 12:00, on the last Friday of the month"),
        ("0 0 1,15 * 3", "At 00:00, on day 1 and 15 of the month (or) At 00:00, only on Wednesday"),
        ("30 0 6 * * *", ""),
        ("@midnight", ""),
    ],
)
def test_an_expression_is_described_as_in_airflow(expression: str, words: str) -> None:
    assert describe_cron(expression) == words


@pytest.mark.parametrize(
    ("zone", "data"),
    [
        ("UTC", "UTC"),
        ("Asia/Seoul", "Asia/Seoul"),
        (ZoneInfo("Asia/Seoul"), "Asia/Seoul"),
        (pendulum.timezone("Asia/Seoul"), "Asia/Seoul"),
        (-12600, -12600),
        (timezone(timedelta(hours=2)), 7200),
        (timezone.utc, 0),
    ],
)
def test_a_zone_may_come_from_any_library(zone: object, data: str | int) -> None:
    found = as_timezone(zone)
    assert timezone_data(found) == data
    assert timezone_data(as_timezone(data)) == data


@pytest.mark.parametrize("zone", ["Mars/Olympus", None, 1.5])
def test_an_unknown_zone_is_refused_by_name(zone: object) -> None:
    with pytest.raises(TimetableInvalid, match="is not a time zone"):
        as_timezone(zone)


@given(st.sampled_from(list(PRESETS)), moments)
def test_a_preset_is_its_expression(preset: str, at: pendulum.DateTime) -> None:
    assert CronTicks(preset, "UTC").after(at) == CronTicks(PRESETS[preset], "UTC").after(at)
