"""Edges, groups, suffixes, mapping and setups as Airflow 3.3.2 (and 2.11.2, but for empty groups) makes them.

`tests/data/sdk/graph_expected.json` was recorded from Airflow 3.3.2; labels of edges between groups are ours: they stand on
the tasks, where Airflow puts them on the drawn joins as well.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.sdk.collect import collect_dags

DATA = Path(__file__).parent.parent / "data" / "sdk"
EXPECTED = json.loads((DATA / "graph_expected.json").read_text())


@pytest.fixture(scope="module")
def found() -> Any:
    collection = collect_dags(str(DATA / "graph_cases.py"))
    assert collection.problems == []
    return {spec.dag_id: spec for spec in collection.specs}


def test_all_cases_are_there(found: Any) -> None:
    assert sorted(found) == sorted(EXPECTED)


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_the_graph_is_airflows(found: Any, dag_id: str) -> None:
    spec, expected = found[dag_id], EXPECTED[dag_id]
    tasks = {
        task.task_id: {
            "upstream": list(task.upstream),
            "label": task.label or task.task_id,
            "rule": task.trigger_rule.value,
            "setup": task.is_setup,
            "teardown": task.is_teardown,
            "fails_run": task.on_failure_fail_dagrun,
            "retries": task.retries,
            "owner": task.owner,
        }
        for task in spec.tasks
    }
    assert tasks == expected["tasks"]
    assert {group.group_id: sorted(group.children) for group in spec.groups} == expected["groups"]
    labels: dict[str, dict[str, dict[str, str]]] = {}
    for edge in spec.edge_labels:
        labels.setdefault(edge.upstream, {})[edge.downstream] = {"label": edge.label}
    assert labels == expected["edges"]
