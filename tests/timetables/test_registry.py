from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pendulum
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given

from tests.timetables.moments import logical_dates, runs, ticks, utc
from tests.timetables.strategies import moments, timetables
from tradewind.core.spec import TimetableSpec
from tradewind.timetables.assets import AssetOrTimeSchedule, AssetTriggeredTimetable
from tradewind.timetables.base import DataInterval, Timetable, TimetableInvalid
from tradewind.timetables.interval import CronDataIntervalTimetable
from tradewind.timetables.registry import CustomTimetable, from_spec, timetable_from_schedule, to_spec
from tradewind.timetables.simple import NullTimetable
from tradewind.timetables.trigger import CronTriggerTimetable


class FakeAsset:
    def __init__(self, name: str) -> None:
        self.name = name

    def as_expression(self) -> dict[str, Any]:
        return {"asset": {"name": self.name}}


class Fortnightly(CronDataIntervalTimetable):
    """An author's own: every other tick."""


class Tides(Timetable):
    def serialize(self) -> dict[str, Any]:
        return {"harbour": "Vlissingen"}


@pytest.mark.parametrize(
    ("schedule", "kind_in_2", "kind_in_3"),
    [
        (None, "null", "null"),
        ("@once", "once", "once"),
        ("@continuous", "continuous", "continuous"),
        ("@daily", "cron_interval", "cron_trigger"),
        ("0 6 * * *", "cron_interval", "cron_trigger"),
        (timedelta(hours=1), "delta_interval", "delta_trigger"),
        (relativedelta(months=1), "delta_interval", "delta_trigger"),
        (pendulum.duration(days=1), "delta_interval", "delta_trigger"),
        (FakeAsset("orders"), "asset", "asset"),
        ([FakeAsset("orders"), FakeAsset("stock")], "asset", "asset"),
        (NullTimetable(), "null", "null"),
    ],
)
def test_what_a_schedule_means_depends_on_the_dialect(schedule: Any, kind_in_2: str, kind_in_3: str) -> None:
    kinds = [timetable_from_schedule(schedule, timezone="UTC", dialect=dialect).kind for dialect in (2, 3)]
    assert kinds == [kind_in_2, kind_in_3]


def test_the_configuration_may_overrule_the_dialect() -> None:
    def kind(schedule: Any, dialect: int, **options: bool) -> str:
        return timetable_from_schedule(schedule, timezone="UTC", dialect=dialect, **options).kind

    assert kind("@daily", 3, cron_intervals=True) == "cron_interval"
    assert kind("@daily", 2, cron_intervals=False) == "cron_trigger"
    assert kind(timedelta(1), 3, delta_intervals=True) == "delta_interval"
    assert kind(timedelta(1), 3, cron_intervals=True) == "delta_trigger"


@pytest.mark.parametrize("schedule", [5, [], ["0 6 * * *"], object(), {"hours": 1}, True])
def test_anything_else_is_refused_by_name(schedule: object) -> None:
    with pytest.raises(TimetableInvalid, match="is not a schedule") as caught:
        timetable_from_schedule(schedule, timezone="UTC", dialect=3)
    assert repr(schedule) in str(caught.value)


def test_a_schedule_is_validated() -> None:
    with pytest.raises(TimetableInvalid, match="does not move forward"):
        timetable_from_schedule(timedelta(0), timezone="UTC", dialect=2)


@pytest.mark.parametrize(
    ("dialect", "catchup", "expected"),
    [
        (2, True, ["2025-06-08 06:00", "2025-06-09 06:00"]),
        (3, True, ["2025-06-08 06:00", "2025-06-09 06:00", "2025-06-10 06:00"]),
        (3, False, ["2025-06-10 06:00"]),
    ],
)
def test_the_tutorial_runs_as_often_as_in_airflow(dialect: int, catchup: bool, expected: list[str]) -> None:
    """`0 6 * * *` since `days_ago(2)`, read at noon."""
    timetable = timetable_from_schedule("0 6 * * *", timezone="UTC", dialect=dialect)
    question: dict[str, Any] = {"start": "2025-06-08", "catchup": catchup, "now": "2025-06-10 12:00"}
    due = [at for at in ticks(timetable, 9, **question) if at <= "2025-06-10 12:00"]
    assert logical_dates(timetable, len(due), **question) == expected


@given(timetables)
def test_every_timetable_survives_being_stored(timetable: Timetable) -> None:
    spec = to_spec(timetable)
    restored = from_spec(msgspec.json.decode(msgspec.json.encode(spec), type=TimetableSpec))
    assert restored == timetable
    assert hash(restored) == hash(timetable)
    assert type(timetable).deserialize(json.loads(json.dumps(timetable.serialize()))) == timetable
    assert (restored.summary, restored.description) == (spec.summary, spec.description)


@given(timetables, moments, moments)
def test_the_next_run_is_strictly_after_the_last(
    timetable: Timetable, start: pendulum.DateTime, now: pendulum.DateTime
) -> None:
    for catchup in (True, False):
        found = runs(timetable, 4, start=start.isoformat(), now=now.isoformat(), catchup=catchup)
        for earlier, later in pairwise(found):
            assert later.run_after >= earlier.run_after
            assert later.data_interval > earlier.data_interval


def test_an_author_s_timetable_never_leaves_its_host() -> None:
    for timetable, name in ((Tides(), "Tides"), (Fortnightly("0 6 * * mon", "UTC"), "Fortnightly")):
        spec = to_spec(timetable)
        assert spec.kind == "custom"
        assert spec.data == {"classpath": f"{__name__}.{name}", "data": timetable.serialize()}
        with pytest.raises(CustomTimetable) as caught:
            from_spec(spec)
        assert caught.value.classpath == f"{__name__}.{name}"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(TimetableInvalid, match="unknown kind 'lunar'"):
        from_spec(TimetableSpec(kind="lunar"))


def test_assets_or_time_runs_by_its_time_half() -> None:
    timetable = AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 6 * * *", timezone="UTC"), assets=[FakeAsset("orders")]
    )
    assert ticks(timetable, 1, start="2024-03-05") == ["2024-03-05 06:00"]
    assert timetable.summary == "Asset or 0 6 * * *"
    assert timetable.description == "Triggered by assets or At 06:00"
    spec = to_spec(timetable)
    assert spec.data["assets"] == {"all": [{"asset": {"name": "orders"}}]}
    assert from_spec(spec) == timetable


def test_assets_or_an_author_s_time_is_asked_of_the_host() -> None:
    timetable = AssetOrTimeSchedule(timetable=Tides(), datasets=FakeAsset("orders"))
    assert to_spec(timetable).kind == "custom"


def test_assets_alone_never_run_by_time() -> None:
    timetable = AssetTriggeredTimetable([FakeAsset("orders")])
    assert ticks(timetable, 1, start="2024-03-05") == []
    at = utc("2024-03-05")
    assert timetable.infer_manual_data_interval(run_after=at) == DataInterval.exact(at)
    assert from_spec(to_spec(timetable)) == timetable
    with pytest.raises(TimetableInvalid, match="is not an asset"):
        AssetTriggeredTimetable(5)
