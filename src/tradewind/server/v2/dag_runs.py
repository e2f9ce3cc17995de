"""DAG runs: triggering, lists, states and notes, clearing, deleting, waiting for the end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic.json_schema import SkipJsonSchema
from starlette.concurrency import run_in_threadpool

from tradewind.core.lists import Found, Page, Pattern, Span
from tradewind.core.permissions import Action, Resource
from tradewind.core.records import RunRecord
from tradewind.core.runs import DataInterval, as_utc
from tradewind.core.states import RunState, RunType
from tradewind.server.access import Caller, CallerOf
from tradewind.server.conventions import (
    CursorOfV2,
    Number,
    Orderings,
    UpdateMask,
    changes,
    no_content,
    or_any,
    order_by_v2,
    orderings,
    pattern,
    span,
)
from tradewind.server.errors import Forbidden
from tradewind.server.tailer import Tailer
from tradewind.server.v2.models.dag_runs import (
    AllDags,
    DAGRunCollectionResponse,
    DAGRunPatchBody,
    DAGRunResponse,
    DAGRunsBatchBody,
    Seconds,
    TriggerDAGRunPostBody,
)
from tradewind.server.v2.models.dags import DagRunType
from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid
from tradewind.services.marking import set_run_state
from tradewind.services.notes import set_run_note
from tradewind.services.runs import delete_run as delete_with_history
from tradewind.services.runs import get_run as find_run
from tradewind.services.runs import trigger_run
from tradewind.services.session import Services
from tradewind.services.xcoms import results_of
from tradewind.store.run_pages import COUNT_LIMIT, RunQuery

router = APIRouter(prefix="/api/v2/dags/{dag_id}/dagRuns", tags=["DagRun"])

NAMES: Final = {
    "id": "run_key",
    "state": "state",
    "dag_id": "dag_id",
    "run_id": "run_id",
    "dag_run_id": "run_id",
    "logical_date": "logical_date",
    "partition_date": "run_key",
    "run_after": "run_after",
    "start_date": "start_date",
    "end_date": "end_date",
    "updated_at": "queued_at",
    "conf": "conf",
    "duration": "duration",
}
_FIELDS: Final = ("state", "note")
_SHORTEST_S: Final = 0.1
"""Between two looks at a run that is waited for."""

Some = Annotated[list[str], Query(default_factory=list)]


def responses(services: Services, runs: Iterable[RunRecord]) -> list[DAGRunResponse]:
    found = list(runs)
    versions = services.store.bars.versions({run.version_id for run in found})
    return [DAGRunResponse.of(run, versions) for run in found]


def response(services: Services, run: RunRecord) -> DAGRunResponse:
    return responses(services, [run])[0]


def own_types(wanted: Iterable[DagRunType]) -> list[RunType] | None:
    """None: types are asked for, and no run can have one of them."""
    given = list(wanted)
    known = {kind.value: kind for kind in RunType}
    found = [known[each.value] for each in given if each.value in known]
    return None if given and not found else found


@router.get("", operation_id="get_dag_runs")
def get_dag_runs(
    dag_id: str,
    caller: CallerOf,
    cursor: CursorOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(NAMES, "id"))],
    run_after: Annotated[Span[datetime], Depends(span("run_after"))],
    logical_date: Annotated[Span[datetime], Depends(span("logical_date"))],
    started: Annotated[Span[datetime], Depends(span("start_date"))],
    ended: Annotated[Span[datetime], Depends(span("end_date"))],
    duration: Annotated[Span[float], Depends(span("duration", Seconds))],
    changed: Annotated[Span[datetime], Depends(span("updated_at"))],
    run_id: Annotated[tuple[Pattern, ...], Depends(pattern("run_id_pattern", "run_id_prefix_pattern"))],
    user: Annotated[
        tuple[Pattern, ...], Depends(pattern("triggering_user_name_pattern", "triggering_user_name_prefix_pattern"))
    ],
    of_dag: Annotated[tuple[Pattern, ...], Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    partition: Annotated[
        tuple[Pattern, ...], Depends(pattern("partition_key_pattern", "partition_key_prefix_pattern"))
    ],
    consumed: Annotated[tuple[Pattern, ...], Depends(pattern("consuming_asset_pattern"))],
    run_type: Annotated[list[DagRunType], Query(default_factory=list)],
    state: Annotated[list[RunState], Query(default_factory=list)],
    dag_version: Annotated[list[Number], Query(default_factory=list)],
    conf_contains: str = "",
    bundle_version: str | SkipJsonSchema[None] = None,
    partition_date_gte: date | SkipJsonSchema[None] = None,
    partition_date_lte: date | SkipJsonSchema[None] = None,
) -> DAGRunCollectionResponse:
    named = or_any(dag_id)
    if named is not None:
        get_dag(caller.services, named)
    types = own_types(run_type)
    # No run has a partition, and no file a version of its bundle.
    never = (bundle_version, partition_date_gte, partition_date_lte, *partition, *consumed)
    found: Found[RunRecord] = Found([], 0)
    if types is not None and not any(each is not None for each in never):
        wanted = RunQuery(
            readable=caller.visible_dags,
            dag_ids=None if named is None else [named],
            states=state,
            run_types=types,
            run_after=run_after,
            logical_date=logical_date,
            start_date=started,
            end_date=ended,
            changed=changed,
            duration_s=duration,
            conf_contains=conf_contains,
            version_numbers=dag_version,
            run_id=run_id,
            dag_id=of_dag,
            triggering_user=user,
        )
        found = caller.services.store.run_pages.page(cursor.page, order, wanted)
    return DAGRunCollectionResponse(
        dag_runs=responses(caller.services, found.items),
        total_entries_limit=None if cursor.is_asked else COUNT_LIMIT,
        **cursor.answer(found.total),
    )


@router.post("/list", operation_id="get_list_dag_runs_batch")
def get_list_dag_runs_batch(dag_id: AllDags, body: DAGRunsBatchBody, caller: CallerOf) -> DAGRunCollectionResponse:
    order = orderings([body.order_by], NAMES) if body.order_by else ()
    page = Page(min(body.page_limit, caller.services.conf.getint("api", "maximum_page_limit")), body.page_offset)
    found = caller.services.store.run_pages.page(page, order, body.query(caller.visible_dags))
    return DAGRunCollectionResponse(
        dag_runs=responses(caller.services, found.items), total_entries=found.total, total_entries_limit=COUNT_LIMIT
    )


@router.post("", operation_id="trigger_dag_run")
def trigger_dag_run(dag_id: str, body: TriggerDAGRunPostBody, caller: CallerOf) -> DAGRunResponse:
    if body.partition_key is not None:
        raise Invalid(f"DAG '{dag_id}' has no partitions. Leave out partition_key.")
    interval = None
    if body.data_interval_start is not None and body.data_interval_end is not None:
        interval = DataInterval(as_utc(body.data_interval_start), as_utc(body.data_interval_end))
    run = trigger_run(
        caller.services,
        dag_id,
        conf=body.conf,
        run_id=body.dag_run_id,
        logical_date=body.logical_date,
        keep_microseconds=True,
        note=body.note,
        interval=interval,
        run_after=body.run_after,
    )
    return response(caller.services, run)


@router.get("/{dag_run_id}", operation_id="get_dag_run")
def get_dag_run(dag_id: str, dag_run_id: str, caller: CallerOf) -> DAGRunResponse:
    return response(caller.services, find_run(caller.services, dag_id, dag_run_id))


@router.patch("/{dag_run_id}", operation_id="patch_dag_run")
def patch_dag_run(
    dag_id: str, dag_run_id: str, body: DAGRunPatchBody, caller: CallerOf, update_mask: UpdateMask = None
) -> DAGRunResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    patch_run(caller.services, run, changes(body, update_mask, _FIELDS))
    return response(caller.services, find_run(caller.services, dag_id, dag_run_id))


def patch_run(services: Services, run: RunRecord, wanted: Mapping[str, Any]) -> None:
    """`wanted`: state and note, as far as they are to change."""
    if wanted.get("state") is not None:
        set_run_state(services, run, RunState(wanted["state"]))
    if "note" in wanted:
        set_run_note(services, run, wanted["note"])


@router.delete("/{dag_run_id}", operation_id="delete_dag_run", status_code=204)
def delete_dag_run(dag_id: str, dag_run_id: str, caller: CallerOf) -> Response:
    delete_with_history(caller.services, find_run(caller.services, dag_id, dag_run_id))
    return no_content()


@router.get(
    "/{dag_run_id}/wait",
    operation_id="wait_dag_run_until_finished",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def wait_dag_run_until_finished(
    request: Request,
    dag_id: str,
    dag_run_id: str,
    caller: CallerOf,
    interval: Annotated[float, Query(gt=0, le=86_400, description="Seconds between two looks at the run.")],
    result: Annotated[list[str], Query(default_factory=list, description="Tasks whose results to give at the end.")],
) -> StreamingResponse:
    """One line with the run's state at once, when it changes and after each interval; the last one has the results that were
    asked for."""
    if result and not caller.may(Action.READ, Resource.XCOM, dag_id):
        raise Forbidden(f"User '{caller.username}' may not read XComs of DAG '{dag_id}', so leave out result.")
    run = find_run(caller.services, dag_id, dag_run_id)
    lines = _until_the_end(request.app.state.tailer, caller, run, max(interval, _SHORTEST_S), result)
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def _until_the_end(
    tailer: Tailer, caller: Caller, run: RunRecord, interval_s: float, task_ids: Sequence[str]
) -> AsyncIterator[bytes]:
    services = caller.services
    queue = await tailer.listen()
    try:
        while True:
            # Read after listening has begun, and after each change: nothing happens unnoticed in between.
            now = await run_in_threadpool(services.store.runs.by_key, run.run_key)
            if now is None:
                # It was deleted: there is no state to tell any more.
                return
            run = now
            if run.state.is_final:
                break
            yield _line({"state": run.state.value})
            await tailer.hears_of_run(queue, run.run_key, interval_s)
    finally:
        tailer.leave(queue)
    last: dict[str, Any] = {"state": run.state.value}
    results = await run_in_threadpool(results_of, services, run, task_ids)
    yield _line(last | ({"results": results} if results else {}))


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"
