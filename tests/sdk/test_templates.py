"""Rendering of template fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pytest

from tradewind.sdk.context import Context
from tradewind.sdk.dag import DAG
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.params import DagParam
from tradewind.sdk.template import literal, template_environment


class Query(BaseOperator):
    template_fields = ("sql", "args")
    template_ext = (".sql",)

    def __init__(self, *, sql: Any, args: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.args = args


class Pair(NamedTuple):
    a: str
    b: str


def rendered(sql: Any, context: dict[str, Any] | None = None, args: Any = None, **dag_arguments: Any) -> Query:
    with DAG("d", schedule=None, **dag_arguments):
        task = Query(task_id="q", sql=sql, args=args)
    values = Context({"x": "X", **(context or {})})
    task.render_template_fields(values)
    return task


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{ x }}", "X"),
        ("plain", "plain"),
        # As Jinja does with every text: one line break at the end is dropped, and all of them are unified.
        ("plain\n", "plain"),
        ("a\r\nb\n\n", "a\nb\n"),
        ("{# comment #}y", "y"),
        ("{% do [].append(1) %}z", "z"),
        (["{{ x }}", 1, None], ["X", 1, None]),
        (("{{ x }}",), ("X",)),
        (Pair("{{ x }}", "b"), Pair("X", "b")),
        ({"{{ x }}": "{{ x }}"}, {"{{ x }}": "X"}),
        ({"{{ x }}"}, {"X"}),
        (literal("{{ x }}"), "{{ x }}"),
        (5, 5),
        ("", ""),
    ],
)
def test_text_in_containers_is_rendered(value: Any, expected: Any) -> None:
    assert rendered(value).sql == expected


def test_the_operator_of_the_dag_is_left_alone_when_a_copy_is_rendered() -> None:
    with DAG("d", schedule=None):
        task = Query(task_id="q", sql=["{{ x }}"])
    copy = task.prepare_for_execution().render_template_fields({"x": 1})
    assert (task.sql, copy.sql) == (["{{ x }}"], ["1"])


def test_template_files_are_found_beside_the_dag_and_on_its_search_path(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text("select '{{ x }}' {% include 'two.sql' %}")
    (tmp_path / "two.sql").write_text("from {{ x }}")
    assert rendered("one.sql", template_searchpath=[str(tmp_path)]).sql == "select 'X' from X"
    with pytest.raises(jinja2.TemplateNotFound):
        rendered("nowhere.sql")


def test_template_files_can_be_read_ahead(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text("select {{ x }}")
    with DAG("d", schedule=None, template_searchpath=str(tmp_path)):
        task = Query(task_id="q", sql="one.sql", args=["one.sql", "other"])
    task.resolve_template_files()
    assert (task.sql, task.args) == ("select {{ x }}", ["select {{ x }}", "other"])


def test_undefined_names_are_errors_that_name_the_field() -> None:
    with pytest.raises(jinja2.UndefinedError) as caught:
        rendered("{{ nothing }}")
    notes = getattr(caught.value, "__notes__", ["template field 'sql'"])
    assert "template field 'sql'" in notes[0]
    assert rendered("{{ nothing }}", template_undefined=jinja2.Undefined).sql == ""


def test_macros_and_filters_of_the_dag_are_there() -> None:
    found = rendered(
        "{{ twice(3) }} {{ x | shout }}",
        user_defined_macros={"twice": lambda v: v * 2},
        user_defined_filters={"shout": lambda v: v + "!"},
    )
    assert found.sql == "6 X!"


def test_native_objects_keep_their_types_and_a_task_may_differ_from_its_dag() -> None:
    assert rendered("{{ [1, 2] }}", render_template_as_native_obj=True).sql == [1, 2]
    with DAG("d", schedule=None):
        task = Query(task_id="q", sql="{{ 1 }}", render_template_as_native_obj=True)
    assert task.render_template_fields({}).sql == 1


def test_other_delimiters_are_honoured() -> None:
    assert rendered(
        "<< x >> {{ x }}", jinja_environment_kwargs={"variable_start_string": "<<", "variable_end_string": ">>"}
    ).sql == ("X {{ x }}")


def test_the_sandbox_keeps_templates_away_from_python_itself() -> None:
    class Thing:
        _private = "seen"

    assert rendered("{{ thing._private }}", {"thing": Thing()}).sql == "seen"
    with pytest.raises(jinja2.exceptions.SecurityError):
        rendered("{{ thing.__class__.__mro__ }}", {"thing": Thing()})


def test_objects_with_template_fields_of_their_own_are_rendered_inside() -> None:
    class Inner:
        template_fields = ("text",)
        text = "{{ x }}"

    inner = Inner()
    assert rendered([inner]).sql == [inner]
    assert inner.text == "X"


def test_a_missing_field_is_told_by_name() -> None:
    with DAG("d", schedule=None):
        task = Query(task_id="q", sql="x")
    del task.args
    with pytest.raises(AttributeError, match="Query names 'args' among its template_fields"):
        task.render_template_fields({})


def test_a_callable_field_is_called() -> None:
    assert rendered(lambda context, jinja_env: context["x"] * 2).sql == "XX"


def test_values_of_the_context_that_cost_something_are_made_when_a_template_reads_them() -> None:
    made: list[str] = []
    with DAG("d", schedule=None):
        task = Query(task_id="q", sql="{{ wanted }} {{ wanted }}")
    context = Context({}, lazy={name: lambda name=name: made.append(name) or name for name in ("wanted", "unwanted")})  # type: ignore[misc]
    assert task.render_template_fields(context).sql == "wanted wanted"
    assert made == ["wanted"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{ d | ds }}", "2024-03-05"),
        ("{{ d | ds_nodash }}", "20240305"),
        ("{{ d | ts }}", "2024-03-05T06:07:08+00:00"),
        ("{{ d | ts_nodash }}", "20240305T060708"),
        ("{{ d | ts_nodash_with_tz }}", "20240305T060708+0000"),
        ("{{ none | ds }}", "None"),
    ],
)
def test_filters_of_dates(expression: str, expected: str) -> None:
    import pendulum

    moment = pendulum.datetime(2024, 3, 5, 6, 7, 8)
    assert template_environment().from_string(expression).render({"d": moment}) == expected


def test_a_dag_param_is_the_runs_value_then_the_default() -> None:
    with DAG("d", schedule=None) as dag:
        param = dag.param("p", 5)
    assert isinstance(param, DagParam)

    class Run:
        conf = {"p": 6}  # noqa: RUF012

    assert param.resolve({"dag_run": Run(), "params": {"p": 5}}) == 6
    assert param.resolve({"params": {"p": 7}}) == 7
    assert param.resolve({}) == 5
