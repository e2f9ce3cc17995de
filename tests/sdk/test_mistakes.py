"""What is wrong with a file is said with file, line, and what to do."""

from __future__ import annotations

import sys

import pytest

from tests.sdk.world import collect, problem

HEAD = """
from airflow import DAG
from airflow.decorators import setup, task, task_group, teardown
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from airflow.utils.task_group import TaskGroup

"""

CASES = {
    "a cycle names its path": (
        """
        with DAG("nightly", schedule=None):
            load = EmptyOperator(task_id="load")
            extract = EmptyOperator(task_id="extract")
            clean = EmptyOperator(task_id="clean")
            load >> extract >> clean >> extract
        """,
        4,
        "DAG 'nightly' loops: extract → clean → extract. Take away one of these edges",
    ),
    "a task cannot follow itself": (
        """
        with DAG("d", schedule=None):
            a = EmptyOperator(task_id="a")
            a >> a
        """,
        3,
        "DAG 'd' loops: a → a.",
    ),
    "two tasks of one name": (
        """
        with DAG("d", schedule=None):
            EmptyOperator(task_id="a")
            EmptyOperator(task_id="a")
        """,
        4,
        "two tasks or groups called 'a' (the first one at /dags/example.py:10)",
    ),
    "a group of a task's name": (
        """
        with DAG("d", schedule=None):
            EmptyOperator(task_id="a")
            with TaskGroup("a"):
                pass
        """,
        4,
        "two things called 'a'",
    ),
    "a group outside of any DAG": ("TaskGroup('g')", 1, "Task group 'g' belongs to no DAG"),
    "an edge without a DAG": (
        """
        EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
        """,
        2,
        "belongs to no DAG, so it has no order",
    ),
    "an edge between DAGs": (
        """
        with DAG("one", schedule=None):
            a = EmptyOperator(task_id="a")
        with DAG("two", schedule=None):
            EmptyOperator(task_id="b") >> a
        """,
        5,
        "is related to tasks of another DAG ('one', 'two'): use an ExternalTaskSensor",
    ),
    "an edge to a function that was not called": (
        """
        with DAG("d", schedule=None):
            @task
            def f(): pass
            EmptyOperator(task_id="a") >> f
        """,
        5,
        "Was the function called?",
    ),
    "a setup that is a teardown": (
        """
        with DAG("d", schedule=None):
            EmptyOperator(task_id="a").as_setup().as_teardown()
        """,
        3,
        "'a' is a setup already, so it cannot be a teardown as well",
    ),
    "a scope of a task that is neither": (
        """
        with DAG("d", schedule=None):
            with EmptyOperator(task_id="a"):
                pass
        """,
        3,
        "mark it with .as_setup() or .as_teardown()",
    ),
    "a teardown with a rule of its own": (
        """
        with DAG("d", schedule=None):
            @teardown
            @task(trigger_rule="all_done")
            def clean(): pass
            clean()
        """,
        6,
        "cannot have a trigger rule of its own",
    ),
    "a group marked as setup": (
        """
        with DAG("d", schedule=None):
            @setup
            @task_group
            def g(): pass
        """,
        3,
        "A task group cannot be marked as setup",
    ),
    "mapping over a number": (
        """
        with DAG("d", schedule=None):
            @task
            def f(x): pass
            f.expand(x=5)
        """,
        5,
        "expand(x=…) takes a list, a dict or the result of a task, not int (5)",
    ),
    "mapping over text": (
        """
        with DAG("d", schedule=None):
            PythonOperator.partial(task_id="a", python_callable=print).expand(op_args="abc")
        """,
        3,
        "not str ('abc')",
    ),
    "mapping over nothing": (
        """
        with DAG("d", schedule=None):
            PythonOperator.partial(task_id="a", python_callable=print).expand()
        """,
        3,
        "has nothing to map over",
    ),
    "mapping over another XCom": (
        """
        with DAG("d", schedule=None):
            @task
            def f(x): pass
            f.expand(x=f(1)["part"])
        """,
        5,
        "Only what a task returns can be mapped over, not its XCom 'part'",
    ),
    "mapping twice": (
        """
        with DAG("d", schedule=None):
            @task
            def f(x): pass
            f.partial(x=1).expand(x=[1])
        """,
        5,
        "has 'x' in partial() and in expand()",
    ),
    "mapping an unknown argument": (
        """
        with DAG("d", schedule=None):
            PythonOperator.partial(task_id="a", python_callable=print).expand(op_arg=[[1]])
        """,
        3,
        "PythonOperator.expand() has no argument 'op_arg'. Did you mean 'op_args'?",
    ),
    "an unknown argument of partial": (
        """
        with DAG("d", schedule=None):
            PythonOperator.partial(task_id="a", python_callabel=print).expand(op_args=[[1]])
        """,
        3,
        "Did you mean 'python_callable'?",
    ),
    "an expansion inside an expansion": (
        """
        with DAG("d", schedule=None):
            @task
            def f(x): pass
            @task_group
            def g(x):
                f.expand(x=[1, 2])
            g.expand(x=[1])
        """,
        7,
        "expanded inside an expanded group",
    ),
    "a mapped group inside a mapped group": (
        """
        with DAG("d", schedule=None):
            @task_group
            def inner(x): EmptyOperator(task_id="e")
            @task_group
            def outer(x): inner.expand(x=[1])
            outer.expand(x=[1])
        """,
        6,
        "is expanded inside an expanded group",
    ),
    "always in a mapped group": (
        """
        with DAG("d", schedule=None):
            @task_group
            def g(x):
                EmptyOperator(task_id="e", trigger_rule="always")
            g.expand(x=[1])
        """,
        6,
        "cannot have the trigger rule 'always' in a group that is expanded",
    ),
    "always, mapped over a result": (
        """
        with DAG("d", schedule=None):
            @task
            def f(x): return [1]
            f.override(trigger_rule="always").expand(x=f(1))
        """,
        5,
        "cannot have the trigger rule 'always' and be mapped over the result of a task",
    ),
    "a result as a list": (
        """
        with DAG("d", schedule=None):
            @task
            def f(): return [1]
            for x in f():
                pass
        """,
        5,
        "'XComArg' object is not iterable",
    ),
    "a part of a result by number": (
        """
        with DAG("d", schedule=None):
            @task
            def f(): return [1]
            f()[0]
        """,
        5,
        "its item 0 cannot be taken",
    ),
    "a @task function called wrongly": (
        """
        with DAG("d", schedule=None):
            @task
            def f(first, second): pass
            f(1)
        """,
        5,
        "f() needs 'second'",
    ),
    "a @task function called with a misspelt argument": (
        """
        with DAG("d", schedule=None):
            @task
            def f(first): pass
            f(frist=1)
        """,
        5,
        "Did you mean 'first'?",
    ),
    "a context key with a default": (
        """
        with DAG("d", schedule=None):
            @task
            def f(ti=5): pass
            f()
        """,
        5,
        "its only default can be None",
    ),
    "a mapped context key": (
        """
        with DAG("d", schedule=None):
            @task
            def f(ti): pass
            f.expand(ti=[1])
        """,
        5,
        "it is a key of the context. Rename the argument",
    ),
    "a method as a task": (
        """
        class C:
            @task
            def f(self): pass
        """,
        3,
        "@task does not work on methods",
    ),
    "fail_fast with another rule": (
        """
        with DAG("d", schedule=None, fail_fast=True):
            EmptyOperator(task_id="a", trigger_rule="all_done")
        """,
        3,
        "has fail_fast, so its tasks run with the trigger rule all_success only",
    ),
    "chained lists of different length": (
        """
        from airflow.models.baseoperator import chain
        with DAG("d", schedule=None):
            t = [EmptyOperator(task_id=f"t{i}") for i in range(3)]
            chain(t[:1], t[1:])
        """,
        5,
        "these have 1 and 2. For every one before every other, use cross_downstream()",
    ),
    "an absent provider": (
        "from airflow.providers.google.cloud.hooks.gcs import GCSHook",
        1,
        "pip install apache-airflow-providers-google",
    ),
    "a decorator of an absent provider": (
        """
        @task.docker(image="x")
        def f(): pass
        """,
        2,
        "pip install apache-airflow-providers-docker",
    ),
    "Python's own errors keep their names": ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    "a syntax error": ("def f(:\n  pass", 1, "SyntaxError: invalid syntax"),
}


