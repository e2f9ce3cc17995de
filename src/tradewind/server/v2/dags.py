"""DAGs: lists, details, pausing, deleting, and the user's favourites."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.lists import Found, Pattern, Span
from tradewind.core.permissions import Action, Resource
from tradewind.core.records import DagRecord
from tradewind.core.states import RunState
from tradewind.server.access import CallerOf
from tradewind.server.conventions import (
    Orderings,
    PageOfV2,
    UpdateMask,
    changes,
    no_content,
    order_by_v2,
    pattern,
    span,
)
from tradewind.server.v2.bundle import BUNDLE
from tradewind.server.v2.models.dags import (
    DAGCollectionResponse,
    DAGDetailsResponse,
    DAGPatchBody,
    DAGResponse,
    Details,
    TagsMatchMode,
)
from tradewind.services import dag_lists
from tradewind.services.dag_lists import DagFilter
from tradewind.services.dags import delete_dag as delete_with_history
from tradewind.services.dags import get_dag as find_dag
from tradewind.services.dags import set_paused

router = APIRouter(prefix="/api/v2/dags", tags=["DAG"])

_NAMES: Final = {
    "dag_id": "dag_id",
    "dag_display_name": "display_name",
    "next_dagrun": "next_logical_date",
    "state": "last_run_state",
    "start_date": "last_run_start_date",
    "last_run_state": "last_run_state",
    "last_run_start_date": "last_run_start_date",
}
_FIELDS: Final = ("is_paused",)

Some = Annotated[list[str], Query(default_factory=list)]
Flag = bool | SkipJsonSchema[None]


def _collection(found: Found[DagRecord]) -> DAGCollectionResponse:
    return DAGCollectionResponse(dags=[DAGResponse.of(dag) for dag in found.items], total_entries=found.total)


@router.get("", operation_id="get_dags")
def get_dags(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "dag_id"))],
    dag_id: Annotated[tuple[Pattern, ...], Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    display_name: Annotated[
        tuple[Pattern, ...], Depends(pattern("dag_display_name_pattern", "dag_display_name_prefix_pattern"))
    ],
    started: Annotated[Span[datetime], Depends(span("dag_run_start_date"))],
    ended: Annotated[Span[datetime], Depends(span("dag_run_end_date"))],
    tags: Some,
    owners: Some,
    dag_run_state: Annotated[list[RunState], Query(default_factory=list)],
    timetable_type: Some,
    tags_match_mode: TagsMatchMode | SkipJsonSchema[None] = None,
    exclude_stale: bool = True,
    paused: Flag = None,
    has_import_errors: Flag = None,
    last_dag_run_state: RunState | SkipJsonSchema[None] = None,
    bundle_name: str | SkipJsonSchema[None] = None,
    bundle_version: str | SkipJsonSchema[None] = None,
    has_asset_schedule: Flag = None,
    asset_dependency: str | SkipJsonSchema[None] = None,
    is_favorite: Flag = None,
) -> DAGCollectionResponse:
    if bundle_name not in (None, BUNDLE) or bundle_version is not None or asset_dependency:
        return _collection(Found([], 0))
    states: Collection[RunState] = dag_run_state if last_dag_run_state is None else [last_dag_run_state]
    wanted = DagFilter(
        readable=caller.visible_dags,
        tags=tags,
        all_tags=tags_match_mode is TagsMatchMode.ALL,
        owners=owners,
        dag_id=dag_id,
        display_name=display_name,
        include_stale=not exclude_stale,
        paused=paused,
        has_import_error=has_import_errors,
        favourites_of=caller.username,
        is_favourite=is_favorite,
        timetable_kinds=timetable_type,
        has_asset_schedule=has_asset_schedule,
        last_run_states=states,
        last_run_start=started,
        last_run_end=ended,
    )
    return _collection(dag_lists.dag_page(caller.services, page, order, wanted))


@router.patch("", operation_id="patch_dags")
def patch_dags(
    body: DAGPatchBody,
    caller: CallerOf,
    page: PageOfV2,
    dag_id: Annotated[tuple[Pattern, ...], Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    tags: Some,
    owners: Some,
    update_mask: UpdateMask = None,
    tags_match_mode: TagsMatchMode | SkipJsonSchema[None] = None,
    exclude_stale: bool = True,
    paused: Flag = None,
) -> DAGCollectionResponse:
    changes(body, update_mask, _FIELDS)
    wanted = DagFilter(
        readable=caller.visible_dags,
        tags=tags,
        all_tags=tags_match_mode is TagsMatchMode.ALL,
        owners=owners,
        dag_id=dag_id,
        include_stale=not exclude_stale,
        paused=paused,
    )
    return _collection(
        dag_lists.pause_matching(
            caller.services, page, wanted, body.is_paused, lambda one: caller.may(Action.EDIT, Resource.DAG, one)
        )
    )


@router.get("/{dag_id}", operation_id="get_dag")
def get_dag(dag_id: str, caller: CallerOf) -> DAGResponse:
    return DAGResponse.of(find_dag(caller.services, dag_id))


@router.get("/{dag_id}/details", operation_id="get_dag_details")
def get_dag_details(dag_id: str, caller: CallerOf) -> DAGDetailsResponse:
    dag = find_dag(caller.services, dag_id)
    store = caller.services.store
    return DAGDetailsResponse.of_details(
        Details(
            dag,
            store.bars.versions([dag.version_id]).get(dag.version_id),
            dag_id in store.personal.favourites(caller.username),
            store.bars.unfinished_of(dag_id).get(RunState.RUNNING.value, 0),
        )
    )


@router.patch("/{dag_id}", operation_id="patch_dag")
def patch_dag(dag_id: str, body: DAGPatchBody, caller: CallerOf, update_mask: UpdateMask = None) -> DAGResponse:
    changes(body, update_mask, _FIELDS)
    find_dag(caller.services, dag_id)
    set_paused(caller.services, [dag_id], body.is_paused)
    return DAGResponse.of(find_dag(caller.services, dag_id))


@router.delete("/{dag_id}", operation_id="delete_dag", status_code=204)
def delete_dag(dag_id: str, caller: CallerOf) -> Response:
    delete_with_history(caller.services, dag_id)
    return no_content()


@router.post("/{dag_id}/favorite", operation_id="favorite_dag", status_code=204)
def favorite_dag(dag_id: str, caller: CallerOf) -> Response:
    dag_lists.favourite(caller.services, caller.username, dag_id, is_favourite=True)
    return no_content()


@router.post("/{dag_id}/unfavorite", operation_id="unfavorite_dag", status_code=204)
def unfavorite_dag(dag_id: str, caller: CallerOf) -> Response:
    dag_lists.favourite(caller.services, caller.username, dag_id, is_favourite=False)
    return no_content()
