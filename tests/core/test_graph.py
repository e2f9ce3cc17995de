"""The index of a DAG: loops, relatives, weights, setups, leaves, mapped scopes."""

from __future__ import annotations

import pytest

from tests.core.world import dag, task
from tradewind.core.graph import Graph, GraphError
from tradewind.core.mapping import index_parts
from tradewind.core.spec import Expansion, GroupSpec, LengthLiteral


def test_a_loop_is_named_in_the_direction_of_its_edges():
    with pytest.raises(GraphError, match=r"DAG 'd' loops: a → b → c → a\. Drop one of these edges") as caught:
        Graph(dag(task("start"), task("a", "start", "c"), task("b", "a"), task("c", "b"), task("end", "c")))
    assert caught.value.cycle == ("a", "b", "c", "a")


def test_a_task_that_waits_for_itself_is_a_loop():
    with pytest.raises(GraphError, match="a → a"):
        Graph(dag(task("a", "a")))


def test_a_missing_upstream_and_a_double_id_are_refused():
    with pytest.raises(GraphError, match="'a' waits for 'gone', which is not a task"):
        Graph(dag(task("a", "gone")))
    with pytest.raises(GraphError, match="two tasks with the id 'a'"):
        Graph(dag(task("a"), task("a")))
    with pytest.raises(GraphError, match="in the group 'g'"):
        Graph(dag(task("a", group="g")))


DIAMOND = dag(task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c"))


def test_relatives_are_found_near_and_far():
    graph = Graph(DIAMOND)
    assert graph.topological == ("a", "b", "c", "d")
    assert graph.flat_relatives("a", upstream=False) == ("b", "c", "d")
    assert graph.flat_relatives("d", upstream=True) == ("a", "b", "c")
    assert graph.flat_relatives("d", upstream=True, depth=1) == ("b", "c")
    assert graph.leaves == ("d",)


@pytest.mark.parametrize(
    ("rule", "expected"), [("downstream", [8, 6, 5, 4]), ("upstream", [1, 3, 2, 8]), ("absolute", [1, 2, 1, 4])]
)
def test_the_total_weight_adds_every_task_below_or_above_once(rule, expected):
    weights = {"a": 1, "b": 2, "c": 1, "d": 4}
    tasks = [task(t.task_id, *t.upstream, priority_weight=weights[t.task_id], weight_rule=rule) for t in DIAMOND.tasks]
    assert [node.total_weight for node in Graph(dag(*tasks)).ordered] == expected


def test_a_setup_belongs_to_the_tasks_between_it_and_its_teardown():
    graph = Graph(
        dag(
            task("s", is_setup=True),
            task("w", "s"),
            task("x", "w"),
            task("t", "s", "x", is_teardown=True),
            task("after", "t"),
            task("s2", is_setup=True),
            task("y", "s2", "after"),
        )
    )
    assert graph.setups_of("x") == ("s",)
    assert graph.setups_of("after") == ()
    assert graph.setups_of("y") == ("s2",)
    assert graph.teardowns_of("s") == ("t",)
    assert graph.setups_and_teardowns_of("x") == ("s", "t")
    assert [node.task_id for node in graph.nodes["t"].teardown_scope] == ["w"]
    assert [node.task_id for node in graph.nodes["x"].indirect_setups] == ["s"]


def test_a_teardown_does_not_hide_the_leaf_above_it():
    graph = Graph(dag(task("s", is_setup=True), task("w", "s"), task("t", "s", "w", is_teardown=True)))
    assert graph.leaves == ("w",)
    told = Graph(dag(task("w"), task("t", "w", is_teardown=True, on_failure_fail_dagrun=True)))
    assert told.leaves == ("t",)
    alone = Graph(dag(task("t", is_teardown=True)))
    assert alone.leaves == ("t",)


def test_the_scope_of_a_task_is_what_multiplies_it():
    two = Expansion((("x", LengthLiteral(2)),))
    graph = Graph(
        dag(
            task("plain"),
            task("m", expansion=two),
            task("g.a", group="g"),
            task("g.h.b", group="g.h"),
            groups=[
                GroupSpec(group_id="g", expansion=two, children=("g.a", "g.h")),
                GroupSpec(group_id="g.h", parent="g", children=("g.h.b",)),
            ],
        )
    )
    assert [graph.mapped_scope(t) for t in graph.task_ids] == [None, "m", "g", "g"]
    assert graph.group_task_ids("g") == ("g.a", "g.h.b")
    assert graph.expansion("g") is graph.expansion("m") or graph.expansion("g") == two
    with pytest.raises(KeyError):
        graph.expansion("plain")


@pytest.mark.parametrize(
    ("map_index", "lengths", "parts"), [(0, (2, 3), (0, 0)), (2, (2, 3), (0, 2)), (4, (2, 3), (1, 1)), (5, (6,), (5,))]
)
def test_the_last_input_varies_fastest(map_index, lengths, parts):
    assert index_parts(map_index, lengths) == parts


@pytest.mark.parametrize(("map_index", "lengths"), [(6, (2, 3)), (-1, (2,)), (0, (2, 0))])
def test_an_index_outside_of_the_product_is_refused(map_index, lengths):
    with pytest.raises(IndexError):
        index_parts(map_index, lengths)
