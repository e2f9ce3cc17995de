"""The tasks of a DAG, as its newest version defines them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tradewind.core.graph import Graph
from tradewind.server.access import CallerOf
from tradewind.server.v2.models.tasks import TaskCollectionResponse, TaskResponse
from tradewind.services.dags import get_dag
from tradewind.services.task_lists import ORDERS, sorted_tasks
from tradewind.services.tasks import check_task

router = APIRouter(prefix="/api/v2/dags/{dag_id}/tasks", tags=["Task"])


@router.get("", operation_id="get_tasks")
def get_tasks(
    dag_id: str,
    caller: CallerOf,
    order_by: Annotated[str, Query(description=f"One of: {', '.join(sorted(ORDERS))}; with `-` falling.")] = "task_id",
) -> TaskCollectionResponse:
    spec = get_dag(caller.services, dag_id).spec
    graph = Graph(spec)
    rows = [TaskResponse.of(task, graph) for task in sorted_tasks(spec.tasks, order_by)]
    return TaskCollectionResponse(tasks=rows, total_entries=len(rows))


@router.get("/{task_id}", operation_id="get_task")
def get_task(dag_id: str, task_id: str, caller: CallerOf) -> TaskResponse:
    spec = get_dag(caller.services, dag_id).spec
    check_task(spec, task_id)
    graph = Graph(spec)
    return TaskResponse.of(graph.task(task_id), graph)
