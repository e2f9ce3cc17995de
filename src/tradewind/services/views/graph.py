"""The graph of a DAG version, with the states of a run on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tradewind.core.graph import Graph
from tradewind.core.spec import DagSpec
from tradewind.services.dags import get_dag
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.services.views import critical_path
from tradewind.services.views.dag_page import edges_of
from tradewind.services.views.instances import run_of
from tradewind.services.views.run_bars import RECENT, median_of
from tradewind.services.views.task_tree import RunStates, members_of, nodes_of, worst
from tradewind.services.views.viewer import View
from tradewind.store.bars import Version


def version_of(services: Services, dag_id: str, number: int | None) -> Version:
    """A version by its number; the newest for None. Raises Unknown."""
    dag = get_dag(services, dag_id)
    bars = services.store.bars
    if number is None or number == dag.version_number:
        return bars.versions([dag.version_id])[dag.version_id]
    for record in services.store.dags.versions(dag_id):
        if record.number == number:
            return bars.versions([record.version_id])[record.version_id]
    raise Unknown("version", str(number), where=f"DAG '{dag_id}'", hint=f"Its newest is {dag.version_number}.")


def get_graph(
    services: Services,
    dag_id: str,
    *,
    run_id: str | None = None,
    version: int | None = None,
    compare: int | None = None,
) -> View:
    """`shapes.GraphPage`: of the run's version when a run is named, else of `version` or the newest. Raises Unknown."""
    store = services.store
    seq = store.outbox.last_seq()
    run = run_of(services, dag_id, run_id) if run_id is not None else None
    if run is not None and version is None:
        shown = store.bars.versions([run.version_id])[run.version_id]
    else:
        shown = version_of(services, dag_id, version)
    medians = {name: median_of(values) or 0.0 for name, values in store.bars.durations_by_task(dag_id, RECENT).items()}
    graph = Graph(shown.spec)
    states: dict[str, str] = {}
    mapped: dict[str, dict[str, int]] = {}
    path = critical_path.by_durations(graph.task_ids, medians, graph.upstream_ids)
    if run is not None:
        found = RunStates(store.bars.cells([run.run_key]))
        states, mapped = found.of_task, found.mapped
        for group, members in members_of(shown.spec).items():
            states[group] = worst(states.get(member, "none") for member in members) or "none"
        if run.state.is_final:
            path = critical_path.by_ends(_ends(services, run.run_key), _upstream_in(graph))
    return {
        "version_number": shown.number,
        "nodes": nodes_of(shown),
        "edges": edges_of(shown.spec),
        "states": states,
        "mapped": mapped,
        "durations": medians,
        "critical_path": path,
        "changed": {} if compare is None else changed_tasks(version_of(services, dag_id, compare).spec, shown.spec),
        "seq": seq,
    }


def _upstream_in(graph: Graph) -> Any:
    return lambda task_id: graph.upstream_ids(task_id) if task_id in graph else ()


def _ends(services: Services, run_key: int) -> dict[str, datetime]:
    """Task id → when the last of its instances ended."""
    ends: dict[str, datetime] = {}
    for instance in services.store.instances.of_run(run_key):
        end = instance.end_date
        if end is not None and (instance.task_id not in ends or end > ends[instance.task_id]):
            ends[instance.task_id] = end
    return ends


def changed_tasks(old: DagSpec, new: DagSpec) -> dict[str, str]:
    """Task id → `added`, `removed` or `changed`."""
    before = {task.task_id: msgspec.to_builtins(task) for task in old.tasks}
    after = {task.task_id: msgspec.to_builtins(task) for task in new.tasks}
    found: dict[str, str] = {}
    for task_id in {**before, **after}:
        if task_id not in before:
            found[task_id] = "added"
        elif task_id not in after:
            found[task_id] = "removed"
        elif before[task_id] != after[task_id]:
            found[task_id] = "changed"
    return found
