"""Task instances: lists, single ones and their tries, what keeps them, clearing, marking, notes, logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.lists import Found, Page, Span
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.states import TaskState
from tradewind.server.access import CallerOf
from tradewind.server.conventions import (
    JSON,
    PLAIN,
    Orderings,
    PageOfV1,
    accepted,
    listed,
    or_any,
    order_by_v1,
    orderings,
    span,
)
from tradewind.server.v1.dag_runs import ENDS
from tradewind.server.v1.models.task_instances import (
    EXECUTOR,
    ClearTaskInstances,
    ExtraLinkCollection,
    ListTaskInstanceForm,
    LogResponse,
    Seconds,
    SetTaskInstanceNote,
    StateAsked,
    TaskFailedDependency,
    TaskInstance,
    TaskInstanceCollection,
    TaskInstanceDependencyCollection,
    TaskInstanceReference,
    TaskInstanceReferenceCollection,
    UpdateTaskInstance,
    UpdateTaskInstancesState,
    own_states,
)
from tradewind.services import task_instances as service
from tradewind.services import task_logs
from tradewind.services.clear_requests import ClearRequest, clear
from tradewind.services.clearing import Options
from tradewind.services.dags import get_dag
from tradewind.services.errors import Unknown
from tradewind.services.runs import get_run as find_run
from tradewind.services.runs import look_up_run
from tradewind.services.session import Services
from tradewind.services.task_instances import Seen
from tradewind.store.instance_pages import InstanceQuery, Placed
from tradewind.store.run_pages import RunQuery

router = APIRouter(prefix="/api/v1/dags/{dag_id}", tags=["TaskInstance"])
lists = APIRouter(prefix="/api/v1/dags/~/dagRuns/~/taskInstances", tags=["TaskInstance"])

_NAMES: Final = {
    "id": "run_key",
    "state": "state",
    "duration": "duration_s",
    "start_date": "start_date",
    "end_date": "end_date",
    "map_index": "map_index",
    "task_id": "task_id",
    "execution_date": "logical_date",
    "try_number": "try_number",
}
_TASK: Final = "/dagRuns/{dag_run_id}/taskInstances/{task_id}"
Some = Annotated[list[str], Query(default_factory=list)]
Index = Annotated[int, Field(ge=-1, le=2**31 - 1)]


def _all(services: Services, found: Iterable[Placed], *, with_fields: bool = False) -> list[TaskInstance]:
    placed = list(found)
    versions = services.store.bars.versions({run.version_id for run, _ in placed})
    tries = [instance.try_id for _, instance in placed if instance.try_id is not None]
    rendered = services.store.tries.rendered_of(tries) if with_fields else {}
    return [TaskInstance.of(each, versions, rendered) for each in placed]


def _collection(services: Services, found: Found[Placed]) -> TaskInstanceCollection:
    return TaskInstanceCollection(task_instances=_all(services, found.items), total_entries=found.total)


def filters(
    execution_date: Annotated[Span[datetime], Depends(span("execution_date", ends=ENDS))],
    started: Annotated[Span[datetime], Depends(span("start_date", ends=ENDS))],
    ended: Annotated[Span[datetime], Depends(span("end_date", ends=ENDS))],
    changed: Annotated[Span[datetime], Depends(span("updated_at", ends=ENDS))],
    duration: Annotated[Span[float], Depends(span("duration", Seconds, ends=ENDS))],
    state: Annotated[list[StateAsked], Query(default_factory=list)],
    pool: Some,
    queue: Some,
    executor: Some,
) -> dict[str, Any] | None:
    """What both lists can be asked for, as arguments of a query; None: nothing can match."""
    if executor and EXECUTOR not in listed(executor):
        return None
    return {
        "execution_date": execution_date,
        "states": own_states(state),
        "pools": listed(pool),
        "queues": listed(queue),
        "start_date": started,
        "end_date": ended,
        "changed": changed,
        "duration_s": duration,
    }


Filters = Annotated[dict[str, Any] | None, Depends(filters)]


@lists.post("/list", operation_id="get_task_instances_batch")
def get_task_instances_batch(body: ListTaskInstanceForm, caller: CallerOf) -> TaskInstanceCollection:
    order = orderings([body.order_by], _NAMES) if body.order_by else ()
    page = Page(min(body.page_limit, caller.services.conf.getint("api", "maximum_page_limit")), body.page_offset)
    wanted = body.query(caller.visible_dags)
    found: Found[Placed] = Found([], 0)
    if wanted is not None:
        found = caller.services.store.instance_pages.page(page, order, wanted)
    return _collection(caller.services, found)


@router.get("/dagRuns/{dag_run_id}/taskInstances", operation_id="get_task_instances")
def get_task_instances(
    dag_id: str, dag_run_id: str, caller: CallerOf, page: PageOfV1, wanted: Filters
) -> TaskInstanceCollection:
    services = caller.services
    named, run_id = or_any(dag_id), or_any(dag_run_id)
    run_keys = None
    if named is not None and run_id is not None:
        run_keys = [find_run(services, named, run_id).run_key]
    elif named is not None:
        get_dag(services, named)
    if wanted is None:
        return _collection(services, Found([], 0))
    dates = wanted.pop("execution_date")
    query = InstanceQuery(
        runs=RunQuery(readable=caller.visible_dags, dag_ids=None if named is None else [named], logical_date=dates),
        run_keys=run_keys,
        run_ids=None if run_keys is not None or run_id is None else [run_id],
        **wanted,
    )
    return _collection(services, services.store.instance_pages.page(page, (), query))


@router.get(_TASK, operation_id="get_task_instance")
def get_task_instance(dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf) -> TaskInstance:
    found = service.find_instance(caller.services, dag_id, dag_run_id, task_id)
    return _all(caller.services, [found], with_fields=True)[0]


@router.get(_TASK + "/listMapped", operation_id="get_mapped_task_instances")
def get_mapped_task_instances(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "map_index"))],
    wanted: Filters,
) -> TaskInstanceCollection:
    services = caller.services
    run = find_run(services, dag_id, dag_run_id)
    if not services.store.bars.states_of_task(run.run_key, task_id):
        service.check_mapped(services, run, task_id)
    if wanted is None:
        return _collection(services, Found([], 0))
    dates = wanted.pop("execution_date")
    query = InstanceQuery(
        runs=RunQuery(logical_date=dates), run_keys=[run.run_key], task_ids=[task_id], only_mapped=True, **wanted
    )
    return _collection(services, services.store.instance_pages.page(page, order, query))


@router.get(_TASK + "/dependencies", operation_id="get_task_instance_dependencies")
def get_task_instance_dependencies(
    dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf
) -> TaskInstanceDependencyCollection:
    return get_mapped_task_instance_dependencies(dag_id, dag_run_id, task_id, NOT_MAPPED, caller)


@router.get(_TASK + "/{map_index}/dependencies", operation_id="get_mapped_task_instance_dependencies")
def get_mapped_task_instance_dependencies(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> TaskInstanceDependencyCollection:
    run = find_run(caller.services, dag_id, dag_run_id)
    found = service.dependencies_of(caller.services, run, task_id, map_index)
    return TaskInstanceDependencyCollection(
        dependencies=[TaskFailedDependency(name=each.name, reason=each.reason) for each in found]
    )


@router.get(_TASK + "/links", operation_id="get_extra_links")
def get_extra_links(dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf) -> ExtraLinkCollection:
    """None has an address: an author's link is made by his code, which runs in tasks only."""
    run = find_run(caller.services, dag_id, dag_run_id)
    service.instances_of_tasks(caller.services, run, [task_id], None)
    return ExtraLinkCollection()


