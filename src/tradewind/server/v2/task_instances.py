"""Task instances: lists, single ones and their tries, what keeps them, marking, notes, deleting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.graph import Graph
from tradewind.core.lists import Found, Page, Pattern, Span
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.states import TaskState
from tradewind.server.access import CallerOf
from tradewind.server.conventions import (
    Cursor,
    CursorOfV2,
    Number,
    Orderings,
    PageOfV2,
    UpdateMask,
    changes,
    no_content,
    or_any,
    order_by_v2,
    orderings,
    pattern,
    span,
)
from tradewind.server.v2.models.dag_runs import AllDags, Seconds
from tradewind.server.v2.models.task_instances import (
    EXECUTOR,
    ExtraLinkCollectionResponse,
    PatchTaskInstanceBody,
    StateAsked,
    TaskDependencyCollectionResponse,
    TaskDependencyResponse,
    TaskInstanceCollectionResponse,
    TaskInstanceHistoryCollectionResponse,
    TaskInstanceHistoryResponse,
    TaskInstanceResponse,
    TaskInstancesBatchBody,
    own_states,
)
from tradewind.services import task_instances as service
from tradewind.services.dags import get_dag
from tradewind.services.errors import Unknown
from tradewind.services.runs import get_run as find_run
from tradewind.services.session import Services
from tradewind.store.instance_pages import InstanceQuery, Placed
from tradewind.store.run_pages import COUNT_LIMIT, RunQuery

router = APIRouter(prefix="/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}", tags=["Task Instance"])

NAMES: Final = {
    "id": "run_key",
    "state": "state",
    "duration": "duration_s",
    "start_date": "start_date",
    "end_date": "end_date",
    "map_index": "map_index",
    "try_number": "try_number",
    "logical_date": "logical_date",
    "run_after": "run_after",
    "data_interval_start": "data_interval_start",
    "data_interval_end": "data_interval_end",
    "rendered_map_index": "rendered_map_index",
    "operator": "operator",
}
_FIELDS: Final = ("new_state", "note")

Numbers = Annotated[list[Number], Query(default_factory=list)]
Some = Annotated[list[str], Query(default_factory=list)]
Index = Annotated[int, Field(ge=-1, le=2**31 - 1)]
MaybeIndex = Annotated[int, Field(ge=-1, le=2**31 - 1)] | SkipJsonSchema[None]


def responses(services: Services, found: Iterable[Placed], *, with_fields: bool = False) -> list[TaskInstanceResponse]:
    placed = list(found)
    versions = services.store.bars.versions({run.version_id for run, _ in placed})
    tries = [instance.try_id for _, instance in placed if instance.try_id is not None]
    rendered = services.store.tries.rendered_of(tries) if with_fields else {}
    return [TaskInstanceResponse.of(each, versions, rendered) for each in placed]


def collection(services: Services, found: Iterable[Placed]) -> TaskInstanceCollectionResponse:
    rows = responses(services, found)
    return TaskInstanceCollectionResponse(task_instances=rows, total_entries=len(rows))


def filters(
    run_after: Annotated[Span[datetime], Depends(span("run_after"))],
    logical_date: Annotated[Span[datetime], Depends(span("logical_date"))],
    started: Annotated[Span[datetime], Depends(span("start_date"))],
    ended: Annotated[Span[datetime], Depends(span("end_date"))],
    changed: Annotated[Span[datetime], Depends(span("updated_at"))],
    duration: Annotated[Span[float], Depends(span("duration", Seconds))],
    pool_name: Annotated[tuple[Pattern, ...], Depends(pattern("pool_name_pattern", "pool_name_prefix_pattern"))],
    queue_name: Annotated[tuple[Pattern, ...], Depends(pattern("queue_name_pattern", "queue_name_prefix_pattern"))],
    operator_name: Annotated[
        tuple[Pattern, ...], Depends(pattern("operator_name_pattern", "operator_name_prefix_pattern"))
    ],
    rendered_index: Annotated[
        tuple[Pattern, ...], Depends(pattern("rendered_map_index_pattern", "rendered_map_index_prefix_pattern"))
    ],
    state: Annotated[list[StateAsked], Query(default_factory=list)],
    pool: Some,
    queue: Some,
    executor: Some,
    version_number: Numbers,
    try_number: Numbers,
    operator: Some,
    map_index: Numbers,
) -> dict[str, Any] | None:
    """What both lists of instances can be asked for, as arguments of a query; None: nothing can match."""
    states = own_states(state)
    if states is None or (executor and EXECUTOR not in executor):
        return None
    return {
        "runs": RunQuery(run_after=run_after, logical_date=logical_date, version_numbers=version_number),
        "states": states,
        "pools": pool,
        "queues": queue,
        "operators": operator,
        "try_numbers": try_number,
        "map_indexes": map_index,
        "start_date": started,
        "end_date": ended,
        "changed": changed,
        "duration_s": duration,
        "pool": pool_name,
        "queue": queue_name,
        "operator": operator_name,
        "rendered_map_index": rendered_index,
    }


Filters = Annotated[dict[str, Any] | None, Depends(filters)]


def _page(
    services: Services, cursor: Cursor, order: Orderings, wanted: InstanceQuery | None
) -> TaskInstanceCollectionResponse:
    found: Found[Placed] = Found([], 0)
    if wanted is not None:
        found = services.store.instance_pages.page(cursor.page, order, wanted)
    return TaskInstanceCollectionResponse(
        task_instances=responses(services, found.items),
        total_entries_limit=None if cursor.is_asked else COUNT_LIMIT,
        **cursor.answer(found.total),
    )


@router.get("/taskInstances", operation_id="get_task_instances")
def get_task_instances(
    dag_id: str,
    dag_run_id: str,
    caller: CallerOf,
    cursor: CursorOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(NAMES, "id"))],
    wanted: Filters,
    of_dag: Annotated[tuple[Pattern, ...], Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    of_run: Annotated[tuple[Pattern, ...], Depends(pattern("run_id_pattern", "run_id_prefix_pattern"))],
    of_task: Annotated[
        tuple[Pattern, ...], Depends(pattern("task_display_name_pattern", "task_display_name_prefix_pattern"))
    ],
    task_id: str | SkipJsonSchema[None] = None,
    task_group_id: str | SkipJsonSchema[None] = None,
) -> TaskInstanceCollectionResponse:
    services = caller.services
    run_keys = _run_keys(services, dag_id, dag_run_id)
    if wanted is None:
        return _page(services, cursor, order, None)
    runs: RunQuery = wanted.pop("runs")
    named = or_any(dag_id)
    tasks: Sequence[str] | None = None if task_id is None else [task_id]
    if task_group_id is not None:
        members = _members(services, named, task_group_id)
        tasks = members if tasks is None else [task for task in tasks if task in members]
    query = InstanceQuery(
        runs=RunQuery(
            readable=caller.visible_dags,
            dag_ids=None if named is None else [named],
            run_after=runs.run_after,
            logical_date=runs.logical_date,
            version_numbers=runs.version_numbers,
            dag_id=of_dag,
            run_id=of_run,
        ),
        run_keys=run_keys,
        run_ids=None if run_keys is not None or or_any(dag_run_id) is None else [dag_run_id],
        task_ids=tasks,
        task_id=of_task,
        **wanted,
    )
    return _page(services, cursor, order, query)


def _run_keys(services: Services, dag_id: str, run_id: str) -> list[int] | None:
    """Of the one run that is named; None for several. Raises Unknown."""
    if or_any(dag_id) is None:
        return None
    if or_any(run_id) is None:
        get_dag(services, dag_id)
        return None
    return [find_run(services, dag_id, run_id).run_key]


def _members(services: Services, dag_id: str | None, group_id: str) -> Sequence[str]:
    if dag_id is None:
        return ()
    spec = get_dag(services, dag_id).spec
    known = [group.group_id for group in spec.groups]
    if group_id not in known:
        raise Unknown("task group", group_id, known, f"DAG '{dag_id}'")
    return Graph(spec).group_task_ids(group_id)


@router.post("/taskInstances/list", operation_id="get_task_instances_batch")
def get_task_instances_batch(
    dag_id: AllDags, dag_run_id: AllDags, body: TaskInstancesBatchBody, caller: CallerOf
) -> TaskInstanceCollectionResponse:
    order = orderings([body.order_by], NAMES) if body.order_by else ()
    page = Page(min(body.page_limit, caller.services.conf.getint("api", "maximum_page_limit")), body.page_offset)
    return _page(caller.services, Cursor(page, False), order, body.query(caller.visible_dags))


@router.get("/taskInstances/{task_id}", operation_id="get_task_instance")
def get_task_instance(dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf) -> TaskInstanceResponse:
    found = service.find_instance(caller.services, dag_id, dag_run_id, task_id)
    return responses(caller.services, [found], with_fields=True)[0]


@router.get("/taskInstances/{task_id}/listMapped", operation_id="get_mapped_task_instances")
def get_mapped_task_instances(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(NAMES, "map_index"))],
    wanted: Filters,
) -> TaskInstanceCollectionResponse:
    services = caller.services
    run = find_run(services, dag_id, dag_run_id)
    if not services.store.bars.states_of_task(run.run_key, task_id):
        service.check_mapped(services, run, task_id)
    query = None
    if wanted is not None:
        query = InstanceQuery(run_keys=[run.run_key], task_ids=[task_id], only_mapped=True, **wanted)
    return _page(services, Cursor(page, False), order, query)


@router.get("/taskInstances/{task_id}/dependencies", operation_id="get_task_instance_dependencies")
def get_task_instance_dependencies(
    dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf, map_index: Index = NOT_MAPPED
) -> TaskDependencyCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    found = service.dependencies_of(caller.services, run, task_id, map_index)
    return TaskDependencyCollectionResponse(
        dependencies=[TaskDependencyResponse(name=each.name, reason=each.reason) for each in found]
    )


def _tries(
    services: Services, dag_id: str, run_id: str, task_id: str, map_index: int
) -> TaskInstanceHistoryCollectionResponse:
    seen = service.tries_of(services, *service.find_instance(services, dag_id, run_id, task_id, map_index))
    versions = services.store.bars.versions({each.made.version_id for each in seen})
    rows = [TaskInstanceHistoryResponse.of(each, versions) for each in seen]
    return TaskInstanceHistoryCollectionResponse(task_instances=rows, total_entries=len(rows))


def _try(
    services: Services, dag_id: str, run_id: str, task_id: str, map_index: int, number: int
) -> TaskInstanceHistoryResponse:
    run, instance = service.find_instance(services, dag_id, run_id, task_id, map_index)
    seen = service.find_try(services, run, instance, number)
    return TaskInstanceHistoryResponse.of(seen, services.store.bars.versions([seen.made.version_id]))


@router.get("/taskInstances/{task_id}/tries", operation_id="get_task_instance_tries")
def get_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf, map_index: Index = NOT_MAPPED
) -> TaskInstanceHistoryCollectionResponse:
    return _tries(caller.services, dag_id, dag_run_id, task_id, map_index)


@router.get("/taskInstances/{task_id}/tries/{task_try_number}", operation_id="get_task_instance_try_details")
def get_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, task_try_number: int, caller: CallerOf, map_index: Index = NOT_MAPPED
) -> TaskInstanceHistoryResponse:
    return _try(caller.services, dag_id, dag_run_id, task_id, map_index, task_try_number)


@router.get("/taskInstances/{task_id}/links", operation_id="get_extra_links")
def get_extra_links(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    caller: CallerOf,
    map_index: Index = NOT_MAPPED,
    try_number: int | SkipJsonSchema[None] = None,
) -> ExtraLinkCollectionResponse:
    """None has an address: an author's link is made by his code, which runs in tasks only."""
    service.find_instance(caller.services, dag_id, dag_run_id, task_id, map_index)
    return ExtraLinkCollectionResponse(extra_links={}, total_entries=0)


