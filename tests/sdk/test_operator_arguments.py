"""The arguments that every operator takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sdk.world import problem, spec, task_of
from tradewind.core.spec import TaskSpec
from tradewind.core.states import TriggerRule
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowException, UnknownArgument
from tradewind.sdk.operator import BaseOperator

HEAD = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.models import BaseOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

def tell(context): pass
"""


def made(arguments: str, operator: str = "BaseOperator") -> TaskSpec:
    return task_of(f'{HEAD}\nwith DAG("d", schedule=None):\n    {operator}(task_id="t", {arguments})\n', "t")


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        ("owner='me'", "owner", "me"),
        ("email='a@x, b@x;c@x'", "email", ("a@x", "b@x", "c@x")),
        ("email=['a@x']", "email", ("a@x",)),
        ("email_on_failure=False", "email_on_failure", False),
        ("email_on_retry=False", "email_on_retry", False),
        ("retries=3", "retries", 3),
        ("retries='3'", "retries", 3),
        ("retries=None", "retries", 0),
        ("retry_delay=timedelta(minutes=5)", "retry_delay_s", 300.0),
        ("retry_delay=7", "retry_delay_s", 7.0),
        ("retry_exponential_backoff=True", "retry_multiplier", 2.0),
        ("retry_exponential_backoff=1.5", "retry_multiplier", 1.5),
        ("retry_exponential_backoff=False", "retry_multiplier", 0.0),
        ("max_retry_delay=timedelta(hours=1)", "max_retry_delay_s", 3600.0),
        ("depends_on_past=True", "depends_on_past", True),
        ("wait_for_downstream=True", "depends_on_past", True),
        ("ignore_first_depends_on_past=False", "ignore_first_depends_on_past", False),
        ("wait_for_past_depends_before_skipping=True", "wait_for_past_depends_before_skipping", True),
        ("priority_weight=5", "priority_weight", 5),
        ("weight_rule='absolute'", "weight_rule", "absolute"),
        ("queue='big'", "queue", "big"),
        ("pool='p', pool_slots=2", "pool_slots", 2),
        ("pool=None", "pool", "default_pool"),
        ("execution_timeout=timedelta(seconds=9)", "execution_timeout_s", 9.0),
        ("on_execute_callback=tell, on_retry_callback=[tell]", "callbacks", ("execute", "retry")),
        ("on_failure_callback=tell", "callbacks", ("failure",)),
        ("on_success_callback=tell", "callbacks", ("success",)),
        ("on_skipped_callback=tell", "callbacks", ("skipped",)),
        ("trigger_rule='all_done'", "trigger_rule", TriggerRule.ALL_DONE),
        ("trigger_rule='dummy'", "trigger_rule", TriggerRule.ALWAYS),
        ("trigger_rule='none_failed_or_skipped'", "trigger_rule", TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS),
        ("run_as_user='u'", "run_as_user", "u"),
        ("task_concurrency=4", "max_active_tis_per_dag", 4),
        ("max_active_tis_per_dag=5", "max_active_tis_per_dag", 5),
        ("max_active_tis_per_dagrun=6", "max_active_tis_per_dagrun", 6),
        ("executor='LocalExecutor'", "executor", "LocalExecutor"),
        ("do_xcom_push=False", "do_xcom_push", False),
        ("doc_md='words'", "doc_md", "words"),
        ("doc_yaml='a: 1'", "doc_md", "```yaml\na: 1\n```"),
        ("doc='plain'", "doc_md", "```\nplain\n```"),
        ("task_display_name='Nice'", "display_name", "Nice"),
        ("map_index_template='{{ x }}'", "map_index_template", "{{ x }}"),
        ("params={'a': 1}", "params", {"a": {"value": 1, "schema": {}, "description": None}}),
        ("sla=timedelta(1), resources={}, executor_config={}, logger_name='x'", "task_id", "t"),
        ("pre_execute=tell, post_execute=lambda c, r: None, multiple_outputs=True", "task_id", "t"),
        ("allow_nested_operators=False, render_template_as_native_obj=True", "task_id", "t"),
    ],
)
def test_an_argument_reaches_the_specification(arguments: str, field: str, expected: Any) -> None:
    assert getattr(made(arguments), field) == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("op_kargs={}", "no argument 'op_kargs'. Did you mean 'op_kwargs'?"),
        ("retrys=3", "Did you mean 'retries'?"),
        ("depend_on_past=True", "Did you mean 'depends_on_past'?"),
        ("trigger_rule='all_sucess'", "there is no trigger rule 'all_sucess'. Did you mean 'all_success'?"),
        ("trigger_rule='xyz'", "Rules are: all_success"),
        ("weight_rule='x'", "weight_rule takes downstream, upstream or absolute"),
        ("pool_slots=0", "pool_slots cannot be less than 1"),
        ("retries='many'", "retries takes a whole number"),
        ("retry_delay='5m'", "retry_delay takes a timedelta"),
        ("execution_timeout=30", "execution_timeout takes a timedelta"),
        ("on_failure_callback='x'", "on_failure_callback takes a function"),
        ("email=5", "email takes an address"),
        ("start_date='soon'", "is not a date"),
        ("params=[1]", "params takes a dict"),
        ("retry_exponential_backoff=-1", "retry_exponential_backoff"),
    ],
)
def test_a_wrong_argument_is_refused_with_its_line(arguments: str, words: str) -> None:
    source = (
        f'{HEAD}\nwith DAG("d", schedule=None):\n    PythonOperator(task_id="t", python_callable=print, {arguments})\n'
    )
    found = problem(source)
    assert words in found.message
    line = source.count("\n")
    assert (found.line, found.message.partition(": ")[0]) == (line, f"/dags/example.py:{line}")


