"""Lists across all DAGs and runs: task instances, XComs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.views import instance_list, xcom_list

router = APIRouter()
_Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/ui/task-instances", operation_id="list_instances", response_model=shapes.InstanceList)
def list_instances(
    caller: CallerOf,
    state: Annotated[list[str] | None, Query()] = None,
    dag: str = "",
    run: str = "",
    task: str = "",
    operator: str = "",
    pool: str = "",
    queue: str = "",
    host: str = "",
    after: datetime | None = None,
    before: datetime | None = None,
    only_mapped: bool = False,
    order_by: Literal["run", "task_id", "start_date", "end_date", "duration_s"] = "run",
    descending: bool = True,
    cursor: str | None = None,
    limit: _Limit = 50,
) -> Response:
    wanted = instance_list.InstanceFilter(
        states=state or (),
        dag=dag,
        run=run,
        task=task,
        operator=operator,
        pool=pool,
        queue=queue,
        host=host,
        after=after,
        before=before,
        only_mapped=only_mapped,
    )
    found = instance_list.list_instances(
        caller, wanted, order_by=order_by, descending=descending, cursor=cursor, limit=limit
    )
    return answer(found)


@router.get("/ui/xcoms", operation_id="list_xcoms", response_model=shapes.XComPage)
def list_xcoms(
    caller: CallerOf,
    dag: str = "",
    run: str = "",
    task: str = "",
    key: str = "",
    order_by: Literal["run", "created_at", "key"] = "run",
    descending: bool = True,
    cursor: str | None = None,
    limit: _Limit = 50,
) -> Response:
    wanted = xcom_list.XComFilter(dag=dag, run=run, task=task, key=key)
    found = xcom_list.list_all_xcoms(
        caller, wanted, order_by=order_by, descending=descending, cursor=cursor, limit=limit
    )
    return answer(found)
