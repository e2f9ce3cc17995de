"""DAG runs: triggering, lists, states and notes, clearing, deleting."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from tradewind.core.lists import Page, Span
from tradewind.core.runs import DataInterval, as_utc
from tradewind.core.states import RunState
from tradewind.server.access import CallerOf
from tradewind.server.conventions import (
    Orderings,
    PageOfV1,
    no_content,
    or_any,
    order_by_v1,
    orderings,
    span,
)
from tradewind.server.v1.dags import Fields
from tradewind.server.v1.models.dag_runs import (
    ClearDagRun,
    DAGRun,
    DAGRunBody,
    DAGRunCollection,
    ListDagRunsForm,
    SetDagRunNote,
    UpdateDagRunState,
)
from tradewind.server.v1.models.task_instances import TaskInstanceReferenceCollection
from tradewind.services.clear_requests import ClearRequest, clear_run
from tradewind.services.dags import get_dag
from tradewind.services.marking import set_run_state
from tradewind.services.notes import set_run_note
from tradewind.services.runs import delete_run as delete_with_history
from tradewind.services.runs import get_run as find_run
from tradewind.services.runs import trigger_run
from tradewind.store.run_pages import RunQuery

router = APIRouter(prefix="/api/v1/dags/{dag_id}/dagRuns", tags=["DAGRun"])
lists = APIRouter(prefix="/api/v1/dags/~/dagRuns", tags=["DAGRun"])

_NAMES: Final = {
    "id": "run_key",
    "state": "state",
    "dag_id": "dag_id",
    "run_id": "run_id",
    "dag_run_id": "run_id",
    "execution_date": "logical_date",
    "logical_date": "logical_date",
    "start_date": "start_date",
    "end_date": "end_date",
    "updated_at": "queued_at",
    "external_trigger": "run_type",
    "conf": "conf",
}
ENDS: Final = ("gte", "lte")
"""Airflow 2's filters include their bounds."""


@lists.post("/list", operation_id="get_dag_runs_batch")
def get_dag_runs_batch(body: ListDagRunsForm, caller: CallerOf) -> DAGRunCollection:
    order = orderings([body.order_by], _NAMES) if body.order_by else ()
    page = Page(min(body.page_limit, caller.services.conf.getint("api", "maximum_page_limit")), body.page_offset)
    found = caller.services.store.run_pages.page(page, order, body.query(caller.visible_dags))
    return DAGRunCollection(dag_runs=[DAGRun.of(run) for run in found.items], total_entries=found.total)


@router.get("", operation_id="get_dag_runs")
def get_dag_runs(
    dag_id: str,
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "id"))],
    execution_date: Annotated[Span[datetime], Depends(span("execution_date", ends=ENDS))],
    started: Annotated[Span[datetime], Depends(span("start_date", ends=ENDS))],
    ended: Annotated[Span[datetime], Depends(span("end_date", ends=ENDS))],
    changed: Annotated[Span[datetime], Depends(span("updated_at", ends=ENDS))],
    state: Annotated[list[RunState], Query(default_factory=list)],
    fields: Fields = None,
) -> DAGRunCollection:
    named = or_any(dag_id)
    if named is not None:
        get_dag(caller.services, named)
    wanted = RunQuery(
        readable=caller.visible_dags,
        dag_ids=None if named is None else [named],
        states=state,
        logical_date=execution_date,
        start_date=started,
        end_date=ended,
        changed=changed,
    )
    found = caller.services.store.run_pages.page(page, order, wanted)
    return DAGRunCollection(dag_runs=[DAGRun.of(run) for run in found.items], total_entries=found.total)


@router.post("", operation_id="post_dag_run")
def post_dag_run(dag_id: str, body: DAGRunBody, caller: CallerOf) -> DAGRun:
    interval = None
    if body.data_interval_start is not None and body.data_interval_end is not None:
        interval = DataInterval(as_utc(body.data_interval_start), as_utc(body.data_interval_end))
    run = trigger_run(
        caller.services,
        dag_id,
        conf=body.conf,
        run_id=body.dag_run_id,
        logical_date=body.logical_date or body.execution_date,
        keep_microseconds=True,
        note=body.note,
        interval=interval,
    )
    return DAGRun.of(run)


@router.get("/{dag_run_id}", operation_id="get_dag_run")
def get_dag_run(dag_id: str, dag_run_id: str, caller: CallerOf, fields: Fields = None) -> DAGRun:
    return DAGRun.of(find_run(caller.services, dag_id, dag_run_id))


@router.patch("/{dag_run_id}", operation_id="update_dag_run_state")
def update_dag_run_state(dag_id: str, dag_run_id: str, body: UpdateDagRunState, caller: CallerOf) -> DAGRun:
    set_run_state(caller.services, find_run(caller.services, dag_id, dag_run_id), RunState(body.state.value))
    return DAGRun.of(find_run(caller.services, dag_id, dag_run_id))


@router.delete("/{dag_run_id}", operation_id="delete_dag_run", status_code=204)
def delete_dag_run(dag_id: str, dag_run_id: str, caller: CallerOf) -> Response:
    delete_with_history(caller.services, find_run(caller.services, dag_id, dag_run_id))
    return no_content()


@router.post("/{dag_run_id}/clear", operation_id="clear_dag_run")
def clear_dag_run(
    dag_id: str, dag_run_id: str, body: ClearDagRun, caller: CallerOf
) -> DAGRun | TaskInstanceReferenceCollection:
    """A dry run answers with the task instances that would be cleared."""
    run = find_run(caller.services, dag_id, dag_run_id)
    done = clear_run(caller.services, run, ClearRequest(dag_id=dag_id), dry_run=body.dry_run)
    if body.dry_run:
        return TaskInstanceReferenceCollection.of(done.instances)
    return DAGRun.of(find_run(caller.services, dag_id, dag_run_id))


@router.patch("/{dag_run_id}/setNote", operation_id="set_dag_run_note")
def set_dag_run_note(dag_id: str, dag_run_id: str, body: SetDagRunNote, caller: CallerOf) -> DAGRun:
    set_run_note(caller.services, find_run(caller.services, dag_id, dag_run_id), body.note)
    return DAGRun.of(find_run(caller.services, dag_id, dag_run_id))
