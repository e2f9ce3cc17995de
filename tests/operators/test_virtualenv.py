"""Functions that run in another interpreter: real virtual environments and real processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.operators.running import execute, new_dag
from tradewind.operators.empty import EmptyOperator
from tradewind.operators.foreign_script import source_of
from tradewind.operators.virtualenv import (
    BranchExternalPythonOperator,
    ExternalPythonOperator,
    PythonVirtualenvOperator,
    is_venv_installed,
)
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException


def task_like(function: Any) -> Any:
    return function


def add(x: int, y: int = 1) -> int:
    return x + y


def describe(ds: str, logical_date: Any, params: dict[str, Any]) -> list[Any]:
    import datetime

    return [ds, isinstance(logical_date, datetime.datetime), logical_date.isoformat(), params]


def strings() -> Any:
    return virtualenv_string_args  # type: ignore[name-defined]  # noqa: F821


def environment() -> Any:
    import os

    return os.environ.get("MINE")


def fails() -> None:
    raise ValueError("planned failure")


def leaves() -> None:
    import sys

    sys.exit(42)


def follows() -> str:
    return "a"


def executable() -> Any:
    import sys

    return sys.prefix != sys.base_prefix, sys.prefix


def external(function: Any, **kwargs: Any) -> ExternalPythonOperator:
    with new_dag(params={"p": 1}):
        return ExternalPythonOperator(task_id="t", python=sys.executable, python_callable=function, **kwargs)


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        (add, {"op_args": [1]}, 2),
        (add, {"op_kwargs": {"x": 1, "y": 5}}, 6),
        (describe, {}, ["2024-03-05", True, "2024-03-05T00:00:00+00:00", {"p": 1}]),
        (strings, {"string_args": ["a", "b"]}, ["a", "b"]),
        (environment, {"env_vars": {"MINE": "x"}}, "x"),
        (environment, {}, "theirs"),
        (environment, {"inherit_env": False}, None),
    ],
)
def test_the_result_comes_back(
    function: Any, arguments: dict[str, Any], result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "theirs")
    assert execute(external(function, **arguments))[0] == result


def test_an_error_there_is_the_error_here() -> None:
    with pytest.raises(AirflowException, match="ValueError: planned failure"):
        execute(external(fails))


def test_an_exit_code_may_skip() -> None:
    with pytest.raises(AirflowSkipException, match="42"):
        execute(external(leaves, skip_on_exit_code=42))
    with pytest.raises(AirflowException, match="42"):
        execute(external(leaves))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"python_callable": lambda: 1}, ValueError),
        ({"python_callable": print}, ValueError),
        ({"serializer": "json"}, AirflowException),
        ({"python": ""}, ValueError),
    ],
)
def test_what_cannot_work_is_refused_when_the_file_is_read(arguments: dict[str, Any], error: Any) -> None:
    with new_dag(), pytest.raises(error):
        ExternalPythonOperator(task_id="t", **{"python": sys.executable, "python_callable": add, **arguments})


@pytest.mark.parametrize("python", ["/nowhere/python", "/"])
def test_an_interpreter_that_is_none_is_said(python: str) -> None:
    with new_dag():
        task = ExternalPythonOperator(task_id="t", python=python, python_callable=add)
    with pytest.raises(ValueError, match="Python Path"):
        execute(task)


def test_arguments_that_cannot_be_handed_over_are_said() -> None:
    with pytest.raises(AirflowException, match="cannot be handed"):
        execute(external(add, op_args=[lambda: 1]))


def test_a_branch_runs_elsewhere() -> None:
    with new_dag():
        task = BranchExternalPythonOperator(task_id="t", python=sys.executable, python_callable=follows)
        task >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
    _, context = execute(task)
    assert context["ti"].recorded_skips == ["b"]


@pytest.mark.slow
def test_a_virtual_environment_is_made_and_kept_in_the_cache(tmp_path: Path) -> None:
    def run(**kwargs: Any) -> Any:
        with new_dag():
            task = PythonVirtualenvOperator(task_id="t", python_callable=executable, **kwargs)
        return execute(task)[0]

    is_virtual, gone = run(system_site_packages=False)
    assert is_virtual
    assert not Path(gone).exists()
    first, second = (run(venv_cache_path=str(tmp_path / "cache"))[1] for _ in range(2))
    assert first == second
    assert Path(first, ".complete").exists()
    # One that was left half made by a kill is made again.
    Path(first, ".complete").unlink()
    Path(first, "bin", "python").unlink()
    assert run(venv_cache_path=str(tmp_path / "cache"))[1] == first


def test_a_version_that_is_not_there_is_said() -> None:
    with new_dag():
        task = PythonVirtualenvOperator(task_id="t", python_callable=add, python_version="2.1")
    with pytest.raises(AirflowException, match=r"no python2\.1 on the PATH"):
        execute(task)


def test_the_source_of_a_task_comes_without_its_task_decorators() -> None:
    def task(**_: Any) -> Any:
        return task_like

    @task(
        requirements=["x"],
    )
    @task_like
    def mine() -> int:
        return 1

    assert source_of(mine).splitlines() == ["@task_like", "def mine() -> int:", "    return 1"]
    assert is_venv_installed()