# --- tries -------------------------------------------------------------------------------------------------------------


def _tries(
    services: Services, page: Page, dag_id: str, run_id: str, task_id: str, map_index: int
) -> TaskInstanceCollection:
    seen = service.tries_of(services, *service.find_instance(services, dag_id, run_id, task_id, map_index))
    some = seen[page.offset : page.offset + page.limit]
    versions = services.store.bars.versions({each.run.version_id for each in some})
    return TaskInstanceCollection(
        task_instances=[TaskInstance.of_try(each, versions) for each in some], total_entries=len(seen)
    )


def _try(services: Services, dag_id: str, run_id: str, task_id: str, map_index: int, number: int) -> TaskInstance:
    run, instance = service.find_instance(services, dag_id, run_id, task_id, map_index)
    seen = service.find_try(services, run, instance, number)
    return TaskInstance.of_try(seen, services.store.bars.versions([run.version_id]))


@router.get(_TASK + "/tries", operation_id="get_task_instance_tries")
def get_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf, page: PageOfV1
) -> TaskInstanceCollection:
    return _tries(caller.services, page, dag_id, dag_run_id, task_id, NOT_MAPPED)


@router.get(_TASK + "/tries/{task_try_number}", operation_id="get_task_instance_try_details")
def get_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, task_try_number: int, caller: CallerOf
) -> TaskInstance:
    return _try(caller.services, dag_id, dag_run_id, task_id, NOT_MAPPED, task_try_number)