ABOVE_A_DEF = ("a group marked as setup", "a method as a task")


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_line(case: str) -> None:
    source, line, words = CASES[case]
    found = problem(HEAD + _dedented(source))
    assert words in found.message
    expected = HEAD.count("\n") + line
    if sys.version_info < (3, 11) and case in ABOVE_A_DEF:
        # There, a decorator's call is on the line of the `def` below it.
        expected = HEAD.count("\n") + next(
            number for number, text in enumerate(_dedented(source).splitlines(), 1) if number > line and "def " in text
        )
    assert (found.line, found.message.partition(": ")[0]) == (expected, f"/dags/example.py:{expected}")


def _dedented(source: str) -> str:
    import textwrap

    return textwrap.dedent(source)


def test_a_mistake_in_one_dag_does_not_take_the_others_of_the_file_along() -> None:
    found = collect(
        HEAD
        + """
with DAG("good", schedule=None):
    EmptyOperator(task_id="a")
with DAG("bad", schedule=None):
    b = EmptyOperator(task_id="b")
    b >> b
"""
    )
    assert [spec.dag_id for spec in found.specs] == ["good"]
    assert [mistake.dag_id for mistake in found.problems] == ["bad"]


def test_a_file_that_fails_half_way_defines_nothing_and_the_next_one_is_not_disturbed() -> None:
    broken = collect(HEAD + 'with DAG("half", schedule=None):\n    EmptyOperator(task_id="a")\n    1 / 0\n')
    assert (broken.specs, len(broken.problems)) == ([], 1)
    whole = collect(HEAD + 'with DAG("whole", schedule=None):\n    EmptyOperator(task_id="a")\n')
    assert [spec.dag_id for spec in whole.specs] == ["whole"]


def test_the_message_shows_the_frames_of_the_users_code_only() -> None:
    found = problem(HEAD + "def build():\n    EmptyOperator(task_id='a', nonsens=1)\nbuild()\n")
    assert "in build" in found.message
    assert "tradewind" not in found.message


def test_a_file_that_cannot_be_read_says_so() -> None:
    from tradewind.sdk.collect import collect_dags

    (mistake,) = collect_dags("/dags/nowhere.py").problems
    assert "/dags/nowhere.py cannot be read" in mistake.message


def test_warnings_of_the_file_are_kept() -> None:
    found = collect("import warnings\nwarnings.warn('careful', stacklevel=1)\n")
    assert found.warnings == ["/dags/example.py:2: UserWarning: careful"]


def test_a_partial_that_is_never_expanded_is_a_warning() -> None:
    found = collect(
        HEAD + 'with DAG("d", schedule=None):\n    PythonOperator.partial(task_id="a", python_callable=print)\n'
    )
    assert any("made with partial() and never expanded" in warning for warning in found.warnings)
