"""Task instances: lists, one, its tries, its logs; clear, mark, note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from tradewind.core.lists import Page, Span
from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord
from tradewind.core.states import RunState, TaskState
from tradewind.server.access import Caller, CallerOf
from tradewind.server.conventions import (
    JSON,
    Orderings,
    PageOfV2,
    UpdateMask,
    accepted,
    changes,
    listed,
    or_any,
    order_by_v2,
    span,
)
from tradewind.server.v2.dag_runs import affected_instances
from tradewind.server.v2.models import dags as models
from tradewind.services import notes
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.runs import list_runs
from tradewind.services.tasks import instances_of
from tradewind.services.views import affecting
from tradewind.services.views.instances import instance_or_plan, run_of
from tradewind.services.views.task_logs import get_log_window
from tradewind.store.history import InstanceFilter

router = APIRouter(prefix="/api/v2/dags/{dag_id}", tags=["Task Instance"])
_OF_RUN: Final = "/dagRuns/{dag_run_id}/taskInstances"
_ORDER: Final = {
    "task_id": "task_id",
    "id": "task_id",
    "state": "state",
    "duration": "duration_s",
    "start_date": "start_date",
    "end_date": "end_date",
    "map_index": "map_index",
    "try_number": "try_number",
    "logical_date": "logical_date",
    "run_after": "run_after",
    "dag_id": "dag_id",
    "run_id": "run_id",
    "dag_run_id": "run_id",
    "pool": "pool",
    "queue": "queue",
    "operator": "operator",
    "queued_when": "queued_at",
}
_LOG_BYTES: Final = 1 << 20
NDJSON: Final = "application/x-ndjson"
Index = Annotated[int, Path(ge=-1, le=2**31 - 1)]
IndexQuery = Annotated[int, Query(ge=-1, le=2**31 - 1)]
TryNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get(_OF_RUN, operation_id="get_task_instances")
def get_task_instances(
    dag_id: str,
    dag_run_id: str,
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_ORDER, "map_index"))],
    start_date: Annotated[Span[datetime], Depends(span("start_date"))],
    end_date: Annotated[Span[datetime], Depends(span("end_date"))],
    duration: Annotated[Span[float], Depends(span("duration", float))],
    task_id: str | None = None,
    state: Annotated[list[str] | None, Query()] = None,
    pool: Annotated[list[str] | None, Query()] = None,
    queue: Annotated[list[str] | None, Query()] = None,
    map_index: Annotated[int | None, Query(ge=-1, le=2**31 - 1)] = None,
) -> models.TaskInstances:
    """Those of a run that has begun. `~` for the DAG or the run stands for all."""
    dag, run = or_any(dag_id), or_any(dag_run_id)
    if dag is not None and run is not None:
        run_of(caller.services, dag, run)
    wanted = InstanceFilter(
        dag_id=dag,
        run_id=run,
        task_id=task_id,
        dag_ids=caller.visible_dags,
        states=_states(listed(state)),
        pools=listed(pool),
        queues=listed(queue),
        map_index=map_index,
    )
    return _page(caller, page, order, wanted, {"start_date": start_date, "end_date": end_date, "duration_s": duration})


@router.get(_OF_RUN + "/{task_id}/listMapped", operation_id="get_mapped_task_instances")
def get_mapped_task_instances(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_ORDER, "map_index"))],
    state: Annotated[list[str] | None, Query()] = None,
) -> models.TaskInstances:
    run = run_of(caller.services, dag_id, dag_run_id)
    if not caller.services.store.bars.states_of_task(run.run_key, task_id):
        instance_or_plan(caller.services, run, task_id, NOT_MAPPED)
    wanted = InstanceFilter(
        dag_id=dag_id, run_id=dag_run_id, task_id=task_id, states=_states(listed(state)), is_mapped=True
    )
    return _page(caller, page, order, wanted, {})


def _page(
    caller: Caller, page: Page, order: Orderings, wanted: InstanceFilter, spans: dict[str, Span[Any]]
) -> models.TaskInstances:
    found = caller.services.store.history.instance_page(page, order, wanted, spans)
    return models.TaskInstances(task_instances=_rows(caller, found.items), total_entries=found.total)


def _rows(caller: Caller, found: Sequence[tuple[RunRecord, InstanceRecord]]) -> list[models.TaskInstance]:
    versions = caller.services.store.bars.versions({run.version_id for run, _ in found})
    return [models.TaskInstance.of(run, instance, versions.get(run.version_id)) for run, instance in found]


def _states(names: list[str]) -> list[TaskState] | None:
    """`no_status` and `none` are those without one. Raises Invalid."""
    if not names:
        return None
    known = {state.value: state for state in TaskState} | {"no_status": TaskState.NONE, "null": TaskState.NONE}
    for name in names:
        if name not in known:
            raise Invalid(f"'{name}' is no state of a task instance. There are: {', '.join(sorted(known))}.")
    return [known[name] for name in names]


# --- one ---------------------------------------------------------------------------------------------------------------


@router.get(_OF_RUN + "/{task_id}", operation_id="get_task_instance")
def get_task_instance(dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf) -> models.TaskInstance:
    return _instance(caller, dag_id, dag_run_id, task_id, NOT_MAPPED)


@router.get(_OF_RUN + "/{task_id}/tries", operation_id="get_task_instance_tries")
def get_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf, map_index: IndexQuery = NOT_MAPPED
) -> models.TaskTries:
    rows = _tries(caller, dag_id, dag_run_id, task_id, map_index)
    return models.TaskTries(task_instances=rows, total_entries=len(rows))


@router.get(_OF_RUN + "/{task_id}/tries/{task_try_number}", operation_id="get_task_instance_try_details")
def get_task_instance_try_details(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    task_try_number: TryNumber,
    caller: CallerOf,
    map_index: IndexQuery = NOT_MAPPED,
) -> models.TaskTry:
    return _try(_tries(caller, dag_id, dag_run_id, task_id, map_index), task_id, task_try_number)


@router.get(_OF_RUN + "/{task_id}/logs/{try_number}", operation_id="get_log", response_model=models.LogLines)
def get_log(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    try_number: Annotated[int, Path(ge=0, le=2**31 - 1)],
    request: Request,
    caller: CallerOf,
    full_content: bool = False,
    map_index: IndexQuery = NOT_MAPPED,
    token: Annotated[str | None, Query(pattern=r"^\d{1,15}$")] = None,
) -> models.LogLines | Response:
    """Lines from `token` on: at most 1 MiB, unless `full_content`; a continuation token while there may be more."""
    kind = accepted(request, JSON, NDJSON)
    run_of(caller.services, dag_id, dag_run_id)

    def window(start: int) -> dict[str, Any]:
        return get_log_window(
            caller.services,
            dag_id,
            dag_run_id,
            task_id,
            map_index=map_index,
            try_number=try_number,
            at="offset",
            offset=start,
            limit=_LOG_BYTES,
        )

    first = window(int(token or 0))
    if kind == NDJSON:
        return StreamingResponse(_streamed(first, window), media_type=NDJSON)
    lines = [_line(line) for line in first["lines"]]
    while full_content and first["lines"] and first["end"] < first["size"]:
        first = window(first["end"])
        lines += [_line(line) for line in first["lines"]]
    if first["missing"] is not None:
        lines = [{"timestamp": None, "event": first["missing"]}]
    done = first["is_complete"] and first["end"] >= first["size"]
    return models.LogLines(content=lines, continuation_token=None if done else str(first["end"]))


def _streamed(first: dict[str, Any], window: Any) -> Iterator[bytes]:
    while True:
        for line in first["lines"]:
            yield json.dumps(_line(line), ensure_ascii=False, default=str).encode() + b"\n"
        if not first["lines"] or first["end"] >= first["size"]:
            return
        first = window(first["end"])


def _line(line: dict[str, Any]) -> dict[str, Any]:
    at = line["at"]
    named = {"level": line["level"], "logger": line["source"]}
    return {
        "timestamp": at.isoformat() if isinstance(at, datetime) else at,
        "event": line["text"],
        **{name: value for name, value in named.items() if value},
        **line.get("extra", {}),
    }


@router.get(_OF_RUN + "/{task_id}/{map_index}", operation_id="get_mapped_task_instance")
def get_mapped_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> models.TaskInstance:
    return _instance(caller, dag_id, dag_run_id, task_id, map_index)


@router.get(_OF_RUN + "/{task_id}/{map_index}/tries", operation_id="get_mapped_task_instance_tries")
def get_mapped_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> models.TaskTries:
    rows = _tries(caller, dag_id, dag_run_id, task_id, map_index)
    return models.TaskTries(task_instances=rows, total_entries=len(rows))


@router.get(
    _OF_RUN + "/{task_id}/{map_index}/tries/{task_try_number}", operation_id="get_mapped_task_instance_try_details"
)
def get_mapped_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, task_try_number: TryNumber, caller: CallerOf
) -> models.TaskTry:
    return _try(_tries(caller, dag_id, dag_run_id, task_id, map_index), task_id, task_try_number)


def _instance(caller: Caller, dag_id: str, run_id: str, task_id: str, map_index: int) -> models.TaskInstance:
    run = run_of(caller.services, dag_id, run_id)
    instance, _ = instance_or_plan(caller.services, run, task_id, map_index)
    return _rows(caller, [(run, instance)])[0]


def _tries(caller: Caller, dag_id: str, run_id: str, task_id: str, map_index: int) -> list[models.TaskTry]:
    services = caller.services
    run = run_of(services, dag_id, run_id)
    instance, _ = instance_or_plan(services, run, task_id, map_index)
    tries = services.store.tries.of_instance(run.run_key, task_id, map_index)
    versions = services.store.bars.versions({made.version_id for made in tries})
    return [models.TaskTry.of(run, instance, made, versions.get(made.version_id)) for made in tries]


def _try(tries: list[models.TaskTry], task_id: str, number: int) -> models.TaskTry:
    for made in reversed(tries):
        if made.try_number == number:
            return made
    raise Unknown("try", str(number), where=f"task '{task_id}'", hint=f"It was tried {len(tries)} times.")


# --- changes -----------------------------------------------------------------------------------------------------------


@router.patch(_OF_RUN + "/{task_id}", operation_id="patch_task_instance")
def patch_task_instance(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: models.InstancePatch,
    caller: CallerOf,
    map_index: Annotated[int | None, Query(ge=-1, le=2**31 - 1)] = None,
    update_mask: UpdateMask = None,
) -> models.TaskInstances:
    return _patched(caller, dag_id, dag_run_id, task_id, map_index, body, update_mask, dry_run=False)


@router.patch(_OF_RUN + "/{task_id}/dry_run", operation_id="patch_task_instance_dry_run")
def patch_task_instance_dry_run(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: models.InstancePatch,
    caller: CallerOf,
    map_index: Annotated[int | None, Query(ge=-1, le=2**31 - 1)] = None,
    update_mask: UpdateMask = None,
) -> models.TaskInstances:
    return _patched(caller, dag_id, dag_run_id, task_id, map_index, body, update_mask, dry_run=True)


@router.patch(_OF_RUN + "/{task_id}/{map_index}", operation_id="patch_mapped_task_instance")
def patch_mapped_task_instance(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: Index,
    body: models.InstancePatch,
    caller: CallerOf,
    update_mask: UpdateMask = None,
) -> models.TaskInstances:
    return _patched(caller, dag_id, dag_run_id, task_id, map_index, body, update_mask, dry_run=False)


@router.patch(_OF_RUN + "/{task_id}/{map_index}/dry_run", operation_id="patch_mapped_task_instance_dry_run")
def patch_mapped_task_instance_dry_run(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: Index,
    body: models.InstancePatch,
    caller: CallerOf,
    update_mask: UpdateMask = None,
) -> models.TaskInstances:
    return _patched(caller, dag_id, dag_run_id, task_id, map_index, body, update_mask, dry_run=True)


def _patched(
    caller: Caller,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: int | None,
    body: models.InstancePatch,
    mask: list[str] | None,
    *,
    dry_run: bool,
) -> models.TaskInstances:
    """The instances that change, as they are afterwards, or now with `dry_run`."""
    run = run_of(caller.services, dag_id, run_id)
    wanted = changes(body, mask, ("new_state", "note"))
    rows: list[models.TaskInstance] = []
    state = wanted.get("new_state")
    if state is not None:
        selection = affecting.Selection(
            dag_id,
            [run_id],
            [task_id],
            map_indexes=None if map_index is None else [map_index],
            upstream=body.include_upstream,
            downstream=body.include_downstream,
            past=body.include_past,
            future=body.include_future,
        )
        plan = affecting.mark(caller.services, selection, state, note=wanted.get("note"), dry_run=dry_run)
        rows = affected_instances(caller, dag_id, plan)
    elif "note" in wanted and not dry_run:
        index = NOT_MAPPED if map_index is None else map_index
        notes.set_instance_note(caller.services, run, task_id, index, wanted["note"])
    if not rows:
        rows = _named(caller, run, task_id, map_index)
    return models.TaskInstances(task_instances=rows, total_entries=len(rows))


def _named(caller: Caller, run: RunRecord, task_id: str, map_index: int | None) -> list[models.TaskInstance]:
    found = [
        (run, one)
        for one in instances_of(caller.services, run)
        if one.task_id == task_id and map_index in (None, one.map_index)
    ]
    if not found:
        instance_or_plan(caller.services, run, task_id, NOT_MAPPED if map_index is None else map_index)
    return _rows(caller, found)


@router.post("/clearTaskInstances", operation_id="post_clear_task_instances")
def post_clear_task_instances(dag_id: str, body: models.ClearBody, caller: CallerOf) -> models.TaskInstances:
    """Without a run: those of all runs between the two logical dates, which must then be given or be none."""
    if body.only_running:
        raise Invalid("only_running is not offered: name the tasks, or the run, that are to be cleared.")
    if not body.reset_dag_runs:
        raise Invalid("reset_dag_runs=false is not offered: the runs of cleared tasks are always queued again.")
    runs = _runs_to_clear(caller, dag_id, body)
    whole, single = _tasks_to_clear(body)
    selection = affecting.Selection(
        dag_id,
        runs if whole is None or whole else [],
        whole,
        [(run_id, task_id, index) for run_id in runs for task_id, index in single],
        None,
        body.include_upstream,
        body.include_downstream,
        body.include_past,
        body.include_future,
    )
    if not runs:
        return models.TaskInstances(task_instances=[], total_entries=0)
    options = affecting.Clearing(
        body.only_failed, False, body.run_on_latest_version, body.prevent_running_task, body.note
    )
    plan = affecting.clear(caller.services, selection, options, dry_run=body.dry_run)
    rows = affected_instances(caller, dag_id, plan)
    return models.TaskInstances(task_instances=rows, total_entries=len(rows))


def _runs_to_clear(caller: Caller, dag_id: str, body: models.ClearBody) -> list[str]:
    if body.dag_run_id is not None:
        return [run_of(caller.services, dag_id, body.dag_run_id).run_id]
    if body.include_past or body.include_future:
        raise Invalid("include_past and include_future count from a run: give its dag_run_id.")
    found = list_runs(
        caller.services,
        dag_id,
        logical_from=body.start_date,
        logical_to=body.end_date,
        states=[RunState.RUNNING, RunState.QUEUED, RunState.SUCCESS, RunState.FAILED],
        limit=affecting.MAX_RUNS,
    )
    return [run.run_id for run in found]


def _tasks_to_clear(body: models.ClearBody) -> tuple[list[str] | None, list[tuple[str, int]]]:
    if body.task_ids is None:
        return None, []
    whole = [one for one in body.task_ids if isinstance(one, str)]
    return whole, [one for one in body.task_ids if not isinstance(one, str)]