@router.get(_TASK + "/{map_index}/tries", operation_id="get_mapped_task_instance_tries")
def get_mapped_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf, page: PageOfV1
) -> TaskInstanceCollection:
    return _tries(caller.services, page, dag_id, dag_run_id, task_id, map_index)


@router.get(_TASK + "/{map_index}/tries/{task_try_number}", operation_id="get_mapped_task_instance_try_details")
def get_mapped_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, task_try_number: int, caller: CallerOf
) -> TaskInstance:
    return _try(caller.services, dag_id, dag_run_id, task_id, map_index, task_try_number)


# --- changes -----------------------------------------------------------------------------------------------------------


@router.post("/clearTaskInstances", operation_id="post_clear_task_instances")
def post_clear_task_instances(
    dag_id: str, body: ClearTaskInstances, caller: CallerOf
) -> TaskInstanceReferenceCollection:
    request = ClearRequest(
        dag_id=dag_id,
        run_id=body.dag_run_id,
        first=body.start_date,
        last=body.end_date,
        task_ids=body.task_ids,
        upstream=body.include_upstream,
        downstream=body.include_downstream,
        past=body.include_past,
        future=body.include_future,
        options=Options(
            only_failed=body.only_failed and not body.only_running,
            only_running=body.only_running,
            requeues=body.reset_dag_runs,
        ),
    )
    return TaskInstanceReferenceCollection.of(clear(caller.services, request, dry_run=body.dry_run).instances)


@router.post("/updateTaskInstancesState", operation_id="post_set_task_instances_state")
def post_set_task_instances_state(
    dag_id: str, body: UpdateTaskInstancesState, caller: CallerOf
) -> TaskInstanceReferenceCollection:
    services = caller.services
    get_dag(services, dag_id)
    named = body.dag_run_id if body.dag_run_id is not None else body.execution_date
    assert named is not None
    run = look_up_run(services, dag_id, named)
    if run is None:
        raise Unknown("run", str(named), where=f"DAG '{dag_id}'")
    state = TaskState(body.new_state.value)
    found = service.mark(services, run, [body.task_id], state, body.reach(), dry_run=body.dry_run)
    return TaskInstanceReferenceCollection.of(found)


def _mark(
    services: Services, run: RunRecord, task_id: str, map_index: int, body: UpdateTaskInstance
) -> TaskInstanceReference:
    named = service.instances_of_tasks(services, run, [task_id], map_index)
    if not body.dry_run:
        service.mark(services, run, [task_id], TaskState(body.new_state.value), map_index=map_index)
    return TaskInstanceReference.of(named[0])