# --- marking and notes: before the routes with a map index in their path, which would take `dry_run` for one -----------


def _patch(
    services: Services,
    run: RunRecord,
    task_ids: Sequence[str],
    body: PatchTaskInstanceBody,
    mask: list[str] | None,
    map_index: int | None,
) -> TaskInstanceCollectionResponse:
    wanted = changes(body, mask, _FIELDS)
    named = service.instances_of_tasks(services, run, task_ids, map_index)
    if "note" in wanted:
        service.note(services, named, wanted["note"])
    if wanted.get("new_state") is not None:
        service.mark(services, run, task_ids, TaskState(wanted["new_state"]), body.reach(), map_index=map_index)
    return collection(services, service.now_of(services, named))


def _preview(
    services: Services, run: RunRecord, task_ids: Sequence[str], body: PatchTaskInstanceBody, map_index: int | None
) -> TaskInstanceCollectionResponse:
    """What a mark would change."""
    service.instances_of_tasks(services, run, task_ids, map_index)
    if body.new_state is None:
        return collection(services, [])
    state = TaskState(body.new_state.value)
    found = service.mark(services, run, task_ids, state, body.reach(), map_index=map_index, dry_run=True)
    return collection(services, found)


@router.patch("/taskGroupInstances/{group_id}", operation_id="patch_task_group_instances")
def patch_task_group_instances(
    dag_id: str,
    dag_run_id: str,
    group_id: str,
    body: PatchTaskInstanceBody,
    caller: CallerOf,
    update_mask: UpdateMask = None,
) -> TaskInstanceCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    members = service.group_task_ids(caller.services, run, group_id)
    return _patch(caller.services, run, members, body, update_mask, None)


