"""Logs of tries and runs."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.views import task_logs

router = APIRouter(prefix="/ui/dags/{dag_id:name}/runs/{run_id:name}")


@router.get("/tasks/{task_id:name}/log", operation_id="get_log_window", response_model=shapes.LogWindow)
def get_log_window(
    caller: CallerOf,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: int = -1,
    try_number: int | None = None,
    offset: int | None = None,
    limit: int = 262_144,
    at: Literal["head", "tail", "error", "offset"] = "tail",
    backwards: bool = False,
) -> Response:
    window = task_logs.get_log_window(
        caller.services,
        dag_id,
        run_id,
        task_id,
        map_index=map_index,
        try_number=try_number,
        at=at,
        offset=offset,
        limit=limit,
        backwards=backwards,
    )
    return answer(window)
