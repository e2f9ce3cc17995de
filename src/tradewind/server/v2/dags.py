"""DAGs: list, one, pause, delete, their tasks, tags, versions, sources and statistics."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from tradewind.core.graph import Graph
from tradewind.core.lists import Pattern
from tradewind.core.permissions import Action, Resource
from tradewind.core.states import RunState
from tradewind.server.access import Caller, CallerOf
from tradewind.server.conventions import (
    JSON,
    PLAIN,
    Orderings,
    PageOfV2,
    UpdateMask,
    accepted,
    changes,
    listed,
    no_content,
    order_by_v2,
    pattern,
)
from tradewind.server.errors import Forbidden
from tradewind.server.v2.models import dags as models
from tradewind.services import dag_lists
from tradewind.services import dags as service
from tradewind.services.tasks import check_task
from tradewind.services.views.graph import version_of

router = APIRouter(prefix="/api/v2", tags=["DAG"])
_ORDER: Final = dag_lists.ORDER


@router.get("/dags", operation_id="get_dags")
def get_dags(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_ORDER, "dag_id"))],
    dag_id: Annotated[tuple[Pattern, ...], Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    name: Annotated[
        tuple[Pattern, ...], Depends(pattern("dag_display_name_pattern", "dag_display_name_prefix_pattern"))
    ],
    tags: Annotated[list[str] | None, Query()] = None,
    tags_match_mode: Annotated[str, Query(pattern="^(any|all)$")] = "any",
    owners: Annotated[list[str] | None, Query()] = None,
    paused: bool | None = None,
    exclude_stale: bool = True,
    has_import_errors: bool | None = None,
    is_favorite: bool | None = None,
    last_dag_run_state: Annotated[str | None, Query(pattern="^(queued|running|success|failed)$")] = None,
) -> models.Dags:
    wanted = dag_lists.DagFilter(
        patterns=dag_id,
        names=name,
        tags=listed(tags),
        all_tags=tags_match_mode == "all",
        owners=listed(owners),
        paused=paused,
        include_stale=not exclude_stale,
        has_import_error=has_import_errors,
        favourites=None if is_favorite is None else (caller.username, is_favorite),
        last_state=None if last_dag_run_state is None else RunState(last_dag_run_state),
        visible=caller.visible_dags,
    )
    found = dag_lists.dag_page(caller.services, page, order, wanted)
    return models.Dags(dags=[models.Dag.of(dag) for dag in found.items], total_entries=found.total)


@router.patch("/dags", operation_id="patch_dags")
def patch_dags(
    caller: CallerOf,
    page: PageOfV2,
    body: models.DagPatch,
    dag_id: Annotated[tuple[Pattern, ...], Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    tags: Annotated[list[str] | None, Query()] = None,
    owners: Annotated[list[str] | None, Query()] = None,
    paused: bool | None = None,
    exclude_stale: bool = True,
    update_mask: UpdateMask = None,
) -> models.Dags:
    changes(body, update_mask, ("is_paused",))
    wanted = dag_lists.DagFilter(
        patterns=dag_id,
        tags=listed(tags),
        owners=listed(owners),
        paused=paused,
        include_stale=not exclude_stale,
        visible=caller.visible_dags,
    )
    found = dag_lists.dag_page(caller.services, page, (), wanted)
    for dag in found.items:
        _check_edit(caller, dag.dag_id)
    service.set_paused(caller.services, [dag.dag_id for dag in found.items], body.is_paused)
    changed = [models.Dag.of(service.get_dag(caller.services, dag.dag_id)) for dag in found.items]
    return models.Dags(dags=changed, total_entries=found.total)


def _check_edit(caller: Caller, dag_id: str) -> None:
    if not caller.may(Action.EDIT, Resource.DAG, dag_id):
        raise Forbidden(f"User '{caller.username}' lacks the permission 'can_edit on DAGs' of DAG '{dag_id}'.")


@router.get("/dagTags", operation_id="get_dag_tags")
def get_dag_tags(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2({"name": "name"}, "name"))],
    name: Annotated[tuple[Pattern, ...], Depends(pattern("tag_name_pattern", "tag_name_prefix_pattern"))],
) -> models.DagTags:
    found = dag_lists.tag_page(caller.services, page, order, name, caller.visible_dags)
    return models.DagTags(tags=found.items, total_entries=found.total)


@router.get("/dagStats", operation_id="get_dag_stats")
def get_dag_stats(caller: CallerOf, dag_ids: Annotated[list[str] | None, Query()] = None) -> models.DagStatsList:
    found = dag_lists.stats(caller.services, listed(dag_ids), caller.visible_dags)
    rows = [
        models.DagStats(
            dag_id=dag.dag_id,
            dag_display_name=dag.spec.display_name or dag.dag_id,
            stats=[models.StateCount(state=state.value, count=count) for state, count in counts.items()],
        )
        for dag, counts in found
    ]
    return models.DagStatsList(dags=rows, total_entries=len(rows))


@router.get("/dags/{dag_id}", operation_id="get_dag")
def get_dag(dag_id: str, caller: CallerOf) -> models.Dag:
    return models.Dag.of(service.get_dag(caller.services, dag_id))


@router.get("/dags/{dag_id}/details", operation_id="get_dag_details")
def get_dag_details(dag_id: str, caller: CallerOf) -> models.DagDetails:
    dag = service.get_dag(caller.services, dag_id)
    bars = caller.services.store.bars
    return models.DagDetails.of_version(
        dag,
        bars.versions([dag.version_id]).get(dag.version_id),
        is_favourite=dag_id in caller.services.store.personal.favourites(caller.username),
        active_runs=sum(bars.unfinished_of(dag_id).values()),
    )


@router.patch("/dags/{dag_id}", operation_id="patch_dag")
def patch_dag(dag_id: str, body: models.DagPatch, caller: CallerOf, update_mask: UpdateMask = None) -> models.Dag:
    changes(body, update_mask, ("is_paused",))
    service.get_dag(caller.services, dag_id)
    service.set_paused(caller.services, [dag_id], body.is_paused)
    return models.Dag.of(service.get_dag(caller.services, dag_id))


@router.delete("/dags/{dag_id}", operation_id="delete_dag")
def delete_dag(dag_id: str, caller: CallerOf) -> None:
    service.delete_dag(caller.services, dag_id)


@router.post("/dags/{dag_id}/favorite", operation_id="favorite_dag", status_code=204)
def favorite_dag(dag_id: str, caller: CallerOf) -> Response:
    service.get_dag(caller.services, dag_id)
    caller.services.store.personal.add_favourite(caller.username, dag_id)
    return no_content()


@router.post("/dags/{dag_id}/unfavorite", operation_id="unfavorite_dag", status_code=204)
def unfavorite_dag(dag_id: str, caller: CallerOf) -> Response:
    service.get_dag(caller.services, dag_id)
    caller.services.store.personal.remove_favourite(caller.username, dag_id)
    return no_content()


@router.get("/dags/{dag_id}/tasks", operation_id="get_tasks")
def get_tasks(dag_id: str, caller: CallerOf, order_by: str = "task_id") -> models.Tasks:
    spec = service.get_dag(caller.services, dag_id).spec
    graph = Graph(spec)
    tasks = dag_lists.ordered_tasks(spec, order_by)
    return models.Tasks(tasks=[models.Task.of(task, graph) for task in tasks], total_entries=len(tasks))


@router.get("/dags/{dag_id}/tasks/{task_id}", operation_id="get_task")
def get_task(dag_id: str, task_id: str, caller: CallerOf) -> models.Task:
    spec = service.get_dag(caller.services, dag_id).spec
    check_task(spec, task_id)
    graph = Graph(spec)
    return models.Task.of(graph.task(task_id), graph)


@router.get("/dags/{dag_id}/dagVersions", operation_id="get_dag_versions")
def get_dag_versions(dag_id: str, caller: CallerOf, page: PageOfV2) -> models.DagVersions:
    service.get_dag(caller.services, dag_id)
    ids = [record.version_id for record in caller.services.store.dags.versions(dag_id)]
    chosen = ids[page.offset : page.offset + page.limit]
    known = caller.services.store.bars.versions(chosen)
    return models.DagVersions(dag_versions=[models.DagVersion.of(known[one]) for one in chosen], total_entries=len(ids))


@router.get("/dags/{dag_id}/dagVersions/{version_number}", operation_id="get_dag_version")
def get_dag_version(
    dag_id: str, version_number: Annotated[int, Path(ge=0, le=2**31 - 1)], caller: CallerOf
) -> models.DagVersion:
    return models.DagVersion.of(version_of(caller.services, dag_id, version_number))


@router.get(
    "/dagSources/{dag_id}",
    operation_id="get_dag_source",
    response_model=models.DagSource,
    responses={200: {"content": {PLAIN: {"schema": {"type": "string"}}}}},
)
def get_dag_source(
    dag_id: str,
    request: Request,
    caller: CallerOf,
    version_number: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> Response | models.DagSource:
    kind = accepted(request, JSON, PLAIN)
    version = version_of(caller.services, dag_id, version_number)
    source = caller.services.store.dags.source(version.source_digest) or ""
    if kind == PLAIN:
        return PlainTextResponse(source)
    return models.DagSource(
        content=source,
        dag_id=dag_id,
        version_number=version.number,
        dag_display_name=version.spec.display_name or dag_id,
    )
