"""DAG runs: trigger, list, one, mark, note, clear, delete, wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tradewind.core.lists import Span
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.runs import DataInterval, as_utc
from tradewind.core.states import RunState
from tradewind.server.access import Caller, CallerOf
from tradewind.server.conventions import (
    Orderings,
    PageOfV2,
    UpdateMask,
    changes,
    listed,
    no_content,
    or_any,
    order_by_v2,
    span,
)
from tradewind.server.errors import NotBuilt
from tradewind.server.v2.models import dags as models
from tradewind.services import notes
from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid
from tradewind.services.marking import mark_run
from tradewind.services.runs import delete_run, trigger_run
from tradewind.services.views import affecting
from tradewind.services.views.grid import run_states, types_of_runs
from tradewind.services.views.instances import run_of, value_of
from tradewind.services.views.runs import conf_of
from tradewind.store.history import RunFilter

router = APIRouter(prefix="/api/v2/dags/{dag_id}", tags=["DagRun"])
_ORDER: Final = {
    "id": "run_key",
    "state": "state",
    "dag_id": "dag_id",
    "dag_run_id": "run_id",
    "run_id": "run_id",
    "logical_date": "logical_date",
    "run_after": "run_after",
    "start_date": "start_date",
    "end_date": "end_date",
    "updated_at": "end_date",
}
_EVERY_S: Final = 0.1
_MOST_CLEARED: Final = 10_000
Times = Annotated[Span[datetime], Depends(span("run_after"))]


@router.get("/dagRuns", operation_id="get_dag_runs")
def get_dag_runs(
    dag_id: str,
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_ORDER, "id"))],
    run_after: Times,
    logical_date: Annotated[Span[datetime], Depends(span("logical_date"))],
    start_date: Annotated[Span[datetime], Depends(span("start_date"))],
    end_date: Annotated[Span[datetime], Depends(span("end_date"))],
    state: Annotated[list[str] | None, Query()] = None,
    run_type: Annotated[list[str] | None, Query()] = None,
    run_id_pattern: str | None = None,
) -> models.DagRuns:
    named = or_any(dag_id)
    if named is not None:
        get_dag(caller.services, named)
    wanted = RunFilter(
        dag_id=named,
        dag_ids=caller.visible_dags,
        states=run_states(listed(state)),
        run_types=types_of_runs(listed(run_type)),
        text=(run_id_pattern or "").strip("%~"),
    )
    spans = {"run_after": run_after, "logical_date": logical_date, "start_date": start_date, "end_date": end_date}
    found = caller.services.store.history.run_page(page, order, wanted, spans)
    return models.DagRuns(dag_runs=rows_of(caller, found.items), total_entries=found.total)


def rows_of(caller: Caller, runs: list[RunRecord]) -> list[models.DagRun]:
    versions = caller.services.store.bars.versions(run.version_id for run in runs)
    return [models.DagRun.of(run, conf_of(run), versions) for run in runs]


@router.post("/dagRuns", operation_id="trigger_dag_run")
def trigger_dag_run(dag_id: str, body: models.TriggerBody, caller: CallerOf) -> models.DagRun:
    if body.partition_key is not None:
        raise NotBuilt("Running partitions of a DAG")
    run = trigger_run(
        caller.services,
        dag_id,
        conf=body.conf,
        run_id=body.dag_run_id,
        logical_date=body.logical_date,
        keep_microseconds=True,
        note=body.note,
        run_after=body.run_after,
        interval=_interval(body),
    )
    return rows_of(caller, [run])[0]


def _interval(body: models.TriggerBody) -> DataInterval | None:
    start, end = body.data_interval_start, body.data_interval_end
    if start is None and end is None:
        return None
    if start is None or end is None or end < start:
        raise Invalid("Give both data_interval_start and data_interval_end, the end not before the start, or neither.")
    return DataInterval(as_utc(start), as_utc(end))


@router.get("/dagRuns/{dag_run_id}", operation_id="get_dag_run")
def get_dag_run(dag_id: str, dag_run_id: str, caller: CallerOf) -> models.DagRun:
    return rows_of(caller, [run_of(caller.services, dag_id, dag_run_id)])[0]


@router.patch("/dagRuns/{dag_run_id}", operation_id="patch_dag_run")
def patch_dag_run(
    dag_id: str, dag_run_id: str, body: models.DagRunPatch, caller: CallerOf, update_mask: UpdateMask = None
) -> models.DagRun:
    run = run_of(caller.services, dag_id, dag_run_id)
    wanted = changes(body, update_mask, ("state", "note"))
    state = wanted.get("state")
    if state == "queued":
        affecting.clear(
            caller.services, _whole(run), affecting.Clearing(False, False, False, False, None), dry_run=False
        )
    elif state is not None:
        mark_run(caller.services, run, RunState(state))
    if "note" in wanted:
        notes.set_run_note(caller.services, run, wanted["note"])
    return get_dag_run(dag_id, dag_run_id, caller)


@router.delete("/dagRuns/{dag_run_id}", operation_id="delete_dag_run", status_code=204)
def delete_dag_run(dag_id: str, dag_run_id: str, caller: CallerOf) -> Response:
    delete_run(caller.services, run_of(caller.services, dag_id, dag_run_id))
    return no_content()


@router.post(
    "/dagRuns/{dag_run_id}/clear",
    operation_id="clear_dag_run",
    response_model=models.TaskInstances | models.DagRun,
)
def clear_dag_run(
    dag_id: str, dag_run_id: str, body: models.DagRunClear, caller: CallerOf
) -> models.TaskInstances | models.DagRun:
    run = run_of(caller.services, dag_id, dag_run_id)
    options = affecting.Clearing(body.only_failed, body.only_new, body.run_on_latest_version, False, body.note)
    plan = affecting.clear(caller.services, _whole(run), options, dry_run=body.dry_run)
    if not body.dry_run:
        return get_dag_run(dag_id, dag_run_id, caller)
    rows = affected_instances(caller, dag_id, plan)
    return models.TaskInstances(task_instances=rows, total_entries=len(rows))


def _whole(run: RunRecord) -> affecting.Selection:
    return affecting.Selection(run.dag_id, [run.run_id], None, [], None, False, False, False, False)


def affected_instances(caller: Caller, dag_id: str, plan: dict[str, Any]) -> list[models.TaskInstance]:
    """The instances that a plan of `affecting` names, as they are now."""
    services = caller.services
    rows: list[models.TaskInstance] = []
    for part in plan["runs"]:
        run = run_of(services, dag_id, part["run_id"])
        version = services.store.bars.versions([run.version_id]).get(run.version_id)
        known = {(one.task_id, one.map_index): one for one in services.store.instances.of_run(run.run_key)}
        for one in part["instances"][:_MOST_CLEARED]:
            instance = known.get((one["task_id"], one["map_index"]))
            if instance is not None:
                rows.append(models.TaskInstance.of(run, instance, version))
    return rows


@router.get(
    "/dagRuns/{dag_run_id}/wait",
    operation_id="wait_dag_run_until_finished",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def wait_dag_run_until_finished(
    dag_id: str,
    dag_run_id: str,
    request: Request,
    caller: CallerOf,
    interval: Annotated[float, Query(gt=0, le=3600)] = 2.0,
    result: Annotated[list[str] | None, Query()] = None,
) -> StreamingResponse:
    """A line for each change of the run's state, and every `interval` seconds, until it has ended."""
    run = run_of(caller.services, dag_id, dag_run_id)
    return StreamingResponse(_states(caller, run, interval, listed(result)), media_type="application/x-ndjson")


async def _states(caller: Caller, run: RunRecord, interval: float, tasks: list[str]) -> AsyncIterator[bytes]:
    said: RunState | None = None
    waited = 0.0
    while True:
        found = await run_in_threadpool(caller.services.store.runs.by_key, run.run_key)
        if found is None:
            return
        if found.state is not said or waited >= interval:
            said, waited = found.state, 0.0
            line: dict[str, Any] = {"state": found.state.value}
            if found.state.is_final and tasks:
                line["results"] = await run_in_threadpool(_results, caller, run, tasks)
            yield json.dumps(line).encode() + b"\n"
        if found.state.is_final:
            return
        await asyncio.sleep(_EVERY_S)
        waited += _EVERY_S


def _results(caller: Caller, run: RunRecord, tasks: list[str]) -> dict[str, Any]:
    found = caller.services.store.xcoms.get(run.run_key, tasks, [NOT_MAPPED], key="return_value")
    values = {one.task_id: value_of(one.value) for one in found}
    return {task_id: values.get(task_id) for task_id in tasks}