@router.patch("/taskGroupInstances/{group_id}/dry_run", operation_id="patch_task_group_instances_dry_run")
def patch_task_group_instances_dry_run(
    dag_id: str, dag_run_id: str, group_id: str, body: PatchTaskInstanceBody, caller: CallerOf
) -> TaskInstanceCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    return _preview(caller.services, run, service.group_task_ids(caller.services, run, group_id), body, None)


@router.patch("/taskInstances/{task_id}", operation_id="patch_task_instance")
def patch_task_instance(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: PatchTaskInstanceBody,
    caller: CallerOf,
    map_index: MaybeIndex = None,
    update_mask: UpdateMask = None,
) -> TaskInstanceCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    return _patch(caller.services, run, [task_id], body, update_mask, map_index)


@router.patch("/taskInstances/{task_id}/dry_run", operation_id="patch_task_instance_dry_run")
def patch_task_instance_dry_run(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    body: PatchTaskInstanceBody,
    caller: CallerOf,
    map_index: MaybeIndex = None,
    update_mask: UpdateMask = None,
) -> TaskInstanceCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    changes(body, update_mask, _FIELDS)
    return _preview(caller.services, run, [task_id], body, map_index)


@router.delete("/taskInstances/{task_id}", operation_id="delete_task_instance", status_code=204)
def delete_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, caller: CallerOf, map_index: Index = NOT_MAPPED
) -> Response:
    run = find_run(caller.services, dag_id, dag_run_id)
    service.delete_instance(caller.services, run, task_id, map_index)
    return no_content()


