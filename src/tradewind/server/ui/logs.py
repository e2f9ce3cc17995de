"""Logs of tries and runs."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.errors import Unknown
from tradewind.services.views import log_search, task_logs

_LOOK_AGAIN_S: Final = 0.1
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

    until = time.monotonic() + wait_s
    while True:
        window = await run_in_threadpool(read)
        if window["lines"] or window["is_complete"] or time.monotonic() >= until or await request.is_disconnected():
            return answer(window)
        # The file lies on this machine, so looking at it costs next to nothing; nobody looks when nobody follows it.
        await asyncio.sleep(_LOOK_AGAIN_S)


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
