"""For which Airflow was a file written?"""

from __future__ import annotations

import pytest

from tradewind.sdk.dialect import Dialect, current_dialect, current_file, decide_dialect, reading_file

CASES = [
    # text, dialect, reason
    ("from airflow.sdk import DAG, task", 3, "imports airflow.sdk"),
    ("from airflow.sdk.definitions.asset import Asset", 3, "imports airflow.sdk.definitions.asset"),
    ("import airflow.sdk as sdk", 3, "imports airflow.sdk"),
    ("from airflow.providers.standard.operators.bash import BashOperator", 3, None),
    ("from airflow import DAG\nDAG('d', deadline=1)", 3, "uses deadline="),
    ("from airflow import DAG\nDAG('d', fail_fast=True)", 3, "uses fail_fast="),
    ("from airflow import DAG\nDAG('d', schedule_interval='@daily')", 2, "uses schedule_interval="),
    ("from airflow.decorators import dag\n@dag(timetable=x)\ndef f(): pass", 2, "uses timetable="),
    ("from airflow import DAG\nDAG('d', concurrency=3)", 2, "uses concurrency="),
    ("from airflow import DAG\nDAG('d', 'words')", 2, "gives DAG arguments by place"),
    ("from airflow.operators.bash import BashOperator", 2, "imports airflow.operators.bash"),
    ("from airflow.operators import bash", 2, "imports airflow.operators"),
    ("from airflow.utils.dates import days_ago", 2, "imports airflow.utils.dates"),
    ("from airflow.utils import dates", 2, "imports airflow.utils.dates"),
    ("from airflow import Dataset", 2, "imports airflow.Dataset"),
    ("from airflow.datasets import Dataset", 2, "imports airflow.datasets"),
    ("def f(execution_date): pass", 2, "takes execution_date from the context"),
    ("x = '{{ execution_date }}'", 2, "uses execution_date in a template"),
    ("x = '{{ yesterday_ds_nodash }}'", 2, "uses yesterday_ds_nodash in a template"),
    ("def f(dag_run): return dag_run.execution_date", 2, "reads .execution_date"),
    ("def f(**c): return c['execution_date']", 2, "reads execution_date from the context"),
    ("EmptyOperator(task_id='a', trigger_rule='dummy')", 2, "uses trigger rule 'dummy'"),
    ("PythonOperator(task_id='a', provide_context=True)", 2, "uses provide_context="),
    # Said of itself, in a comment: whatever else is in the file.
    ("# tradewind: dialect=3\nfrom airflow.utils.dates import days_ago", 3, "comment in the file"),
    ("#tradewind:dialect=2\nfrom airflow.sdk import DAG", 2, "comment in the file"),
    ("# tradewind: dialect=9\nfrom airflow.sdk import DAG", 3, "imports airflow.sdk"),
    # An import that only Airflow 3 has decides, whatever old names the file still uses.
    ("from airflow.sdk import DAG\nfrom airflow.operators.python import PythonOperator", 3, "imports airflow.sdk"),
    # Files for both: what is guarded counts less than what is not.
    (
        "try:\n    from airflow.sdk import DAG\nexcept ImportError:\n    from airflow import DAG",
        3,
        "imports airflow.sdk",
    ),
    (
        "try:\n    from airflow.sdk import DAG\nexcept ImportError:\n    from airflow import DAG\nDAG('d', schedule_interval=1)",
        2,
        "uses schedule_interval=",
    ),
    # Nothing that tells.
    ("from airflow import DAG\nDAG('d', schedule='@daily')", 2, "[core] dialect"),
    ("from airflow.models import Variable\nx = 'my_execution_dates'", 2, "[core] dialect"),
    ("this is no Python", 2, "[core] dialect"),
]


@pytest.mark.parametrize(("text", "dialect", "reason"), CASES)
def test_the_text_decides(text: str, dialect: int, reason: str | None) -> None:
    found = decide_dialect(text)
    assert found.dialect == dialect
    assert reason in (None, found.reason)


def test_where_nothing_tells_the_configuration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DIALECT", "3")
    assert decide_dialect("from airflow import DAG") == Dialect(3, "[core] dialect", ())
    assert decide_dialect("from airflow import DAG", default=2).dialect == 2


def test_what_the_file_relies_on_is_listed_once_each() -> None:
    found = decide_dialect(
        "from airflow.sdk import task\nfrom airflow.utils.dates import days_ago\n"
        "DAG('a', schedule_interval=1)\nDAG('b', schedule_interval=2)\n"
    )
    assert found.relies_on == ("imports airflow.sdk", "imports airflow.utils.dates", "uses schedule_interval=")


def test_the_file_being_read_is_known_while_it_is_read() -> None:
    assert (current_dialect(), current_file()) == (2, None)
    with reading_file("/a.py", Dialect(3, "why")):
        assert (current_dialect(), current_file()) == (3, "/a.py")
        with reading_file("/b.py", 2):
            assert (current_dialect(), current_file()) == (2, "/b.py")
        assert current_dialect() == 3
    assert current_dialect() == 2
