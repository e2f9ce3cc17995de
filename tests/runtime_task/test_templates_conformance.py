"""Every expression of `conformance/templates` renders as the real Airflow of its dialect recorded it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.runtime_task.fake_host import Platform, make_try, run_info, talking_to
from tradewind.core.messages import ConnectionInfo, RunInfo, SetXCom, Succeeded, TaskTry
from tradewind.operators.python import PythonOperator
from tradewind.runtime.task_process import context_of
from tradewind.sdk.connection import Connection
from tradewind.sdk.dag import DAG
from tradewind.sdk.xcom_codec import decode

FOLDER = Path(__file__).parents[1] / "conformance" / "templates"
RECORDED = {
    dialect: {
        **json.loads((FOLDER / f"expected-{version}.json").read_text())["values"],
        **json.loads((FOLDER / f"more-{version}.json").read_text())["values"],
    }
    for dialect, version in ((2, "2.11.2"), (3, "3.3.2"))
}
LOGICAL_DATE = datetime(2024, 3, 5, 6, 7, 8, tzinfo=timezone.utc)


def run(dialect: int) -> RunInfo:
    return run_info(
        dag_id="tpl",
        run_id="manual__2024-03-05T06:07:08+00:00" if dialect == 2 else "manual__2026-11-23T06:57:05.200517+00:00",
        run_type="manual",
        run_after=LOGICAL_DATE,
        logical_date=LOGICAL_DATE,
        data_interval_start=datetime(2024, 3, 4, tzinfo=timezone.utc),
        data_interval_end=datetime(2024, 3, 5, tzinfo=timezone.utc),
        conf='{"a": {"b": 2}}',
    )


def platform() -> Platform:
    my = Connection("my", uri="postgres://user:p%40ss@db.example:5433/sch?sslmode=require")
    return Platform(
        variables={"plain": "hello", "obj": '{"k": {"n": [1, 2]}, "s": "t"}'},
        connections={
            "my": ConnectionInfo(
                conn_id="my",
                conn_type=my.conn_type or "",
                host=my.host,
                login=my.login,
                password=my.password,
                schema=my.schema,
                port=my.port,
                extra=my.extra,
            )
        },
        xcoms=[
            SetXCom(dag_id="tpl", run_id="r", task_id="first", key="other", value='[1, "two"]'),
        ],
    )


def keys(**context: Any) -> list[str]:
    return sorted(context)


def tpl(dialect: int) -> DAG:
    with DAG(
        "tpl",
        schedule="@daily",
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
        params={"x": 7, "y": "why"},
        user_defined_macros={"user_macro": lambda value: value * 2},
    ) as dag:
        dag.dialect = dialect
        PythonOperator(task_id="first", python_callable=keys) >> PythonOperator(task_id="probe", python_callable=keys)
    return dag


def cases() -> list[Any]:
    return [
        pytest.param(dialect, expression, value, id=f"{dialect}-{expression}")
        for dialect, values in RECORDED.items()
        for expression, value in values.items()
        if expression != "CONTEXT_KEYS"
    ]


@pytest.mark.parametrize(("dialect", "expression", "recorded"), cases())
def test_an_expression_renders_as_recorded(
    dialect: int, expression: str, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    dag = tpl(dialect)
    probe = dag.get_task("probe")
    task_try = TaskTry(try_id="t", run=run(dialect), task_id="probe")
    with talking_to(platform()):
        context = context_of(dag, probe, task_try)
        if recorded.startswith("!"):
            # By name, as recorded: a subclass of ours would not be what a template's author knows.
            with pytest.raises(Exception) as raised:
                probe.render_template(expression, context)
            assert type(raised.value).__name__ == recorded[1:]
        else:
            assert shape(probe.render_template(expression, context)) == shape(recorded)


def shape(rendered: str) -> str:
    """Run ids hold the wall clock."""
    return re.sub(r"^manual__.*", "manual__…", rendered)


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_function_with_kwargs_gets_the_recorded_keys(dialect: int, tmp_path: Path) -> None:
    asked_of = platform()
    ended = make_try(tpl(dialect), "probe", tmp_path, asked_of, run=run(dialect))
    assert isinstance(ended.outcome, Succeeded), ended.lines
    (returned,) = ended.outcome.xcoms
    assert decode(returned.value) == RECORDED[dialect]["CONTEXT_KEYS"]
    assert asked_of.asked == [], "handing everything on costs no question"
