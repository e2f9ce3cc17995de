"""XComs: what task instances left for others. Read only: tasks write them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from tradewind.core.records import NOT_MAPPED
from tradewind.server.access import CallerOf
from tradewind.server.conventions import PageOfV2
from tradewind.server.v2.models import dags as models
from tradewind.services.errors import Unknown
from tradewind.services.views.instances import run_of, value_of

_PATH: Final = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries"
router = APIRouter(prefix=_PATH, tags=["XCom"])


@router.get("", operation_id="get_xcom_entries")
def get_xcom_entries(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    page: PageOfV2,
    map_index: Annotated[int | None, Query(ge=-1, le=2**31 - 1)] = None,
    xcom_key: str | None = None,
) -> models.XComs:
    """`~` for the task stands for all of the run's."""
    run = run_of(caller.services, dag_id, dag_run_id)
    named = None if task_id == "~" else task_id
    found = caller.services.store.history.xcom_page(page, run.run_key, named, map_index, xcom_key)
    return models.XComs(xcom_entries=[models.XCom.of(run, one) for one in found.items], total_entries=found.total)


@router.get("/{xcom_key:path}", operation_id="get_xcom_entry")
def get_xcom_entry(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    xcom_key: str,
    caller: CallerOf,
    map_index: Annotated[int, Query(ge=-1, le=2**31 - 1)] = NOT_MAPPED,
) -> models.XComWithValue:
    run = run_of(caller.services, dag_id, dag_run_id)
    found = caller.services.store.xcoms.get(run.run_key, [task_id], [map_index], xcom_key)
    if not found:
        raise Unknown("XCom", xcom_key, where=f"task '{task_id}' of run '{dag_run_id}'", hint="It left no such value.")
    return models.XComWithValue(**models.XCom.fields_of(run, found[0]), value=value_of(found[0].value))
