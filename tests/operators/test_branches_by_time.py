"""Branches that look at the time: LatestOnlyOperator, BranchDateTimeOperator, BranchDayOfWeekOperator."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import Any

import pytest

from tests.operators.running import NOW, execute, new_dag
from tests.runtime_task.fake_host import run_info
from tradewind.operators.datetime import BranchDateTimeOperator
from tradewind.operators.empty import EmptyOperator
from tradewind.operators.latest_only import LatestOnlyOperator
from tradewind.operators.smooth import SmoothOperator
from tradewind.operators.weekday import BranchDayOfWeekOperator
from tradewind.sdk import timezone as sdk_timezone
from tradewind.sdk.exceptions import AirflowException

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk_timezone, "utcnow", lambda: sdk_timezone.coerce_datetime(NOW))


def followed(kind: Any, **arguments: Any) -> bool:
    with new_dag():
        task = kind(task_id="t", follow_task_ids_if_true="yes", follow_task_ids_if_false="no", **arguments)
        task >> [EmptyOperator(task_id="yes"), EmptyOperator(task_id="no")]
    _, context = execute(task)
    (skipped,) = context["ti"].recorded_skips
    return skipped == "no"


@pytest.mark.parametrize(
    ("lower", "upper", "is_true"),
    [
        (NOW - HOUR, NOW + HOUR, True),
        (NOW + HOUR, NOW + 2 * HOUR, False),
        (NOW, NOW, True),
        (None, NOW + HOUR, True),
        (None, NOW - HOUR, False),
        (NOW - HOUR, None, True),
        (time(11), time(13), True),
        (time(13), time(14), False),
        (time(11), time(3), True),
        (time(13), None, False),
        (datetime(2024, 3, 6, 11), datetime(2024, 3, 6, 13), True),
    ],
)
def test_now_lies_within_the_bounds(lower: Any, upper: Any, is_true: bool) -> None:
    assert followed(BranchDateTimeOperator, target_lower=lower, target_upper=upper) is is_true


@pytest.mark.parametrize("argument", ["use_task_logical_date", "use_task_execution_date"])
def test_the_logical_date_may_be_compared_instead(argument: str) -> None:
    bounds = {"target_lower": datetime(2024, 3, 5, tzinfo=timezone.utc), "target_upper": NOW - 30 * HOUR}
    assert followed(BranchDateTimeOperator, **bounds, **{argument: True})
    assert not followed(BranchDateTimeOperator, **bounds)


def test_bounds_are_needed() -> None:
    with pytest.raises(AirflowException, match="neither"):
        followed(BranchDateTimeOperator, target_lower=None, target_upper=None)


@pytest.mark.parametrize(
    ("arguments", "is_true"),
    [
        ({"week_day": "Wednesday"}, True),
        ({"week_day": {"Monday", "Tuesday"}}, False),
        ({"week_day": "Tuesday", "use_task_logical_date": True}, True),
        ({"week_day": "Tuesday", "use_task_execution_day": True}, True),
    ],
)
def test_today_is_one_of_the_days(arguments: dict[str, Any], is_true: bool) -> None:
    assert followed(BranchDayOfWeekOperator, **arguments) is is_true


@pytest.mark.parametrize(
    ("date", "run_type", "goes_on"),
    [
        (datetime(2024, 3, 5, tzinfo=timezone.utc), "scheduled", True),
        (datetime(2024, 3, 4, tzinfo=timezone.utc), "scheduled", False),
        (datetime(2023, 1, 1, tzinfo=timezone.utc), "scheduled", False),
        (datetime(2023, 1, 1, tzinfo=timezone.utc), "manual", True),
    ],
)
def test_only_the_latest_scheduled_run_goes_on(date: datetime, run_type: str, goes_on: bool) -> None:
    with new_dag():
        task = LatestOnlyOperator(task_id="t")
        task >> EmptyOperator(task_id="next")
    run = run_info(
        run_type=run_type, logical_date=date, data_interval_start=date, data_interval_end=date + timedelta(days=1)
    )
    _, context = execute(task, run=run)
    assert context["ti"].recorded_skips == ([] if goes_on else ["next"])


def test_a_run_without_a_schedule_is_the_latest() -> None:
    with new_dag(schedule=None):
        task = LatestOnlyOperator(task_id="t")
        task >> EmptyOperator(task_id="next")
    _, context = execute(task)
    assert context["ti"].recorded_skips == []


def test_the_smooth_operator_sings(caplog: pytest.LogCaptureFixture) -> None:
    with new_dag():
        task = SmoothOperator(task_id="t")
    with caplog.at_level("INFO"):
        execute(task)
    assert "Sade" in caplog.messages[-1]
