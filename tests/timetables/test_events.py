from __future__ import annotations

from datetime import datetime

import pendulum
import pytest

from tests.timetables.moments import short, ticks, utc
from tradewind.timetables.events import EventsTimetable

EVENTS = EventsTimetable([utc("2024-03-09"), utc("2024-02-01"), utc("2024-05-01")])


def test_events_come_in_order() -> None:
    assert ticks(EVENTS, 9) == ["2024-02-01 00:00", "2024-03-09 00:00", "2024-05-01 00:00"]


def test_start_and_end_date_are_inclusive() -> None:
    assert ticks(EVENTS, 9, start="2024-03-09", end="2024-05-01") == ["2024-03-09 00:00", "2024-05-01 00:00"]
    assert ticks(EVENTS, 9, start="2024-03-10", end="2024-04-30") == []


def test_without_catchup_missed_events_are_left_out() -> None:
    assert ticks(EVENTS, 9, catchup=False, now="2024-03-09 00:01") == ["2024-05-01 00:00"]


def test_two_events_at_one_moment_are_one_run() -> None:
    assert ticks(EventsTimetable([utc("2024-03-09"), utc("2024-03-09")]), 9) == ["2024-03-09 00:00"]


@pytest.mark.parametrize(
    ("at", "event"),
    [("2024-01-01", "2024-02-01 00:00"), ("2024-03-09", "2024-03-09 00:00"), ("2024-04-01", "2024-03-09 00:00")],
)
def test_a_restricted_manual_run_belongs_to_the_event_before_it(at: str, event: str) -> None:
    timetable = EventsTimetable([utc("2024-03-09"), utc("2024-02-01")], restrict_to_events=True)
    assert short(timetable.infer_manual_data_interval(run_after=utc(at)).start) == event
    assert EVENTS.infer_manual_data_interval(run_after=utc(at)) == (utc(at), utc(at))


def test_it_describes_itself() -> None:
    dates = [pendulum.datetime(2024, 3, 9, tz="Asia/Seoul"), utc("2024-02-01")]
    timetable = EventsTimetable(dates)
    assert timetable.summary == "2 events"
    assert timetable.description == "2 events between 2024-02-01T00:00:00+00:00 and 2024-03-09T00:00:00+09:00"
    assert EventsTimetable([]).description == "No events"
    assert EventsTimetable(dates, description="finals").summary == "finals"


def test_an_event_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        EventsTimetable([datetime(2024, 3, 9)])
