"""Hypothesis strategies for schedules."""

from __future__ import annotations

from datetime import datetime, timedelta

import pendulum
from hypothesis import strategies as st

from tradewind.timetables.base import Timetable
from tradewind.timetables.events import EventsTimetable
from tradewind.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from tradewind.timetables.simple import ContinuousTimetable, NullTimetable, OnceTimetable
from tradewind.timetables.trigger import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable

ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", 7200)


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        numbers.map(str),
        st.integers(2, 20).map(lambda step: f"*/{step}"),
        st.tuples(numbers, numbers).map(lambda ends: "{}-{}".format(*sorted(ends))),
        st.lists(numbers, min_size=2, max_size=4).map(lambda values: ",".join(map(str, values))),
    )


crons = st.tuples(fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), fields(0, 6)).map(" ".join)
zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)).map(lambda at: pendulum.instance(at, tz="UTC"))
deltas = st.timedeltas(timedelta(seconds=1), timedelta(days=400))

interval_timetables: st.SearchStrategy[Timetable] = st.one_of(
    st.builds(CronDataIntervalTimetable, crons, zones), st.builds(DeltaDataIntervalTimetable, deltas)
)
trigger_timetables: st.SearchStrategy[Timetable] = st.one_of(
    st.builds(
        CronTriggerTimetable,
        crons,
        timezone=zones,
        interval=deltas,
        run_immediately=st.one_of(st.booleans(), deltas),
    ),
    st.builds(DeltaTriggerTimetable, deltas, interval=deltas),
    st.lists(crons, min_size=1, max_size=3).flatmap(
        lambda expressions: zones.map(lambda zone: MultipleCronTriggerTimetable(*expressions, timezone=zone))
    ),
)
timetables: st.SearchStrategy[Timetable] = st.one_of(
    interval_timetables,
    trigger_timetables,
    st.builds(
        EventsTimetable, st.lists(moments, max_size=5), st.booleans(), description=st.none() | st.text(max_size=5)
    ),
    st.sampled_from([NullTimetable(), OnceTimetable(), ContinuousTimetable()]),
)
