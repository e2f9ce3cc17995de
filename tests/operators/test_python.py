"""Operators that call Python functions."""

from __future__ import annotations

import functools
import logging
from typing import Any

import pytest

from tests.operators.running import execute, new_dag
from tradewind.operators.branch import BaseBranchOperator
from tradewind.operators.empty import DummyOperator, EmptyOperator
from tradewind.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.task_group import TaskGroup


def names(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    return (*args, *sorted(kwargs)[:2])


class Adder:
    def __call__(self, x: int, y: int = 2) -> int:
        return x + y

    def method(self, ds: str) -> str:
        return ds


async def later(x: int) -> int:
    return x


def generates() -> Any:
    yield Metadata("s3://x", {"rows": 3})
    return "end"


class Metadata:
    def __init__(self, asset: Any, extra: dict[str, Any]) -> None:
        self.asset, self.extra = asset, extra


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        (lambda: 1, {}, 1),
        (lambda x: x, {"op_args": [5]}, 5),
        (lambda x, y: x - y, {"op_args": [5], "op_kwargs": {"y": 2}}, 3),
        (lambda ds: ds, {}, "2024-03-05"),
        (lambda x, ds: f"{x} {ds}", {"op_args": ["a"]}, "a 2024-03-05"),
        (lambda ds, **kwargs: kwargs["ds_nodash"], {}, "20240305"),
        (lambda ds: ds, {"op_kwargs": {"ds": "mine"}}, "mine"),
        (lambda *, ti: ti.task_id, {}, "t"),
        (lambda templates_dict: templates_dict["day"], {"templates_dict": {"day": "{{ ds }}"}}, "2024-03-05"),
        (lambda x=3: x, {}, 3),
        (lambda **context: context["x"], {"op_kwargs": {"x": 1}}, 1),
        (functools.partial(lambda x, y: (x, y), 1), {"op_kwargs": {"y": 2}}, (1, 2)),
        (Adder(), {"op_args": [1]}, 3),
        (Adder().method, {}, "2024-03-05"),
        (later, {"op_kwargs": {"x": 4}}, 4),
        (generates, {}, "end"),
        (max, {"op_args": [[1, 3, 2]]}, 3),
    ],
)
def test_a_function_is_called_with_what_it_asks_for(function: Any, arguments: dict[str, Any], result: Any) -> None:
    with new_dag():
        task = PythonOperator(task_id="t", python_callable=function, **arguments)
    assert execute(task)[0] == result


def test_what_a_generator_yields_is_an_event_of_its_outlet() -> None:
    with new_dag():
        task = PythonOperator(task_id="t", python_callable=generates)
    _, context = execute(task)
    assert context["outlet_events"]["s3://x"].extra == {"rows": 3}


def test_a_positional_argument_on_a_key_of_the_context_is_refused() -> None:
    with new_dag():
        task = PythonOperator(task_id="t", python_callable=lambda ds: ds, op_args=[1])
    with pytest.raises(ValueError, match="ds"):
        execute(task)


def test_what_is_no_function_is_refused_when_the_file_is_read() -> None:
    with new_dag(), pytest.raises(AirflowException, match="without calling it"):
        PythonOperator(task_id="t", python_callable=max([1]))


@pytest.mark.parametrize(
    ("value", "shown", "message"),
    [
        (3, True, "Done. Returned value was: 3"),
        ("secret rows", False, "Done. Returned value not shown"),
    ],
)
def test_the_returned_value_is_logged_unless_told_otherwise(
    value: Any, shown: bool, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with new_dag():
        task = PythonOperator(task_id="t", python_callable=lambda: value, show_return_value_in_logs=shown)
    with caplog.at_level(logging.INFO):
        execute(task)
    assert caplog.messages == [message]


def test_a_subclass_may_run_the_function_its_own_way() -> None:
    class Twice(PythonOperator):
        def execute_callable(self) -> Any:
            return [super(Twice, self).execute_callable() for _ in range(2)]

    with new_dag():
        task = Twice(task_id="t", python_callable=lambda ds: ds)
    assert execute(task)[0] == ["2024-03-05"] * 2


# --- branches ----------------------------------------------------------------------------------------------------------


def diamond(choice: Any) -> BranchPythonOperator:
    with new_dag():
        branch = BranchPythonOperator(task_id="t", python_callable=lambda: choice)
        a, b, join = (EmptyOperator(task_id=name) for name in ("a", "b", "join"))
        with TaskGroup("g"):
            first = EmptyOperator(task_id="first")
            first >> EmptyOperator(task_id="second")
        branch >> [a, b, join, first]
        a >> join
    return branch


@pytest.mark.parametrize(
    ("choice", "skipped"),
    [
        ("a", {"b", "g.first"}),
        (["a", "b"], {"g.first"}),
        (("b",), {"a", "join", "g.first"}),
        ("g", {"a", "b", "join"}),
        (None, {"a", "b", "join", "g.first"}),
        ([], {"a", "b", "join", "g.first"}),
    ],
)
def test_a_branch_skips_what_it_does_not_follow(choice: Any, skipped: set[str]) -> None:
    result, context = execute(diamond(choice))
    assert result == choice
    assert set(context["ti"].recorded_skips) == skipped


@pytest.mark.parametrize("choice", ["nope", 3, [1], {"a": 1}])
def test_a_branch_to_what_is_no_task_fails(choice: Any) -> None:
    with pytest.raises(AirflowException):
        execute(diamond(choice))


def test_a_branch_operator_of_the_users_own() -> None:
    class Mine(BaseBranchOperator):
        def choose_branch(self, context: Any) -> str:
            return f"on_{context['ds_nodash'][-2:]}"

    with new_dag():
        branch = Mine(task_id="t")
        branch >> [EmptyOperator(task_id="on_05"), EmptyOperator(task_id="on_06")]
    _, context = execute(branch)
    assert context["ti"].recorded_skips == ["on_06"]


@pytest.mark.parametrize(
    ("value", "ignore", "skipped"),
    [(True, True, set()), ("x", True, set()), (False, True, {"a", "b"}), (None, True, {"a", "b"}), (0, False, {"a"})],
)
def test_a_short_circuit_skips_when_its_value_is_false(value: Any, ignore: bool, skipped: set[str]) -> None:
    with new_dag():
        task = ShortCircuitOperator(task_id="t", python_callable=lambda: value, ignore_downstream_trigger_rules=ignore)
        task >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
        task >> EmptyOperator(task_id="down").as_teardown()
    result, context = execute(task)
    assert result == value
    assert set(context["ti"].recorded_skips) == skipped


def test_an_empty_operator_does_nothing_and_may_be_completed_without_a_process() -> None:
    with new_dag():
        task = EmptyOperator(task_id="t")
    assert execute(task)[0] is None
    assert EmptyOperator.is_inline
    assert DummyOperator is EmptyOperator
