"""TriggerDagRunOperator: what it asks for, and how it waits."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import msgspec
import pytest

from tests.operators.running import TurnedClock, execute, new_dag
from tests.runtime_task.fake_host import Platform, run_info
from tradewind.core.messages import FoundDag, Refused, TriggerRun
from tradewind.operators.trigger_dagrun import DagIsPaused, TriggerDagRunOperator
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException, DagNotFound, DagRunAlreadyExists


def trigger(**kwargs: Any) -> TriggerDagRunOperator:
    with new_dag():
        return TriggerDagRunOperator(task_id="t", **{"trigger_dag_id": "other", **kwargs})


def platform(**kwargs: Any) -> Platform:
    return Platform(dags={"other": FoundDag()}, **kwargs)


def request_of(asked_of: Platform) -> TriggerRun:
    (request,) = [request for request in asked_of.asked if isinstance(request, TriggerRun)]
    return request


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"trigger_run_id": "mine_{{ ds }}"}, {"run_id": "mine_2024-03-05"}),
        ({"conf": {"day": "{{ ds }}"}}, {"conf": '{"day": "2024-03-05"}'}),
        ({"conf": '{"a": 1}'}, {"conf": '{"a": 1}'}),
        ({"conf": None}, {"conf": "{}"}),
        ({"logical_date": "{{ logical_date }}"}, {"logical_date": datetime(2024, 3, 5, tzinfo=timezone.utc)}),
        ({"execution_date": "2024-01-02T03:00:00"}, {"logical_date": datetime(2024, 1, 2, 3, tzinfo=timezone.utc)}),
        ({"logical_date": None}, {"logical_date": None}),
        ({"run_after": datetime(2030, 1, 1, tzinfo=timezone.utc)}, {"logical_date": None}),
        ({"reset_dag_run": True}, {"reset_existing": True}),
        ({"note": "by hand"}, {"note": "by hand"}),
        ({"trigger_dag_id": "{{ 'other' }}"}, {"dag_id": "other"}),
    ],
)
def test_its_arguments_become_the_order(arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    asked_of = platform()
    execute(trigger(**arguments), asked_of)
    request = msgspec.structs.asdict(request_of(asked_of))
    assert {name: request[name] for name in expected} == expected


def test_without_a_date_the_run_gets_the_time_of_now() -> None:
    asked_of = platform()
    execute(trigger(), asked_of)
    logical_date = request_of(asked_of).logical_date
    assert logical_date is not None
    assert logical_date.tzinfo is not None


def test_the_run_is_left_as_xcoms() -> None:
    asked_of = platform()
    execute(trigger(trigger_run_id="mine", logical_date="2024-01-01"), asked_of)
    assert {xcom.key: xcom.value for xcom in asked_of.xcoms} == {
        "trigger_run_id": '"mine"',
        "trigger_logical_date_iso": '"2024-01-01T00:00:00+00:00"',
        "trigger_execution_date_iso": '"2024-01-01T00:00:00+00:00"',
    }


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, DagRunAlreadyExists),
        ({"skip_when_already_exists": True}, AirflowSkipException),
        ({"skip_when_already_exists": "{{ 'True' }}"}, AirflowSkipException),
        ({"reset_dag_run": True}, None),
    ],
)
def test_a_run_that_exists_is_an_error_a_skip_or_cleared(arguments: dict[str, Any], error: Any) -> None:
    asked_of = platform(runs=[run_info(dag_id="other", run_id="mine")])
    task = trigger(trigger_run_id="mine", **arguments)
    if error is None:
        execute(task, asked_of)
    else:
        with pytest.raises(error):
            execute(task, asked_of)


def test_a_dag_that_does_not_exist_is_named() -> None:
    with pytest.raises(DagNotFound, match="'other'"):
        execute(trigger(), Platform())


def test_a_paused_dag_is_an_error_when_asked_for() -> None:
    paused = Platform(dags={"other": FoundDag(is_paused=True)})
    with pytest.raises(DagIsPaused):
        execute(trigger(fail_when_dag_is_paused=True), paused)
    execute(trigger(), paused)


def test_a_refusal_is_passed_on_in_its_own_words() -> None:
    refusing = platform(on_trigger=lambda request: Refused("Runs of other must be asset triggered."))
    with pytest.raises(AirflowException, match="asset triggered"):
        execute(trigger(), refusing)


def test_conf_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        execute(trigger(conf={"a": object()}), platform())


@pytest.mark.parametrize("argument", ["logical_date", "run_after"])
def test_a_date_of_another_type_is_refused_when_the_file_is_read(argument: str) -> None:
    with pytest.raises(TypeError, match=argument):
        trigger(**{argument: 3})


@pytest.mark.parametrize(
    ("ends", "arguments", "error"),
    [
        ("success", {}, None),
        ("failed", {}, "failed with failed state failed"),
        ("failed", {"allowed_states": ["failed"], "failed_states": []}, None),
        ("success", {"allowed_states": ["failed"], "failed_states": ["success"]}, "failed state success"),
        ("gone", {}, "was deleted"),
    ],
)
def test_it_waits_for_the_end_by_its_interval(ends: str, arguments: dict[str, Any], error: str | None) -> None:
    asked_of = platform()
    clock = TurnedClock()

    def after_each_sleep() -> None:
        if len(clock.slept) == 3:
            asked_of.runs[:] = [] if ends == "gone" else [msgspec.structs.replace(asked_of.runs[0], state=ends)]

    clock.then = after_each_sleep
    task = trigger(wait_for_completion=True, poke_interval=5, **arguments)
    if error is None:
        execute(task, asked_of, clock=clock)
    else:
        with pytest.raises(AirflowException, match=error):
            execute(task, asked_of, clock=clock)
    assert clock.slept == [5, 5, 5]


def test_a_deferrable_one_waits_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    asked_of = platform()
    clock = TurnedClock()
    clock.then = lambda: asked_of.runs.__setitem__(0, msgspec.structs.replace(asked_of.runs[0], state="success"))
    with caplog.at_level("INFO"):
        execute(trigger(wait_for_completion=True, deferrable=True), asked_of, clock=clock)
    assert any("no triggers yet" in message for message in caplog.messages)