def test_an_unknown_argument_is_airflow_2s_exception_and_airflow_3s() -> None:
    with pytest.raises(UnknownArgument) as caught:
        BaseOperator(task_id="t", nonsense=1)
    assert isinstance(caught.value, AirflowException)
    assert isinstance(caught.value, TypeError)


def test_provide_context_is_taken_and_ignored_where_airflow_2_took_it() -> None:
    made("python_callable=print, provide_context=True", "PythonOperator")
    assert (
        "It is not needed since Airflow 2"
        in problem(
            f'{HEAD}\nwith DAG("d", schedule=None):\n    BaseOperator(task_id="t", provide_context=True)\n'
        ).message
    )


def test_a_missing_argument_is_named() -> None:
    assert (
        "PythonOperator (task 't') needs python_callable"
        in problem(
            f'{HEAD}\nwith DAG("d", schedule=None):\n    PythonOperator(task_id="t", python_calable=print)\n'
        ).message
    )


def test_operators_take_no_arguments_by_place() -> None:
    assert "write task_id='t'" in problem(f'{HEAD}\nwith DAG("d", schedule=None):\n    EmptyOperator("t")\n').message


def test_default_args_reach_every_class_between_the_task_and_base_operator() -> None:
    found = spec(
        f"""{HEAD}
class Loads(BaseOperator):
    template_fields = ("table",)
    def __init__(self, table, mode="append", **kwargs):
        super().__init__(**kwargs)
        self.table, self.mode = table, mode

class LoadsUsers(Loads):
    def __init__(self, *, table="users", **kwargs):
        super().__init__(table=table, **kwargs)

with DAG("d", schedule=None, default_args={{"retries": 2, "table": "t", "mode": "m", "unheard_of": 1, "owner": "o"}}):
    made = Loads(task_id="a")
    named = LoadsUsers(task_id="b", default_args={{"owner": "other", "mode": "x"}})
    assert (made.table, made.mode, named.table, named.mode) == ("t", "m", "t", "x")
"""
    )
    assert [(task.retries, task.owner) for task in found.tasks] == [(2, "o"), (2, "other")]


