"""The views of one DAG: grid, graph, calendar, durations, code."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.views import calendar, code, durations, graph, grid

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


@router.get("/ui/dags/{dag_id:name}/graph", operation_id="get_graph", response_model=shapes.GraphPage)
def get_graph(
    caller: CallerOf, dag_id: str, run_id: str | None = None, version: int | None = None, compare: int | None = None
) -> Response:
    return answer(graph.get_graph(caller.services, dag_id, run_id=run_id, version=version, compare=compare))


@router.get("/ui/dags/{dag_id:name}/calendar", operation_id="get_calendar", response_model=shapes.CalendarPage)
def get_calendar(
    caller: CallerOf,
    dag_id: str,
    first: str | None = None,
    last: str | None = None,
    timezone: str | None = None,
    by: Literal["day", "hour"] = "day",
) -> Response:
    return answer(calendar.get_calendar(caller.services, dag_id, first=first, last=last, timezone=timezone, by=by))


@router.get("/ui/dags/{dag_id:name}/durations", operation_id="get_durations", response_model=shapes.DurationsPage)
def get_durations(caller: CallerOf, dag_id: str, limit: int = 100) -> Response:
    return answer(durations.get_durations(caller.services, dag_id, limit))


@router.get("/ui/dags/{dag_id:name}/code", operation_id="get_code", response_model=shapes.CodePage)
def get_code(caller: CallerOf, dag_id: str, version: int | None = None) -> Response:
    return answer(code.get_code(caller.services, dag_id, version))


@router.get("/ui/dags/{dag_id:name}/code-diff", operation_id="get_code_diff", response_model=shapes.CodeDiff)
def get_code_diff(caller: CallerOf, dag_id: str, old: int, new: int) -> Response:
    return answer(code.get_code_diff(caller.services, dag_id, old, new))
