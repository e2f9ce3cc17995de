"""Logs of tries and runs."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.errors import Unknown
from tradewind.services.views import log_search, run_log, task_logs

_LOOK_AGAIN_S: Final = 0.1
_LOOK_AT_RUN_AGAIN_S: Final = 0.5
"""Longer: the tries of the run are read each time."""
router = APIRouter(prefix="/ui/dags/{dag_id:name}/runs/{run_id:name}")


@router.get("/tasks/{task_id:name}/log", operation_id="get_log_window", response_model=shapes.LogWindow)
async def get_log_window(
    request: Request,
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
    wait_s: Annotated[float, Query(ge=0, le=25)] = 0.0,
) -> Response:
    """With `wait_s`: answers when there is something behind `offset`, when the try has ended, or at the latest then."""

    def read() -> dict[str, Any]:
        return task_logs.get_log_window(
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

    # The file lies on this machine, so looking at it costs next to nothing; nobody looks when nobody follows it.
    return await _when_grown(request, read, wait_s, _LOOK_AGAIN_S)


@router.get("/log", operation_id="get_run_log", response_model=shapes.RunLogWindow)
async def get_run_log(
    request: Request,
    caller: CallerOf,
    dag_id: str,
    run_id: str,
    at: run_log.RunLogAt = "tail",
    cursor: Annotated[str | None, Query(max_length=60_000)] = None,
    backwards: bool = False,
    limit: Annotated[int, Query(ge=1, le=run_log.MAX_LINES)] = 500,
    q: Annotated[str, Query(max_length=1000)] = "",
    regex: bool = False,
    level: Annotated[list[str] | None, Query()] = None,
    task_id: Annotated[list[str] | None, Query()] = None,
    wait_s: Annotated[float, Query(ge=0, le=25)] = 0.0,
) -> Response:
    """The logs of all tries of a run as one. With `wait_s`: answers when there is a line, the run has ended, or then."""
    asked = run_log.Asked(q, regex, frozenset(level or ()), frozenset(task_id or ()))
    place = cursor

    def read() -> dict[str, Any]:
        nonlocal place
        window = run_log.get_run_log(
            caller.services, dag_id, run_id, at=at, cursor=place, backwards=backwards, limit=limit, asked=asked
        )
        # What was looked through without a match is not looked through again.
        place = window["before" if backwards else "after"] if cursor is not None else None
        return window

    return await _when_grown(request, read, wait_s, _LOOK_AT_RUN_AGAIN_S)


async def _when_grown(
    request: Request, read: Callable[[], dict[str, Any]], wait_s: float, look_again_s: float
) -> Response:
    until = time.monotonic() + wait_s
    while True:
        window = await run_in_threadpool(read)
        if window["lines"] or window["is_complete"] or time.monotonic() >= until or await request.is_disconnected():
            return answer(window)
        await asyncio.sleep(look_again_s)


@router.get("/tasks/{task_id:name}/log/search", operation_id="search_log", response_model=shapes.LogHits)
def search_log(
    caller: CallerOf,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: int = -1,
    try_number: int | None = None,
    q: Annotated[str, Query(max_length=1000)] = "",
    regex: bool = False,
    level: Annotated[list[str] | None, Query()] = None,
    source: str | None = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 1000,
) -> Response:
    path = task_logs.log_path(caller.services, dag_id, run_id, task_id, map_index, try_number)
    if path is None:
        return answer({"offsets": [], "total": 0, "scanned": 0, "level_counts": {}})
    found = log_search.search_log(path, q=q, regex=regex, levels=level, source=source, offset=offset, limit=limit)
    return answer(found)


@router.get("/tasks/{task_id:name}/log/download", operation_id="download_log", response_class=StreamingResponse)
def download_log(
    caller: CallerOf,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: int = -1,
    try_number: int | None = None,
    raw: bool = False,
) -> StreamingResponse:
    """The whole log as text; `raw`: as it is stored, one JSON object a line."""
    path = task_logs.log_path(caller.services, dag_id, run_id, task_id, map_index, try_number)
    if path is None:
        raise Unknown("log", task_id, where=f"run '{run_id}'", hint="The try wrote none.")
    name = re.sub(r"[^A-Za-z0-9_.+-]", "_", f"{dag_id}.{run_id}.{task_id}")[:150]
    return StreamingResponse(
        task_logs.whole_log(path, raw=raw),
        media_type="application/x-ndjson" if raw else "text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{"jsonl" if raw else "log"}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