def test_an_operator_whose_init_takes_no_more_arguments_works() -> None:
    found = spec(
        f"""{HEAD}
class Small(BaseOperator):
    def __init__(self, task_id):
        super().__init__(task_id=task_id)

with DAG("d", schedule=None, default_args={{"retries": 2}}):
    Small(task_id="a")
"""
    )
    assert found.tasks[0].retries == 2


def test_configured_defaults_hold_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TASK_RETRIES", "4")
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_OWNER", "house")
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY", "11")
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TASK_EXECUTION_TIMEOUT", "12")
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TASK_WEIGHT_RULE", "upstream")
    task = made("queue='default'")
    assert (task.retries, task.owner, task.retry_delay_s) == (4, "house", 11.0)
    assert (task.execution_timeout_s, task.weight_rule) == (12.0, "upstream")


def test_params_of_dag_and_task_are_merged_and_only_the_tasks_own_are_kept_with_it() -> None:
    found = spec(
        f'{HEAD}\nwith DAG("d", schedule=None, params={{"a": 1, "b": 2}}):\n'
        '    task = BaseOperator(task_id="t", params={"b": 3, "c": 4})\n    assert task.params == {"a": 1, "b": 3, "c": 4}\n'
    )
    assert sorted(found.tasks[0].params) == ["b", "c"]


def test_an_empty_operator_is_done_by_the_engine_unless_something_of_the_users_runs_with_it() -> None:
    assert made("owner='x'", "EmptyOperator").inline
    assert not made("on_success_callback=tell", "EmptyOperator").inline
    assert not made("outlets=['s3://x']", "EmptyOperator").inline
    assert not made("pre_execute=tell", "EmptyOperator").inline
    assert not made("owner='x'").inline


def test_a_refused_task_leaves_nothing_in_the_dag() -> None:
    with DAG("d", schedule=None) as dag:
        with pytest.raises(AirflowException):
            BaseOperator(task_id="t", nonsense=1)
        BaseOperator(task_id="t")
    assert dag.task_ids == ["t"]


@pytest.mark.parametrize("task_id", ["a b", "a/b", "", "x" * 251])
def test_an_id_that_cannot_be_one_is_refused(task_id: str) -> None:
    found = problem(f'{HEAD}\nwith DAG("d", schedule=None):\n    EmptyOperator(task_id={task_id!r})\n')
    assert "task_id" in found.message


def test_xcom_args_in_fields_that_were_set_later_become_edges_as_well() -> None:
    found = spec(
        f"""{HEAD}
with DAG("d", schedule=None):
    first = PythonOperator(task_id="first", python_callable=print)
    second = PythonOperator(task_id="second", python_callable=print)
    second.op_args = [first.output]
"""
    )
    assert found.tasks[1].upstream == ("first",)


def test_what_is_known_of_other_dags_is_in_the_specification() -> None:
    source = """
        from airflow import DAG
        from airflow.operators.trigger_dagrun import TriggerDagRunOperator
        from airflow.sensors.external_task import ExternalTaskSensor, ExternalTaskMarker
        with DAG("d", schedule=None):
            TriggerDagRunOperator(task_id="trigger", trigger_dag_id="other")
            TriggerDagRunOperator(task_id="unknown", trigger_dag_id="{{ x }}")
            ExternalTaskSensor(task_id="wait", external_dag_id="up", external_task_id="t", mode="reschedule")
            ExternalTaskMarker(task_id="mark", external_dag_id="down", external_task_id="t")
    """
    trigger, unknown, wait, mark = spec(source).tasks
    assert (trigger.trigger_dag_id, unknown.trigger_dag_id) == ("other", None)
    assert (wait.external_dag_id, wait.external_task_ids, wait.is_sensor, wait.reschedules) == (
        "up",
        ("t",),
        True,
        True,
    )
    assert (mark.external_dag_id, mark.is_external_marker) == ("down", True)
