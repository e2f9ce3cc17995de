"""Real Airflow's answers, replayed: `expected.json` from both versions, `recorded.json` (odd zones, rare fields, changed
schedules, every kind of timetable) from 3.3.2. The clock is held at `now_utc`; each run is asked for with the one before.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import dateutil.relativedelta as relative
import pendulum
import pytest

from tradewind.core.runs import next_run
from tradewind.timetables.base import DataInterval, TimeRestriction, Timetable
from tradewind.timetables.events import EventsTimetable
from tradewind.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from tradewind.timetables.registry import from_spec, to_spec
from tradewind.timetables.simple import OnceTimetable
from tradewind.timetables.trigger import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable

HERE = Path(__file__).parent
CASES = [
    pytest.param(case, id=f"{name}-{case['id']}-{case['kind']}")
    for name in ("expected", "recorded")
    for case in json.loads((HERE / f"{name}.json").read_text())["cases"]
]


def moment(text: str | None) -> pendulum.DateTime | None:
    return None if text is None else pendulum.parse(text).in_timezone("UTC")


def written(at: pendulum.DateTime) -> str:
    assert at.tzinfo is pendulum.UTC
    return at.isoformat().replace("+00:00", "Z")


def duration(value: Any) -> Any:
    if not isinstance(value, dict):
        return timedelta(seconds=value)
    parts = {**value, "weekday": getattr(relative, value["weekday"])} if "weekday" in value else value
    return relative.relativedelta(**parts)


def timetable(case: dict[str, Any]) -> Timetable:
    expr, zone, args = case.get("expr"), case["tz"], dict(case.get("args", {}))
    if "interval" in args:
        args["interval"] = duration(args["interval"])
    if not isinstance(args.get("run_immediately", False), bool):
        args["run_immediately"] = timedelta(seconds=args["run_immediately"])
    match case["kind"]:
        case "interval":
            return CronDataIntervalTimetable(expr, zone)
        case "trigger":
            return CronTriggerTimetable(expr, timezone=zone, **args)
        case "multi":
            return MultipleCronTriggerTimetable(*expr, timezone=zone, **args)
        case "delta":
            return DeltaDataIntervalTimetable(duration(expr))
        case "dtrigger":
            return DeltaTriggerTimetable(duration(expr), **args)
        case "events":
            return EventsTimetable([moment(each) for each in expr], restrict_to_events=args["restrict"])
        case "once":
            return OnceTimetable()
    raise AssertionError(case["kind"])


@pytest.mark.parametrize("case", CASES)
def test_the_next_runs_are_those_of_airflow(case: dict[str, Any]) -> None:
    asked = timetable(case)
    now = moment(case["now_utc"])
    restriction = TimeRestriction(moment(case["start_utc"]), moment(case["end_utc"]), case["catchup"], now)
    last = DataInterval(*map(moment, case["last"])) if case.get("last") else None
    for expected in case["runs"]:
        info = asked.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if expected is None:
            assert info is None
            return
        assert info is not None
        assert [*map(written, (info.logical_date, *info.data_interval, info.run_after))] == expected
        last = info.data_interval


@pytest.mark.parametrize("case", CASES)
def test_the_engine_plans_the_same_from_the_stored_timetable(case: dict[str, Any]) -> None:
    stored = from_spec(to_spec(timetable(case)))
    dates = {"start": moment(case["start_utc"]), "end": moment(case["end_utc"]), "now": moment(case["now_utc"])}
    last = DataInterval(*map(moment, case["last"])) if case.get("last") else None
    for expected in case["runs"]:
        run = next_run(stored, last=last, catchup=case["catchup"], **dates)
        if expected is None:
            assert run is None
            return
        assert run is not None
        ends = (run.data_interval_start, run.data_interval_end)
        assert [*map(written, (run.logical_date, *ends, run.run_after))] == expected
        last = DataInterval(*ends)


@pytest.mark.parametrize("case", CASES)
def test_a_manual_run_covers_the_data_that_airflow_says(case: dict[str, Any]) -> None:
    asked = timetable(case)
    for at, start, end in case["manual"]:
        interval = asked.infer_manual_data_interval(run_after=moment(at))
        assert [*map(written, interval)] == [start, end]
