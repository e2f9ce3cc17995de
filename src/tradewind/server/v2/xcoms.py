"""XComs of task instances."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.lists import Pattern, Span
from tradewind.core.records import NOT_MAPPED, RunRecord, XComRecord
from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV2, no_content, or_any, order_by_v2, pattern, span
from tradewind.server.v2.models.xcoms import (
    XComCollectionResponse,
    XComCreateBody,
    XComResponse,
    XComResponseNative,
    XComResponseString,
    XComUpdateBody,
    fields_of,
)
from tradewind.server.v2.task_instances import Index, MaybeIndex
from tradewind.services import xcoms as service
from tradewind.services.dags import get_dag
from tradewind.services.runs import get_run as find_run
from tradewind.services.session import Services
from tradewind.store.run_pages import RunQuery
from tradewind.store.xcom_pages import XComPlace, XComQuery

router = APIRouter(
    prefix="/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries", tags=["XCom"]
)

_NAMES: Final = {
    "id": "run_key",
    "key": "key",
    "dag_id": "dag_id",
    "run_id": "run_id",
    "task_id": "task_id",
    "map_index": "map_index",
    "timestamp": "created_at",
    "run_after": "run_after",
}


@router.get("", operation_id="get_xcom_entries")
def get_xcom_entries(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    page: PageOfV2,
    keys: Annotated[tuple[Pattern, ...], Depends(pattern("xcom_key_pattern", "xcom_key_prefix_pattern"))],
    of_dag: Annotated[
        tuple[Pattern, ...], Depends(pattern("dag_display_name_pattern", "dag_display_name_prefix_pattern"))
    ],
    of_run: Annotated[tuple[Pattern, ...], Depends(pattern("run_id_pattern", "run_id_prefix_pattern"))],
    of_task: Annotated[tuple[Pattern, ...], Depends(pattern("task_id_pattern", "task_id_prefix_pattern"))],
    logical_date: Annotated[Span[datetime], Depends(span("logical_date"))],
    run_after: Annotated[Span[datetime], Depends(span("run_after"))],
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
    xcom_key: str | SkipJsonSchema[None] = None,
    map_index: MaybeIndex = None,
    map_index_filter: MaybeIndex = None,
) -> XComCollectionResponse:
    services = caller.services
    named, run_id, task = or_any(dag_id), or_any(dag_run_id), or_any(task_id)
    run_keys = None
    if named is not None and run_id is not None:
        run_keys = [find_run(services, named, run_id).run_key]
    elif named is not None:
        get_dag(services, named)
    wanted = XComQuery(
        runs=RunQuery(
            readable=caller.visible_dags,
            dag_ids=None if named is None else [named],
            logical_date=logical_date,
            run_after=run_after,
            run_id=of_run,
            dag_id=of_dag,
        ),
        run_keys=run_keys,
        run_ids=None if run_keys is not None or run_id is None else [run_id],
        task_ids=None if task is None else [task],
        map_index=map_index if map_index is not None else map_index_filter,
        key=xcom_key,
        keys=keys,
        tasks=of_task,
    )
    found = services.store.xcom_pages.page(page, order, wanted)
    versions = services.store.bars.versions({place.run.version_id for place in found.items})
    return XComCollectionResponse(
        xcom_entries=[XComResponse.of(place, versions) for place in found.items], total_entries=found.total
    )


def _fields(services: Services, run: RunRecord, record: XComRecord) -> dict[str, Any]:
    place = XComPlace(run, record.task_id, record.map_index, record.key, record.created_at)
    return fields_of(place, services.store.bars.versions([run.version_id]))


@router.get("/{xcom_key:path}", operation_id="get_xcom_entry")
def get_xcom_entry(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    xcom_key: str,
    caller: CallerOf,
    map_index: Index = NOT_MAPPED,
    deserialize: Annotated[
        bool, Query(description="The value itself; without it, the JSON text that is kept.")
    ] = False,
    stringify: Annotated[bool, Query(description="The value as a text.")] = False,
) -> XComResponseNative | XComResponseString:
    services = caller.services
    run = find_run(services, dag_id, dag_run_id)
    record = service.get_xcom(services, run, task_id, xcom_key, map_index)
    value = service.plain_value(record.value) if deserialize else record.value
    fields = _fields(services, run, record)
    if stringify:
        return XComResponseString(**fields, value=service.text_of(value))
    return XComResponseNative(**fields, value=value)


@router.post("", operation_id="create_xcom_entry", status_code=201)
def create_xcom_entry(
    dag_id: str, dag_run_id: str, task_id: str, body: XComCreateBody, caller: CallerOf
) -> XComResponseNative:
    services = caller.services
    run = find_run(services, dag_id, dag_run_id)
    record = service.add_xcom(services, run, task_id, body.key, body.map_index, body.value)
    return XComResponseNative(**_fields(services, run, record), value=service.plain_value(record.value))


@router.patch("/{xcom_key:path}", operation_id="update_xcom_entry")
def update_xcom_entry(
    dag_id: str, dag_run_id: str, task_id: str, xcom_key: str, body: XComUpdateBody, caller: CallerOf
) -> XComResponseNative:
    services = caller.services
    run = find_run(services, dag_id, dag_run_id)
    record = service.change_xcom(services, run, task_id, xcom_key, body.map_index, body.value)
    return XComResponseNative(**_fields(services, run, record), value=service.plain_value(record.value))


@router.delete("/{xcom_key:path}", operation_id="delete_xcom_entry", status_code=204)
def delete_xcom_entry(
    dag_id: str, dag_run_id: str, task_id: str, xcom_key: str, caller: CallerOf, map_index: Index = NOT_MAPPED
) -> Response:
    run = find_run(caller.services, dag_id, dag_run_id)
    service.delete_xcom(caller.services, run, task_id, xcom_key, map_index)
    return no_content()
