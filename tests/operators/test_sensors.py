"""Sensors: when their wait is over."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.operators.running import NOW, TurnedClock, execute, new_dag
from tests.runtime_task.fake_host import Platform, run_info
from tradewind.core.messages import ConnectionInfo, FoundDag
from tradewind.core.spec import DagSpec, GroupSpec, TaskSpec
from tradewind.sdk.exceptions import AirflowNotFoundException, AirflowRescheduleException, AirflowSkipException
from tradewind.sdk.sensor import PokeReturnValue
from tradewind.sensors.date_time import DateTimeSensor, DateTimeSensorAsync
from tradewind.sensors.external_task import (
    DuplicateStateError,
    ExternalDagFailedError,
    ExternalDagNotFoundError,
    ExternalTaskFailedError,
    ExternalTaskGroupFailedError,
    ExternalTaskGroupNotFoundError,
    ExternalTaskMarker,
    ExternalTaskNotFoundError,
    ExternalTaskSensor,
)
from tradewind.sensors.filesystem import FileSensor
from tradewind.sensors.python import PythonSensor
from tradewind.sensors.time_delta import TimeDeltaSensor, TimeDeltaSensorAsync, WaitSensor
from tradewind.sensors.time_sensor import TimeSensor, TimeSensorAsync
from tradewind.sensors.weekday import DayOfWeekSensor

HOUR = timedelta(hours=1)


def sensor(kind: Any, **kwargs: Any) -> Any:
    with new_dag():
        return kind(task_id="t", **{"poke_interval": 60, **kwargs})


# --- time --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "arguments", "waits_s"),
    [
        (DateTimeSensor, {"target_time": NOW - HOUR}, 0),
        (DateTimeSensor, {"target_time": "2024-03-06T12:01:30"}, 120),
        (DateTimeSensor, {"target_time": "{{ data_interval_end.add(hours=12, minutes=1) }}"}, 120),
        (TimeSensor, {"target_time": time(11)}, 0),
        (TimeSensor, {"target_time": time(12, 2)}, 180),
        (TimeDeltaSensor, {"delta": timedelta(hours=11)}, 0),
        (TimeDeltaSensor, {"delta": timedelta(hours=12, minutes=1)}, 120),
        (TimeDeltaSensor, {"delta": 721}, 120),
        (TimeDeltaSensor, {"delta": "{{ 721 }}"}, 120),
        (WaitSensor, {"time_to_wait": timedelta(minutes=5)}, 300),
        (WaitSensor, {"time_to_wait": 5}, 300),
    ],
)
def test_a_sensor_of_time_waits_until_then(kind: Any, arguments: dict[str, Any], waits_s: float) -> None:
    clock = TurnedClock()
    execute(sensor(kind, **arguments), clock=clock)
    assert sum(clock.slept) == waits_s


@pytest.mark.parametrize(
    ("kind", "arguments", "at"),
    [
        (DateTimeSensorAsync, {"target_time": NOW + HOUR}, NOW + HOUR),
        (TimeSensorAsync, {"target_time": time(13)}, NOW + HOUR),
        (TimeDeltaSensorAsync, {"delta": timedelta(hours=13)}, NOW + HOUR),
        (TimeDeltaSensor, {"delta": timedelta(hours=13), "deferrable": True}, NOW + HOUR),
        (WaitSensor, {"time_to_wait": HOUR, "deferrable": True}, NOW + HOUR),
    ],
)
def test_a_deferrable_sensor_of_time_is_rescheduled_once_for_that_time(
    kind: Any, arguments: dict[str, Any], at: datetime
) -> None:
    with pytest.raises(AirflowRescheduleException) as caught:
        execute(sensor(kind, **arguments), clock=TurnedClock())
    assert caught.value.reschedule_date == at
    execute(sensor(kind, **arguments), clock=TurnedClock(at), first_started_at=NOW, reschedule_count=1)


def test_a_time_of_day_is_read_in_the_zone_of_the_dag() -> None:
    import pendulum

    from tradewind.sdk.dag import DAG

    with DAG("d", schedule=None, start_date=pendulum.datetime(2024, 1, 1, tz="Asia/Seoul")):
        seoul = TimeSensor(task_id="t", target_time=time(21, 30))
    clock = TurnedClock()
    execute(seoul, clock=clock)
    assert sum(clock.slept) == pytest.approx(31 * 60, abs=60)


def test_a_sensor_that_waits_past_midnight_keeps_its_day() -> None:
    late = TurnedClock(NOW + timedelta(days=1))
    execute(sensor(TimeSensor, target_time=time(23)), clock=late, first_started_at=NOW)
    assert late.slept == []


@pytest.mark.parametrize(
    ("arguments", "is_over"),
    [
        ({"week_day": "Wednesday"}, True),
        ({"week_day": {"Monday", "Tuesday"}}, False),
        ({"week_day": {"Tuesday"}, "use_task_logical_date": True}, True),
        ({"week_day": "Tuesday", "use_task_execution_day": True}, True),
    ],
)
def test_a_day_of_the_week(arguments: dict[str, Any], is_over: bool) -> None:
    task = sensor(DayOfWeekSensor, mode="reschedule", **arguments)
    if is_over:
        execute(task, clock=TurnedClock())
    else:
        with pytest.raises(AirflowRescheduleException):
            execute(task, clock=TurnedClock())


# --- functions and files -----------------------------------------------------------------------------------------------


def test_a_function_is_asked_until_it_says_yes() -> None:
    answers = iter([False, None, PokeReturnValue(True, "found")])
    clock = TurnedClock()
    result, _ = execute(sensor(PythonSensor, python_callable=lambda: next(answers)), clock=clock)
    assert result == "found"
    assert clock.slept == [60, 60]


def test_a_function_gets_its_arguments_at_every_poke() -> None:
    seen = []

    def look(x: int, ds: str) -> bool:
        seen.append((x, ds))
        return len(seen) == 3

    execute(sensor(PythonSensor, python_callable=look, op_kwargs={"x": 1}), clock=TurnedClock())
    assert seen == [(1, "2024-03-05")] * 3


@pytest.mark.parametrize(
    ("filepath", "made", "recursive", "is_there"),
    [
        ("a.csv", "a.csv", False, True),
        ("a.csv", "b.csv", False, False),
        ("*.csv", "b.csv", False, True),
        ("folder", "folder/deep/a.csv", False, True),
        ("folder", "folder/", False, False),
        ("**/a.csv", "x/y/a.csv", True, True),
        ("**/a.csv", "x/y/a.csv", False, False),
        ("{{ ds }}.csv", "2024-03-05.csv", False, True),
    ],
)
def test_a_file_is_there(filepath: str, made: str, recursive: bool, is_there: bool, tmp_path: Path) -> None:
    base = tmp_path / "base"
    target = base / made
    if made.endswith("/"):
        target.mkdir(parents=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    platform = Platform(connections={"fs": ConnectionInfo(conn_id="fs", conn_type="fs", extra=f'{{"path": "{base}"}}')})
    task = sensor(FileSensor, filepath=filepath, fs_conn_id="fs", recursive=recursive, mode="reschedule")
    if is_there:
        execute(task, platform, clock=TurnedClock())
    else:
        with pytest.raises(AirflowRescheduleException):
            execute(task, platform, clock=TurnedClock())


def test_without_a_connection_the_default_one_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    execute(sensor(FileSensor, filepath=str(tmp_path / "a")), clock=TurnedClock())
    with pytest.raises(AirflowNotFoundException):
        execute(sensor(FileSensor, filepath="a", fs_conn_id="mine"), clock=TurnedClock())


def test_a_deferrable_file_sensor_gives_its_slot_back(tmp_path: Path) -> None:
    with pytest.raises(AirflowRescheduleException):
        execute(sensor(FileSensor, filepath=str(tmp_path / "no"), deferrable=True), clock=TurnedClock())


# --- other DAGs --------------------------------------------------------------------------------------------------------

DATE = datetime(2024, 3, 5, tzinfo=timezone.utc)
DAY = timedelta(days=1)
EXTERNAL = FoundDag(
    DagSpec(
        dag_id="other",
        fileloc="/other.py",
        tasks=(TaskSpec(task_id="a", operator="X"), TaskSpec(task_id="g.b", operator="X")),
        groups=(GroupSpec(group_id="g"),),
    )
)


def other_run(state: str, date: datetime = DATE) -> Any:
    return run_info(dag_id="other", run_id=f"r{date.day}", state=state, logical_date=date)


OVER, WAITS = None, AirflowRescheduleException


@pytest.mark.parametrize(
    ("states", "arguments", "outcome"),
    [
        (["success"], {}, OVER),
        (["running"], {}, WAITS),
        ([], {}, WAITS),
        (["failed"], {}, WAITS),
        (["failed"], {"failed_states": ["failed"]}, ExternalDagFailedError),
        (["failed"], {"failed_states": ["failed"], "soft_fail": True}, AirflowSkipException),
        (["failed"], {"skipped_states": ["failed"]}, AirflowSkipException),
        (["failed"], {"allowed_states": ["failed"]}, OVER),
    ],
)
def test_a_run_of_another_dag(states: list[str], arguments: dict[str, Any], outcome: Any) -> None:
    task = sensor(ExternalTaskSensor, external_dag_id="other", mode="reschedule", **arguments)
    platform = Platform(runs=[other_run(state) for state in states])
    check(task, platform, outcome)


@pytest.mark.parametrize(
    ("states", "arguments", "outcome"),
    [
        ({"a": "success"}, {"external_task_id": "a"}, OVER),
        ({"a": "running"}, {"external_task_id": "a"}, WAITS),
        ({}, {"external_task_id": "a"}, WAITS),
        ({"a": "success", "b": "running"}, {"external_task_ids": ["a", "b"]}, WAITS),
        ({"a": "success", "b": "success"}, {"external_task_ids": ["a", "b"]}, OVER),
        ({"a": "success"}, {"external_task_ids": ["a", "b"]}, WAITS),
        ({"a[0]": "success", "a[1]": "success"}, {"external_task_id": "a"}, OVER),
        ({"a[0]": "success", "a[1]": "running"}, {"external_task_id": "a"}, WAITS),
        ({"a": "skipped"}, {"external_task_id": "a", "allowed_states": ["success", "skipped"]}, OVER),
        ({"a": "skipped"}, {"external_task_id": "a", "skipped_states": ["skipped"]}, AirflowSkipException),
        ({"a": "failed"}, {"external_task_id": "a", "failed_states": ["failed"]}, ExternalTaskFailedError),
        ({"g.b": "success"}, {"external_task_group_id": "g"}, OVER),
        ({"g.b": "success", "g.c": "running"}, {"external_task_group_id": "g"}, WAITS),
        (
            {"g.b": "failed", "g.c": "upstream_failed"},
            {"external_task_group_id": "g", "failed_states": ["failed"]},
            ExternalTaskGroupFailedError,
        ),
    ],
)
def test_tasks_of_another_dag(states: dict[str, str], arguments: dict[str, Any], outcome: Any) -> None:
    task = sensor(ExternalTaskSensor, external_dag_id="other", mode="reschedule", **arguments)
    check(task, Platform(states={"other": {"r": states}} if states else {}), outcome)


def check(task: Any, platform: Platform, outcome: Any) -> None:
    if outcome is None:
        execute(task, platform, clock=TurnedClock())
    else:
        with pytest.raises(outcome):
            execute(task, platform, clock=TurnedClock())


@pytest.mark.parametrize(
    ("arguments", "dates"),
    [
        ({}, [DATE]),
        ({"execution_delta": DAY}, [DATE - DAY]),
        ({"execution_date_fn": lambda date: date - 2 * DAY}, [DATE - 2 * DAY]),
        ({"execution_date_fn": lambda date: [date, date - DAY]}, [DATE, DATE - DAY]),
        ({"execution_date_fn": lambda date, ds_nodash: date - DAY * (ds_nodash == "20240305")}, [DATE - DAY]),
        ({"execution_date_fn": lambda date, context: context["logical_date"]}, [DATE]),
    ],
)
def test_which_dates_are_waited_for(arguments: dict[str, Any], dates: list[datetime]) -> None:
    task = sensor(ExternalTaskSensor, external_dag_id="other", mode="reschedule", **arguments)
    execute(task, Platform(runs=[other_run("success", date) for date in dates]), clock=TurnedClock())
    check(task, Platform(runs=[other_run("success", date + HOUR) for date in dates]), WAITS)


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ({"external_dag_id": "nope"}, ExternalDagNotFoundError),
        ({"external_dag_id": "other", "external_task_id": "nope"}, ExternalTaskNotFoundError),
        ({"external_dag_id": "other", "external_task_group_id": "nope"}, ExternalTaskGroupNotFoundError),
        ({"external_dag_id": "other", "external_task_id": "a"}, WAITS),
        ({"external_dag_id": "other", "external_task_group_id": "g"}, WAITS),
    ],
)
def test_what_does_not_exist_is_said_at_once_when_asked_for(arguments: dict[str, Any], outcome: Any) -> None:
    task = sensor(ExternalTaskSensor, check_existence=True, mode="reschedule", **arguments)
    check(task, Platform(dags={"other": EXTERNAL}), outcome)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"external_task_id": "a", "external_task_ids": ["b"]}, ValueError),
        ({"external_task_id": "a", "external_task_group_id": "g"}, ValueError),
        ({"execution_delta": DAY, "execution_date_fn": lambda date: date}, ValueError),
        ({"allowed_states": ["skipped"]}, ValueError),
        ({"external_task_id": "a", "allowed_states": ["no such state"]}, ValueError),
        ({"failed_states": ["success"]}, DuplicateStateError),
    ],
)
def test_contradicting_arguments_are_refused_when_the_file_is_read(arguments: dict[str, Any], error: Any) -> None:
    with pytest.raises(error):
        sensor(ExternalTaskSensor, external_dag_id="other", **arguments)


def test_names_of_what_is_waited_for_are_templates() -> None:
    task = sensor(ExternalTaskSensor, external_dag_id="{{ 'other' }}", external_task_id="{{ 'a' }}", mode="reschedule")
    check(task, Platform(states={"other": {"r": {"a": "success"}}}), OVER)


def test_a_marker_names_the_task_that_depends_on_it() -> None:
    with new_dag():
        marker = ExternalTaskMarker(task_id="t", external_dag_id="other", external_task_id="a", recursion_depth=3)
    execute(marker)
    assert (marker.external_dag_id, marker.external_task_id, marker.logical_date) == (
        "other",
        "a",
        "2024-03-05T00:00:00+00:00",
    )
    with new_dag(), pytest.raises(ValueError, match="recursion_depth"):
        ExternalTaskMarker(task_id="t", external_dag_id="other", external_task_id="a", recursion_depth=0)
