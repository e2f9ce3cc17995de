"""Logs of tries, as JSON, as text or line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.records import NOT_MAPPED
from tradewind.server.access import CallerOf
from tradewind.server.conventions import JSON, PLAIN, accepted
from tradewind.server.v2.models.task_instances import (
    ExternalLogUrlResponse,
    StructuredLogMessage,
    TaskInstancesLogResponse,
)
from tradewind.server.v2.task_instances import Index
from tradewind.services import task_instances, task_logs
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.task_instances import Seen

router = APIRouter(prefix="/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}", tags=["Task Instance"])

NDJSON: Final = "application/x-ndjson"
CONTINUE: Final = "Airflow-Continuation-Token"
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string"}}, NDJSON: {"schema": {"type": "string"}}}},
    406: {"description": "Not Acceptable"},
}


@router.get("/logs/{try_number}", operation_id="get_log", response_model=TaskInstancesLogResponse, responses=_CONTENT)
def get_log(
    request: Request,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    try_number: Annotated[int, Path(ge=0)],
    caller: CallerOf,
    full_content: Annotated[bool, Query(description="Everything up to now, not only a piece.")] = False,
    map_index: Index = NOT_MAPPED,
    token: Annotated[str | SkipJsonSchema[None], Query(description="Of an answer, for what comes after it.")] = None,
) -> Response:
    kind = accepted(request, JSON, PLAIN, NDJSON)
    services = caller.services
    run, instance = task_instances.find_instance(services, dag_id, dag_run_id, task_id, map_index)
    seen = task_instances.find_try(services, run, instance, try_number)
    task_logs.start_of(token)
    if full_content:
        return StreamingResponse(_whole(services, seen, kind, token), media_type=kind)
    piece = task_logs.log_piece(services, seen, token)
    if kind == JSON:
        messages = [StructuredLogMessage.model_construct(**task_logs.message_of(line)) for line in piece.lines]
        answer = TaskInstancesLogResponse.model_construct(content=messages, continuation_token=piece.token)
        return Response(answer.model_dump_json(exclude_unset=True, warnings=False), media_type=JSON)
    headers = {} if piece.token is None else {CONTINUE: piece.token}
    return Response("".join(_as(kind, line) for line in piece.lines), media_type=kind, headers=headers)


def _as(kind: str, line: bytes) -> str:
    if kind == PLAIN:
        return task_logs.text_of(line)
    return json.dumps(task_logs.message_of(line), separators=(",", ":")) + "\n"


def _whole(services: Services, seen: Seen, kind: str, token: str | None) -> Iterator[str]:
    lines = task_logs.whole_log(services, seen, token)
    if kind != JSON:
        yield from (_as(kind, line) for line in lines)
        return
    # A log may be larger than the memory: its JSON is written as it is read.
    yield '{"content":['
    for number, line in enumerate(lines):
        yield ("," if number else "") + json.dumps(task_logs.message_of(line), separators=(",", ":"))
    yield '],"continuation_token":null}'


@router.get("/externalLogUrl/{try_number}", operation_id="get_external_log_url")
def get_external_log_url(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    try_number: Annotated[int, Path(gt=0)],
    caller: CallerOf,
    map_index: Index = NOT_MAPPED,
) -> ExternalLogUrlResponse:
    task_instances.find_instance(caller.services, dag_id, dag_run_id, task_id, map_index)
    raise Invalid("Logs lie on this machine only, so they have no address elsewhere. Read them from here.")
