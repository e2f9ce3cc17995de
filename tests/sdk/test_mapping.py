"""What the instances of mapped tasks and groups get."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sdk.world import Platform, context_of, dag_of, instance, run, task_of
from tradewind.core.spec import Expansion, LengthConcat, LengthLiteral, LengthOf, LengthZip
from tradewind.sdk.exceptions import (
    AirflowSkipException,
    UnmappableXComLengthPushed,
    UnmappableXComTypePushed,
    XComForMappingNotPushed,
    XComNotFound,
)
from tradewind.sdk.mapped import resolve_expansion

HEAD = """
from airflow import DAG
from airflow.decorators import task, task_group
from airflow.exceptions import AirflowSkipException
from airflow.operators.bash import BashOperator

@task
def src():
    return [1, 2, 3]

@task
def other():
    return ["a", "b"]

@task
def f(x, y=None, ti=None):
    return (x, y)

with DAG("d", schedule=None) as dag:
"""


def body(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "inputs"),
    [
        ("f.expand(x=[1, 2])", (("x", LengthLiteral(2)),)),
        ("f.expand(x={'a': 1})", (("x", LengthLiteral(1, keys=["a"])),)),
        ("f.expand(x=src())", (("x", LengthOf("src")),)),
        ("f.expand(x=src().map(str))", (("x", LengthOf("src")),)),
        ("f.expand(y=[1], x=src())", (("y", LengthLiteral(1)), ("x", LengthOf("src")))),
        ("f.expand(x=src().zip(other()))", (("x", LengthZip((LengthOf("src"), LengthOf("other")))),)),
        (
            "f.expand(x=src().zip(other(), fillvalue=0))",
            (("x", LengthZip((LengthOf("src"), LengthOf("other")), fill=True)),),
        ),
        ("f.expand(x=src().concat(other()))", (("x", LengthConcat((LengthOf("src"), LengthOf("other")))),)),
        ("f.expand_kwargs([{'x': 1}, {'x': 2}])", (("", LengthLiteral(2)),)),
        ("f.expand_kwargs(src())", (("", LengthOf("src")),)),
    ],
)
def test_the_specification_says_where_the_length_comes_from(line: str, inputs: Any) -> None:
    assert task_of(body(line), "f").expansion == Expansion(inputs)


def results(lines: list[str], platform: Platform, count: int, task_id: str = "f", **changes: Any) -> list[Any]:
    dag = dag_of(body(*lines))
    return [run(dag.get_task(task_id), map_index=index, **changes)[0] for index in range(count)]


def test_literals_of_several_arguments_are_combined_and_the_last_one_varies_fastest(platform: Platform) -> None:
    found = results(["f.expand(x=[1, 2], y=['a', 'b', 'c'])"], platform, 6, map_lengths={"x": 2, "y": 3})
    assert found == [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b"), (2, "c")]


def test_the_lengths_are_found_from_the_values_when_nobody_tells_them(platform: Platform) -> None:
    platform.pushed("src", [1, 2])
    assert results(["f.expand(x=src(), y=[7, 8])"], platform, 4) == [(1, 7), (1, 8), (2, 7), (2, 8)]


def test_the_items_of_a_mapping_are_pairs(platform: Platform) -> None:
    assert results(["f.expand(x={'a': 1, 'b': 2})"], platform, 2) == [(("a", 1), None), (("b", 2), None)]


def test_partial_arguments_are_the_same_for_all(platform: Platform) -> None:
    assert results(["f.partial(y=9).expand(x=[1, 2])"], platform, 2) == [(1, 9), (2, 9)]


def test_functions_of_map_run_one_after_the_other_for_the_item_that_is_used(platform: Platform) -> None:
    platform.pushed("src", [1, 2, 3])
    lines = ["seen = []", "f.expand(x=src().map(lambda v: v + 1).map(lambda v: seen.append(v) or v * 10))"]
    assert results(lines, platform, 2) == [(20, None), (30, None)]


def test_a_function_of_map_may_skip_its_instance(platform: Platform) -> None:
    platform.pushed("src", [1])
    lines = ["def skip(v): raise AirflowSkipException('not this one')", "f.expand(x=src().map(skip))"]
    with pytest.raises(AirflowSkipException, match="not this one"):
        results(lines, platform, 1)


def test_zip_ends_with_the_shortest_or_fills_up_to_the_longest(platform: Platform) -> None:
    platform.pushed("src", [1, 2, 3])
    platform.pushed("other", ["a", "b"])
    assert results(["f.expand(x=src().zip(other()))"], platform, 2) == [((1, "a"), None), ((2, "b"), None)]
    filled = results(["f.expand(x=src().zip(other(), fillvalue=0))"], platform, 3)
    assert filled[2] == ((3, 0), None)


def test_concat_joins_lists(platform: Platform) -> None:
    platform.pushed("src", [1, 2])
    platform.pushed("other", {"k": "v"})
    assert [x for x, _ in results(["f.expand(x=src().concat(other()))"], platform, 3)] == [1, 2, ("k", "v")]


def test_expand_kwargs_gives_each_instance_its_arguments(platform: Platform) -> None:
    assert results(["f.expand_kwargs([{'x': 1}, {'x': 2, 'y': 3}])"], platform, 2) == [(1, None), (2, 3)]
    platform.pushed("src", [{"x": 5}, {"x": 6, "y": 7}])
    assert results(["f.expand_kwargs(src())"], platform, 2) == [(5, None), (6, 7)]


def test_results_inside_a_literal_list_are_resolved_for_the_instance_that_has_them(platform: Platform) -> None:
    platform.pushed("src", [1, 2])
    assert results(["f.expand(x=[src(), 5])"], platform, 2) == [([1, 2], None), (5, None)]
    assert sum(1 for request in platform.asked) == 1


def test_a_classic_operator_is_mapped_with_its_defaults_and_templates(platform: Platform) -> None:
    dag = dag_of(
        """
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        with DAG("d", schedule=None, default_args={"env": {"A": "1"}, "retries": 2}):
            BashOperator.partial(task_id="b", retries=3).expand(bash_command=["echo {{ ti.map_index }}", "x"])
        """
    )
    mapped = dag.get_task("b")
    assert (mapped.retries, mapped.task_type, repr(mapped)) == (3, "BashOperator", "<Mapped(BashOperator): b>")
    ti = instance(mapped, map_index=0)
    context = context_of(ti)
    operator = mapped.render_template_fields(context)
    assert (operator.bash_command, operator.env, operator.retries) == ("echo 0", {"A": "1"}, 3)
    assert (operator.task_id, operator.dag, ti.task, context["task"]) == ("b", dag, operator, operator)
    assert dag.task_ids == ["b"]


def test_text_that_another_task_returned_is_no_template(platform: Platform) -> None:
    platform.pushed("src", ["{{ ti.task_id }}"])
    assert results(["f.expand(x=src(), y=['{{ ti.task_id }}'])"], platform, 1) == [("{{ ti.task_id }}", "f")]


def test_a_task_below_a_mapped_one_gets_all_results_lazily(platform: Platform) -> None:
    for index, value in enumerate(["a", "b"]):
        platform.pushed("f", value, map_index=index)
    ((values, _),) = results(["f.override(task_id='all')(f.expand(x=[1, 2]))"], platform, 1, "all")
    assert (list(values), len(values), values[1], values[-1:]) == (["a", "b"], 2, "b", ["b"])
    assert values == ["a", "b"]


def test_no_results_of_a_mapped_task_are_an_empty_list(platform: Platform) -> None:
    ((values, _),) = results(["f.override(task_id='all')(f.expand(x=[1, 2]))"], platform, 1, "all")
    assert list(values) == []


def test_tasks_of_a_mapped_group_see_their_own_index(platform: Platform) -> None:
    source = body(
        "@task_group",
        "def group(a, b):",
        "    f.override(task_id='second')(f.override(task_id='first')(a, b))",
        "group.partial(b='same').expand(a=src())",
    )
    platform.pushed("src", [10, 20])
    platform.pushed("group.first", "r0", map_index=0)
    platform.pushed("group.first", "r1", map_index=1)
    dag = dag_of(source)
    first, second = dag.get_task("group.first"), dag.get_task("group.second")
    assert [run(first, map_index=index)[0] for index in (0, 1)] == [(10, "same"), (20, "same")]
    assert [run(second, map_index=index)[0] for index in (0, 1)] == [("r0", None), ("r1", None)]


def test_a_task_outside_of_a_mapped_group_gets_the_results_of_all_instances(platform: Platform) -> None:
    source = body(
        "@task_group",
        "def group(a):",
        "    return f.override(task_id='inner')(a)",
        "f.override(task_id='after')(group.expand(a=[1, 2]).get_child_by_label('inner').output)",
    )
    platform.pushed("group.inner", "x", map_index=0)
    platform.pushed("group.inner", "y", map_index=1)
    (values, _), _ = run(dag_of(source).get_task("after"))
    assert values == ["x", "y"]


def test_the_runtime_may_ask_for_the_arguments_alone(platform: Platform) -> None:
    platform.pushed("src", [1, 2])
    task = dag_of(body("f.expand(y=['p', 'q'], x=src())")).get_task("f")
    ti = instance(task, map_index=2, map_lengths={"y": 2, "x": 2})
    assert resolve_expansion(task, ti.task_try, platform) == {"y": "q", "x": 1}


def test_what_is_mapped_over_must_be_there_and_mappable(platform: Platform) -> None:
    dag = dag_of(body("f.expand(x=src())"))
    ti = instance(dag.get_task("src"))
    with pytest.raises(XComForMappingNotPushed):
        ti.result_xcoms(None)
    with pytest.raises(UnmappableXComTypePushed, match="it returned int"):
        ti.result_xcoms(5)
    with pytest.raises(UnmappableXComLengthPushed, match="max_map_length is 1024"):
        ti.result_xcoms(list(range(1025)))
    (kept,) = ti.result_xcoms({"a": 1, "b": 2})
    assert (kept.key, kept.length) == ("return_value", 2)


def test_a_missing_key_is_an_error_and_a_missing_result_is_none(platform: Platform) -> None:
    dag = dag_of(body("f(src()['part'], src())"))
    with pytest.raises(XComNotFound, match="pushed no XCom with key 'part'"):
        run(dag.get_task("f"))
    platform.pushed("src", 1, key="part")
    assert run(dag.get_task("f"))[0] == (1, None)