@router.patch(_TASK, operation_id="patch_task_instance")
def patch_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, body: UpdateTaskInstance, caller: CallerOf
) -> TaskInstanceReference:
    return _mark(caller.services, find_run(caller.services, dag_id, dag_run_id), task_id, NOT_MAPPED, body)


def _note(services: Services, run: RunRecord, task_id: str, map_index: int, text: str | None) -> TaskInstance:
    named = service.instances_of_tasks(services, run, [task_id], map_index)
    service.note(services, named, text)
    return _all(services, service.now_of(services, named), with_fields=True)[0]


@router.patch(_TASK + "/setNote", operation_id="set_task_instance_note")
def set_task_instance_note(
    dag_id: str, dag_run_id: str, task_id: str, body: SetTaskInstanceNote, caller: CallerOf
) -> TaskInstance:
    return _note(caller.services, find_run(caller.services, dag_id, dag_run_id), task_id, NOT_MAPPED, body.note)


@router.patch(_TASK + "/{map_index}/setNote", operation_id="set_mapped_task_instance_note")
def set_mapped_task_instance_note(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, body: SetTaskInstanceNote, caller: CallerOf
) -> TaskInstance:
    return _note(caller.services, find_run(caller.services, dag_id, dag_run_id), task_id, map_index, body.note)


# --- one instance of a mapped task: behind the routes whose last word it would take for an index -----------------------


@router.get(_TASK + "/{map_index}", operation_id="get_mapped_task_instance")
def get_mapped_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> TaskInstance:
    found = service.find_instance(caller.services, dag_id, dag_run_id, task_id, map_index)
    return _all(caller.services, [found], with_fields=True)[0]


@router.patch(_TASK + "/{map_index}", operation_id="patch_mapped_task_instance")
def patch_mapped_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, body: UpdateTaskInstance, caller: CallerOf
) -> TaskInstanceReference:
    return _mark(caller.services, find_run(caller.services, dag_id, dag_run_id), task_id, map_index, body)


# --- logs --------------------------------------------------------------------------------------------------------------

_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string"}}}},
    406: {"description": "Not Acceptable"},
}


@router.get(_TASK + "/logs/{task_try_number}", operation_id="get_log", response_model=LogResponse, responses=_CONTENT)
def get_log(
    request: Request,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    task_try_number: Annotated[int, Path(ge=0)],
    caller: CallerOf,
    full_content: Annotated[bool, Query(description="Everything up to now, not only a piece.")] = False,
    map_index: Index = NOT_MAPPED,
    token: Annotated[str | SkipJsonSchema[None], Query(description="Of an answer, for what comes after it.")] = None,
) -> Response:
    kind = accepted(request, JSON, PLAIN)
    services = caller.services
    run, instance = service.find_instance(services, dag_id, dag_run_id, task_id, map_index)
    seen = service.find_try(services, run, instance, task_try_number)
    task_logs.start_of(token)
    if kind == PLAIN:
        return StreamingResponse(_text(services, seen, token), media_type=PLAIN)
    if full_content:
        lines, after = list(task_logs.whole_log(services, seen, token)), None
    else:
        piece = task_logs.log_piece(services, seen, token)
        lines, after = piece.lines, piece.token
    text = "".join(task_logs.text_of(line) for line in lines)
    # Airflow 2 answers with the text of a list: (host, log) of each host.
    content = str([(seen.made.hostname, text)])
    answer = LogResponse(content=content, continuation_token=after or token or task_logs.token_of(0))
    return Response(answer.model_dump_json(), media_type=JSON)


def _text(services: Services, seen: Seen, token: str | None) -> Iterator[str]:
    for line in task_logs.whole_log(services, seen, token):
        yield task_logs.text_of(line)
