"""Decorated functions as tasks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sdk.world import FakeClock, Platform, dag_of, run, spec, upstreams
from tradewind.sdk.exceptions import AirflowSensorTimeout, AirflowSkipException
from tradewind.sdk.flow_tasks import task
from tradewind.sdk.taskflow import TaskDecorator, remove_task_decorator

HEAD = """
from __future__ import annotations
from typing import Any, Dict, TypedDict
from airflow import DAG
from airflow.decorators import task, task_group, setup, teardown
from airflow.sensors.base import PokeReturnValue
from airflow.operators.empty import EmptyOperator

class Row(TypedDict):
    a: int

"""


def flow(*lines: str) -> str:
    return HEAD + 'with DAG("d", schedule=None) as dag:\n' + "".join(f"    {line}\n" for line in lines)


def result(lines: list[str], task_id: str = "f", **changes: Any) -> Any:
    return run(dag_of(flow(*lines)).get_task(task_id), **changes)[0]


def test_own_arguments_and_the_parts_of_the_context_that_are_asked_for(platform: Platform) -> None:
    lines = ["@task", "def f(x, ti, dag_run=None, *, run_id): return x, ti.task_id, dag_run.run_id, run_id"]
    assert result([*lines, "f(1)"], context={"run_id": "r"}) == (1, "f", "manual__1", "r")


def test_keywords_get_the_whole_context_and_own_arguments_win(platform: Platform) -> None:
    lines = ["@task", "def f(**context): return context['ti'].task_id, context['ds']", "f(ds='mine')"]
    assert result(lines, context={"ds": "theirs"}) == ("f", "mine")


def test_arguments_are_templates_and_results_of_other_tasks_are_filled_in(platform: Platform) -> None:
    platform.pushed("g", {"k": [1]})
    lines = ["@task", "def g(): pass", "@task", "def f(a, b): return a, b", "f('{{ ti.task_id }}', [g()])"]
    assert result(lines) == ("f", [{"k": [1]}])


def test_coroutines_are_run(platform: Platform) -> None:
    assert result(["@task", "async def f(x): return x + 1", "f(1)"]) == 2


@pytest.mark.parametrize(
    ("annotation", "several"),
    [
        ("dict", True),
        ("dict[str, int]", True),
        ("Dict[str, Any]", True),
        ("Row", True),
        ("list", False),
        ("int", False),
        ("dict | None", False),
        ("Unheard", False),
        ("dict[str, Unheard]", True),
    ],
)
def test_several_outputs_are_inferred_from_the_annotation(annotation: str, several: bool) -> None:
    dag = dag_of(flow("@task", f"def f() -> {annotation}: ...", "f()"))
    assert dag.get_task("f").multiple_outputs is several


def test_several_outputs_become_one_xcom_each(platform: Platform) -> None:
    dag = dag_of(flow("@task(multiple_outputs=True)", "def f(): return {'a': 1, 'b': [2]}", "f()"))
    value, ti = run(dag.get_task("f"))
    kept = {xcom.key: xcom.value for xcom in ti.result_xcoms(value)}
    assert kept == {"a": "1", "b": "[2]", "return_value": '{"a":1,"b":[2]}'}
    with pytest.raises(TypeError, match="must return a dict; it returned list"):
        ti.result_xcoms([1])
    with pytest.raises(TypeError, match="keys must be text"):
        ti.result_xcoms({1: 2})


def test_do_xcom_push_off_keeps_nothing(platform: Platform) -> None:
    value, ti = run(dag_of(flow("@task(do_xcom_push=False)", "def f(): return 1", "f()")).get_task("f"))
    assert ti.result_xcoms(value) == []


def test_override_gives_the_same_function_other_arguments() -> None:
    found = spec(flow("@task(retries=1)", "def f(): '''words'''", "f()", "f.override(task_id='g', retries=5)()"))
    assert [(one.task_id, one.retries, one.doc_md) for one in found.tasks] == [("f", 1, "words"), ("g", 5, "words")]


def test_a_decorated_function_is_still_the_function() -> None:
    @task
    def add(x: int) -> int:
        """Adds."""
        return x + 1

    assert isinstance(add, TaskDecorator)
    assert (add.function(1), add.__wrapped__(2), add.__name__, add.__doc__) == (2, 3, "add", "Adds.")


def test_a_branch_skips_what_it_does_not_follow(platform: Platform) -> None:
    dag = dag_of(flow("@task.branch", "def f(): return 'a'", "f() >> [EmptyOperator(task_id=i) for i in 'ab']"))
    value, ti = run(dag.get_task("f"))
    assert (value, ti.recorded_skips) == ("a", ["b"])
    assert ti.recorded_xcoms[0].key == "skipmixin_key"
    assert ti.recorded_xcoms[0].value == '{"followed":["a"]}'


@pytest.mark.parametrize(("ignore", "skipped"), [(True, ["a", "b"]), (False, ["a"])])
def test_a_short_circuit_skips_what_is_below(platform: Platform, ignore: bool, skipped: list[str]) -> None:
    dag = dag_of(
        flow(
            f"@task.short_circuit(ignore_downstream_trigger_rules={ignore})",
            "def f(x): return x",
            "f(0) >> EmptyOperator(task_id='a') >> EmptyOperator(task_id='b') >> EmptyOperator(task_id='t').as_teardown()",
            "f(1) >> EmptyOperator(task_id='c')",
        )
    )
    assert run(dag.get_task("f"))[1].recorded_skips == skipped
    assert run(dag.get_task("f__1"))[1].recorded_skips == []


def test_a_sensor_waits_until_its_function_is_true(platform: Platform) -> None:
    dag = dag_of(
        flow(
            "answers = iter([False, False, PokeReturnValue(True, 'found')])",
            "@task.sensor(poke_interval=5, timeout=100)",
            "def f(x): return next(answers)",
            "f(1)",
        )
    )
    sensor = dag.get_task("f")
    sensor.clock = clock = FakeClock()
    assert run(sensor)[0] == "found"
    assert clock.slept == [5.0, 5.0]


def test_a_sensor_in_vain_times_out(platform: Platform) -> None:
    dag = dag_of(flow("@task.sensor(poke_interval=5, timeout=11)", "def f(): return False", "f()"))
    sensor = dag.get_task("f")
    sensor.clock = clock = FakeClock()
    with pytest.raises(AirflowSensorTimeout):
        run(sensor)
    assert clock.slept == [5.0, 5.0, 5.0]


def test_bash_runs_what_the_function_returns(platform: Platform) -> None:
    dag = dag_of(flow("@task.bash", "def f(x): return f'echo {x} {{{{ ti.task_id }}}}'", "f('hello')"))
    assert (dag.get_task("f").operator_name, run(dag.get_task("f"))[0]) == ("@task.bash", "hello f")


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("@task.run_if(lambda c: c['go'])", [True, False]),
        ("@task.skip_if(lambda c: c['go'])", [False, True]),
        ("@task.run_if(lambda c: (c['go'], 'because'))", [True, False]),
    ],
)
def test_conditions_decide_right_before_the_task_runs(line: str, runs: list[bool]) -> None:
    tested = dag_of(flow(line, "@task", "def f(): pass", "f()")).get_task("f")
    for go, expected in zip((True, False), runs, strict=True):
        if expected:
            tested.pre_execute({"go": go})
        else:
            with pytest.raises(AirflowSkipException):
                tested.pre_execute({"go": go})


def test_kinds_of_other_interpreters_take_their_operators_arguments() -> None:
    dag = dag_of(
        flow(
            "@task.virtualenv(requirements=['x'], system_site_packages=False)",
            "def f(a): pass",
            "f(1)",
            "@task.external_python(python='/usr/bin/python3')",
            "def g(): pass",
            "g()",
        )
    )
    f, g = dag.tasks
    assert (f.operator_name, f.requirements, f.op_args) == ("@task.virtualenv", ["x"], [1])
    assert (g.operator_name, g.python) == ("@task.external_python", "/usr/bin/python3")


def test_setup_and_teardown_mark_their_tasks() -> None:
    found = spec(
        flow(
            "@setup",
            "def make(): pass",
            "@teardown(on_failure_fail_dagrun=True)",
            "@task(retries=3)",
            "def clean(): pass",
            "made = make()",
            "made >> EmptyOperator(task_id='w') >> clean().as_teardown(setups=made)",
        )
    )
    by_id = {one.task_id: one for one in found.tasks}
    assert by_id["make"].is_setup
    assert by_id["clean"].is_teardown
    assert by_id["clean"].on_failure_fail_dagrun
    assert by_id["clean"].trigger_rule.value == "all_done_setup_success"
    assert (by_id["clean"].retries, by_id["clean"].upstream) == (3, ("make", "w"))


def test_a_result_in_text_becomes_a_template_that_pulls_it() -> None:
    dag = dag_of(flow("@task", "def f(): pass", "text = f'got {f()}'"))
    template = "got {{ task_instance.xcom_pull(task_ids='f', dag_id='d', key='return_value') }}"
    assert str(dag.get_task("f").output) in template


def test_a_group_function_gives_its_result_or_the_group() -> None:
    found = upstreams(
        flow(
            "@task",
            "def f(x=0): pass",
            "@task_group",
            "def g(x): return f(x)",
            "@task_group(group_id='h', tooltip='t')",
            "def nothing(): f()",
            "f.override(task_id='last')(g(1)) >> nothing()",
        )
    )
    assert found == {"g.f": [], "last": ["g.f"], "h.f": ["last"]}


def test_decorators_are_taken_off_a_functions_text() -> None:
    text = "@task.virtualenv(\n    requirements=['a(b)'],\n)\n@other\ndef f():\n    return 1\n"
    assert remove_task_decorator(text, "@task") == "@other\ndef f():\n    return 1\n"