# --- one instance of a mapped task -------------------------------------------------------------------------------------


@router.get("/taskInstances/{task_id}/{map_index}", operation_id="get_mapped_task_instance")
def get_mapped_task_instance(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> TaskInstanceResponse:
    found = service.find_instance(caller.services, dag_id, dag_run_id, task_id, map_index)
    return responses(caller.services, [found], with_fields=True)[0]


@router.get(
    "/taskInstances/{task_id}/{map_index}/dependencies", operation_id="get_task_instance_dependencies_by_map_index"
)
def get_task_instance_dependencies_by_map_index(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> TaskDependencyCollectionResponse:
    return get_task_instance_dependencies(dag_id, dag_run_id, task_id, caller, map_index)


@router.get("/taskInstances/{task_id}/{map_index}/tries", operation_id="get_mapped_task_instance_tries")
def get_mapped_task_instance_tries(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, caller: CallerOf
) -> TaskInstanceHistoryCollectionResponse:
    return _tries(caller.services, dag_id, dag_run_id, task_id, map_index)


@router.get(
    "/taskInstances/{task_id}/{map_index}/tries/{task_try_number}", operation_id="get_mapped_task_instance_try_details"
)
def get_mapped_task_instance_try_details(
    dag_id: str, dag_run_id: str, task_id: str, map_index: Index, task_try_number: int, caller: CallerOf
) -> TaskInstanceHistoryResponse:
    return _try(caller.services, dag_id, dag_run_id, task_id, map_index, task_try_number)


@router.patch("/taskInstances/{task_id}/{map_index}", operation_id="patch_task_instance_by_map_index")
def patch_task_instance_by_map_index(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: Index,
    body: PatchTaskInstanceBody,
    caller: CallerOf,
    update_mask: UpdateMask = None,
) -> TaskInstanceCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    return _patch(caller.services, run, [task_id], body, update_mask, map_index)


@router.patch("/taskInstances/{task_id}/{map_index}/dry_run", operation_id="patch_task_instance_dry_run_by_map_index")
def patch_task_instance_dry_run_by_map_index(
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: Index,
    body: PatchTaskInstanceBody,
    caller: CallerOf,
    update_mask: UpdateMask = None,
) -> TaskInstanceCollectionResponse:
    run = find_run(caller.services, dag_id, dag_run_id)
    changes(body, update_mask, _FIELDS)
    return _preview(caller.services, run, [task_id], body, map_index)
