"""Runs: lists, and one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from tradewind.core.records import NOT_MAPPED
from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services import notes
from tradewind.services.runs import delete_run as delete
from tradewind.services.views import gantt, instances, run_list, run_page, why

router = APIRouter()
_RUN = "/ui/dags/{dag_id:name}/runs/{run_id:name}"


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(max_length=1000)


@router.get("/ui/runs", operation_id="list_runs", response_model=shapes.RunList)
def list_runs(
    caller: CallerOf,
    dag_id: str | None = None,
    state: Annotated[list[str] | None, Query()] = None,
    run_type: Annotated[list[str] | None, Query()] = None,
    after: datetime | None = None,
    before: datetime | None = None,
    search: str = "",
    order_by: Literal["run_after", "logical_date", "start_date", "duration"] = "run_after",
    descending: bool = True,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    return answer(
        run_list.list_runs(
            caller,
            dag_id=dag_id,
            states=state,
            run_types=run_type,
            after=after,
            before=before,
            search=search,
            order_by=order_by,
            descending=descending,
            cursor=cursor,
            limit=limit,
        )
    )


@router.get(_RUN, operation_id="get_run_page", response_model=shapes.RunPage)
def get_run_page(caller: CallerOf, dag_id: str, run_id: str) -> Response:
    return answer(run_page.get_run_page(caller, dag_id, run_id))


@router.delete(_RUN, operation_id="delete_run", status_code=204)
def delete_run(caller: CallerOf, dag_id: str, run_id: str) -> None:
    delete(caller.services, instances.run_of(caller.services, dag_id, run_id))


@router.patch(_RUN + "/note", operation_id="set_run_note", status_code=204)
def set_run_note(caller: CallerOf, dag_id: str, run_id: str, body: Note) -> None:
    notes.set_run_note(caller.services, instances.run_of(caller.services, dag_id, run_id), body.note)


@router.get(_RUN + "/gantt", operation_id="get_gantt", response_model=shapes.GanttPage)
def get_gantt(caller: CallerOf, dag_id: str, run_id: str) -> Response:
    return answer(gantt.get_gantt(caller.services, instances.run_of(caller.services, dag_id, run_id)))


@router.get(_RUN + "/why", operation_id="why_run", response_model=shapes.WhyAnswer)
def why_run(caller: CallerOf, dag_id: str, run_id: str) -> Response:
    return answer(why.why_run(caller.services, instances.run_of(caller.services, dag_id, run_id)))


@router.patch(_RUN + "/tasks/{task_id:name}/note", operation_id="set_task_note", status_code=204)
def set_task_note(
    caller: CallerOf, dag_id: str, run_id: str, task_id: str, body: Note, map_index: int = NOT_MAPPED
) -> None:
    run = instances.run_of(caller.services, dag_id, run_id)
    notes.set_instance_note(caller.services, run, task_id, map_index, body.note)
