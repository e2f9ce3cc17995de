"""The views of one DAG: grid, graph, calendar, durations, code."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.views import grid

router = APIRouter()


@router.get("/ui/dags/{dag_id:name}/grid", operation_id="get_grid", response_model=shapes.GridPage)
def get_grid(
    caller: CallerOf,
    dag_id: str,
    limit: int = 25,
    cursor: str | None = None,
    run_type: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[str] | None, Query()] = None,
    around: str | None = None,
) -> Response:
    return answer(
        grid.get_grid(caller, dag_id, limit=limit, cursor=cursor, run_types=run_type, states=state, around=around)
    )
