"""XComs of task instances."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.records import NOT_MAPPED
from tradewind.server.access import CallerOf
from tradewind.server.conventions import PageOfV1, or_any
from tradewind.server.v1.models.xcoms import XCom, XComCollection, XComCollectionItem, fields_of
from tradewind.services import xcoms as service
from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid
from tradewind.services.runs import get_run as find_run
from tradewind.store.run_pages import RunQuery
from tradewind.store.xcom_pages import XComPlace, XComQuery

router = APIRouter(
    prefix="/api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries", tags=["XCom"]
)

Index = Annotated[int, Field(ge=-1, le=2**31 - 1)]


@router.get("", operation_id="get_xcom_entries")
def get_xcom_entries(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    page: PageOfV1,
    map_index: Index | SkipJsonSchema[None] = None,
    xcom_key: str | SkipJsonSchema[None] = None,
) -> XComCollection:
    services = caller.services
    named, run_id, task = or_any(dag_id), or_any(dag_run_id), or_any(task_id)
    run_keys = None
    if named is not None and run_id is not None:
        run_keys = [find_run(services, named, run_id).run_key]
    elif named is not None:
        get_dag(services, named)
    wanted = XComQuery(
        runs=RunQuery(readable=caller.visible_dags, dag_ids=None if named is None else [named]),
        run_keys=run_keys,
        run_ids=None if run_keys is not None or run_id is None else [run_id],
        task_ids=None if task is None else [task],
        map_index=map_index,
        key=xcom_key,
    )
    found = services.store.xcom_pages.page(page, (), wanted)
    return XComCollection(
        xcom_entries=[XComCollectionItem.of(place) for place in found.items], total_entries=found.total
    )


@router.get("/{xcom_key:path}", operation_id="get_xcom_entry")
def get_xcom_entry(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    xcom_key: str,
    caller: CallerOf,
    map_index: Index = NOT_MAPPED,
    deserialize: Annotated[bool, Query(description="Needs [api] enable_xcom_deserialize_support.")] = False,
    stringify: Annotated[bool, Query(description="The value as a text.")] = True,
) -> XCom:
    services = caller.services
    if deserialize and not services.conf.getboolean("api", "enable_xcom_deserialize_support"):
        raise Invalid("XCom deserialization is disabled: set [api] enable_xcom_deserialize_support to allow it.")
    run = find_run(services, dag_id, dag_run_id)
    record = service.get_xcom(services, run, task_id, xcom_key, map_index)
    value = service.plain_value(record.value)
    place = XComPlace(run, record.task_id, record.map_index, record.key, record.created_at)
    return XCom(**fields_of(place), value=service.text_of(value) if stringify else value)
