"""One task instance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.views import instances, run_page, why

router = APIRouter(prefix="/ui/dags/{dag_id:name}/runs/{run_id:name}/tasks/{task_id:name}")


@router.get("", operation_id="get_task_page", response_model=shapes.TaskPage)
def get_task_page(caller: CallerOf, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    return answer(instances.get_task_page(caller, dag_id, run_id, task_id, map_index))


@router.get("/cell", operation_id="get_cell", response_model=shapes.CellInfo)
def get_cell(caller: CallerOf, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    return answer(instances.get_cell(caller, dag_id, run_id, task_id, map_index))


@router.get("/mapped", operation_id="list_mapped", response_model=shapes.MappedList)
def list_mapped(
    caller: CallerOf,
    dag_id: str,
    run_id: str,
    task_id: str,
    state: Annotated[list[str] | None, Query()] = None,
    offset: int = 0,
    limit: int = 200,
) -> Response:
    return answer(instances.list_mapped(caller, dag_id, run_id, task_id, state, offset, limit))


@router.get("/why", operation_id="why_task", response_model=shapes.WhyAnswer)
def why_task(caller: CallerOf, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    run = instances.run_of(caller.services, dag_id, run_id)
    return answer(why.why_instance(caller.services, run, task_id, map_index))


@router.get("/events", operation_id="list_task_events", response_model=list[shapes.EventRow])
def list_task_events(caller: CallerOf, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    run = instances.run_of(caller.services, dag_id, run_id)
    found = caller.services.store.outbox.history(run.run_key, task_id, map_index, limit=1000)
    return answer([run_page.event_row(event) for event in found])


@router.get("/xcoms", operation_id="list_task_xcoms", response_model=shapes.XComList)
def list_task_xcoms(caller: CallerOf, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    run = instances.run_of(caller.services, dag_id, run_id)
    return answer(instances.list_xcoms(caller.services, run, task_id, map_index))


@router.get("/rendered", operation_id="get_rendered", response_model=shapes.RenderedPage)
def get_rendered(
    caller: CallerOf, dag_id: str, run_id: str, task_id: str, map_index: int = -1, try_number: int | None = None
) -> Response:
    run = instances.run_of(caller.services, dag_id, run_id)
    return answer(instances.get_rendered(caller.services, run, task_id, map_index, try_number))
