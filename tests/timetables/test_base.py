from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.timetables.moments import utc
from tradewind.core.states import RunType
from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable
from tradewind.timetables.simple import OnceTimetable
from tradewind.timetables.trigger import CronTriggerTimetable


class Bare(Timetable):
    pass


def test_a_timetable_must_say_when_it_runs() -> None:
    restriction = TimeRestriction(None, None, True)
    with pytest.raises(NotImplementedError, match="Override next_dagrun_info"):
        Bare().next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    with pytest.raises(NotImplementedError, match="Override infer_manual_data_interval"):
        Bare().infer_manual_data_interval(run_after=utc("2024-03-05"))


def test_what_an_author_need_not_write_has_a_default() -> None:
    bare = Bare.deserialize(Bare().serialize())
    bare.validate()
    assert bare == Bare()
    assert (bare.summary, bare.description, bare.type_name) == ("Bare", "", f"{__name__}.Bare")
    assert (bare.periodic, bare.can_be_scheduled, bare.active_runs_limit) == (True, True, None)
    assert tuple(bare.run_ordering) == ("data_interval_end", "logical_date")
    assert OnceTimetable().type_name == "OnceTimetable"
    assert bare != OnceTimetable()


def test_run_ids_have_the_date_that_the_caller_s_version_names_them_by() -> None:
    logical_date, run_after = utc("2025-01-01 06:00"), utc("2025-01-02 06:00")
    interval = DataInterval(logical_date, run_after)
    named = Bare().generate_run_id(run_type=RunType.SCHEDULED, run_after=run_after, data_interval=interval)
    assert named == "scheduled__2025-01-02T06:00:00+00:00"
    named = Bare().generate_run_id(run_type="scheduled", logical_date=logical_date, data_interval=interval)
    assert named == "scheduled__2025-01-01T06:00:00+00:00"
    with pytest.raises(TypeError, match="run_after"):
        Bare().generate_run_id(run_type="manual", data_interval=None)


def test_a_restriction_still_unpacks_into_airflow_s_three_values() -> None:
    restriction = TimeRestriction(utc("2024-03-05"), None, catchup=False, now=utc("2024-03-06"))
    earliest, latest, catchup = restriction
    assert (earliest, latest, catchup, restriction.now) == (utc("2024-03-05"), None, False, utc("2024-03-06"))


def test_infos_know_their_logical_date() -> None:
    start, end = utc("2024-03-05"), utc("2024-03-06")
    assert DagRunInfo.interval(start, end) == (end, (start, end), None, None)
    assert DagRunInfo.exact(start).logical_date == start
    assert DagRunInfo(end, None).logical_date is None


def test_author_code_may_leave_out_the_time() -> None:
    timetable = CronTriggerTimetable("* * * * *", timezone="UTC")
    info = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(utc("2024-03-05"), None, False)
    )
    assert info is not None
    assert abs(info.run_after - datetime.now(timezone.utc)) < timedelta(minutes=2)
