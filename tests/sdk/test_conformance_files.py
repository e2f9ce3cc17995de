"""Every file that the conformance suite emits is taken, or refused where Airflow refuses it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.core.graph import Graph
from tradewind.core.spec import decode_spec, encode_spec
from tradewind.sdk.collect import collect_dags

CONFORMANCE = Path(__file__).parent.parent / "conformance"
SPECS = json.loads((CONFORMANCE / "dags" / "specs.json").read_text())
EXPECTED = json.loads((CONFORMANCE / "dags" / "expected-3.3.2.json").read_text())["expected"]


def _emit(spec: dict[str, Any], style: str) -> str:
    module_spec = importlib.util.spec_from_file_location("emit", CONFORMANCE / "dags" / "emit.py")
    assert module_spec is not None and module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    text: str = module.emit(spec, style)
    return text


@pytest.mark.parametrize(("style", "dialect"), [("2x", 2), ("3x", 3)])
def test_emitted_files_compile_to_a_graph_or_are_refused_as_expected(style: str, dialect: int) -> None:
    refused = []
    for spec in SPECS:
        found = collect_dags(f"/dags/{spec['id']}.py", _emit(spec, style))
        if found.problems:
            refused.append(spec["id"])
            continue
        (compiled,) = found.specs
        assert compiled.dialect == dialect, spec["id"]
        assert decode_spec(encode_spec(compiled)) == compiled
        Graph(compiled)
        outcome = EXPECTED[spec["id"]]["accept"][0]["tis"]
        # Instances of mapped tasks are called task[3].
        assert {name.partition("[")[0] for name in outcome} <= {task.task_id for task in compiled.tasks}, spec["id"]
    assert refused == sorted(name for name, expected in EXPECTED.items() if "parse_error" in expected)


def test_the_tutorials_file_is_taken_as_it_is() -> None:
    found = collect_dags(str(CONFORMANCE / "tutorial" / "dags" / "hello_world.py"))
    assert (found.problems, found.warnings) == ([], [])
    (spec,) = found.specs
    assert (spec.dag_id, spec.description, spec.tags) == ("hello_world", "My first DAG", ("my_dags",))
    assert (spec.dialect, spec.catchup, spec.timetable.kind) == (2, True, "cron_interval")
    hello, world = spec.tasks
    assert (hello.owner, hello.retries, hello.retry_delay_s) == ("bkkhyunn", 3, 300.0)
    assert (world.upstream, world.depends_on_past) == (("print_hello",), True)
