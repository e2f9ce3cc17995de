"""Tasks and their instances."""

from __future__ import annotations

from collections.abc import Iterator

from tradewind.core.graph import Graph
from tradewind.core.records import NOT_MAPPED, DagRecord, InstanceRecord, RunRecord
from tradewind.core.spec import DagSpec
from tradewind.services.edits import spec_of_run
from tradewind.services.errors import Unknown
from tradewind.services.session import Services


def task_ids(dag: DagRecord) -> list[str]:
    """In order of definition."""
    return [task.task_id for task in dag.spec.tasks]


def check_task(spec: DagSpec, task_id: str) -> None:
    """Raises Unknown when the DAG has no such task."""
    known = [task.task_id for task in spec.tasks]
    if task_id not in known:
        raise Unknown(
            "task", task_id, known, f"DAG '{spec.dag_id}'", hint=f"`airflow tasks list {spec.dag_id}` shows them."
        )


def task_tree(spec: DagSpec) -> Iterator[tuple[int, str, str]]:
    """(depth, operator, task id) of the roots and everything below them, each task under every one of its upstreams."""
    graph = Graph(spec)
    stack = [(0, node) for node in reversed(graph.ordered) if not node.upstream]
    while stack:
        depth, node = stack.pop()
        yield depth, node.task.operator, node.task_id
        stack += [(depth + 1, below) for below in reversed(node.downstream)]


def instances_of(services: Services, run: RunRecord) -> list[InstanceRecord]:
    """The instances of a run in the order of definition, then by map index.

    Tasks of a run that has not begun are listed without a state, as they will be.
    """
    spec = spec_of_run(services, run)
    order = {task.task_id: index for index, task in enumerate(spec.tasks)}
    found = services.store.instances.of_run(run.run_key)
    if not found and not run.state.is_final:
        found = [
            InstanceRecord(run_key=run.run_key, task_id=task.task_id, operator=task.operator, pool=task.pool)
            for task in spec.tasks
        ]
    return sorted(found, key=lambda instance: (order.get(instance.task_id, len(order)), instance.map_index))


def instance_of(services: Services, run: RunRecord, task_id: str, map_index: int = NOT_MAPPED) -> InstanceRecord | None:
    """One instance; None while the run has not begun. Raises Unknown for a task or map index that it does not have."""
    found = services.store.instances.get(run.run_key, task_id, map_index)
    if found is not None:
        return found
    check_task(spec_of_run(services, run), task_id)
    others = [i.map_index for i in services.store.instances.of_run(run.run_key) if i.task_id == task_id]
    if others:
        raise Unknown(
            "instance",
            f"{task_id}[{map_index}]",
            where=f"run '{run.run_id}'",
            hint=f"Its map indexes: {', '.join(map(str, others[:20]))}{' …' if len(others) > 20 else ''}.",
        )
    return None
