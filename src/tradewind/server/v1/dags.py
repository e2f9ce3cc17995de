"""DAGs: lists, details, pausing, deleting, their numbers of runs, their source."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.lists import Pattern
from tradewind.core.permissions import Action, Resource
from tradewind.server.access import CallerOf
from tradewind.server.conventions import (
    JSON,
    PLAIN,
    Orderings,
    PageOfV1,
    UpdateMask,
    accepted,
    changes,
    listed,
    no_content,
    order_by_v1,
)
from tradewind.server.errors import Forbidden
from tradewind.server.v1.models.dags import (
    DAG,
    DAGCollection,
    DAGDetail,
    DAGPatch,
    DAGSource,
    DagStatsCollection,
    DagStatsCollectionItem,
    DagStatsStateCollectionItem,
    DagWarning,
    DagWarningCollection,
)
from tradewind.services import dag_lists
from tradewind.services.dag_lists import DagFilter
from tradewind.services.dag_sources import source_of
from tradewind.services.dag_warnings import warning_page
from tradewind.services.dags import delete_dag as delete_with_history
from tradewind.services.dags import get_dag as find_dag
from tradewind.services.dags import set_paused

router = APIRouter(prefix="/api/v1", tags=["DAG"])

_FIELDS: Final = ("is_paused",)
_PLAIN_TEXT: Final = "plain/text"
"""What Airflow 2's document and client call text/plain."""

Fields = Annotated[
    list[str] | SkipJsonSchema[None], Query(description="Fields to give; without it, all. Answers keep their shape.")
]
Some = Annotated[list[str], Query(default_factory=list)]


@router.get("/dags", operation_id="get_dags")
def get_dags(
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(("dag_id",), "dag_id"))],
    tags: Some,
    only_active: bool = True,
    paused: bool | SkipJsonSchema[None] = None,
    dag_id_pattern: str | SkipJsonSchema[None] = None,
    fields: Fields = None,
) -> DAGCollection:
    wanted = DagFilter(
        readable=caller.visible_dags,
        tags=listed(tags),
        include_stale=not only_active,
        paused=paused,
        dag_id=_like(dag_id_pattern),
    )
    found = dag_lists.dag_page(caller.services, page, order, wanted)
    return DAGCollection(dags=[DAG.of(dag) for dag in found.items], total_entries=found.total)


def _like(text: str | None) -> tuple[Pattern, ...]:
    """Airflow 2 takes `|` literally."""
    if text is None or not text or text == "~":
        return ()
    return (Pattern((text,)),)


@router.patch("/dags", operation_id="patch_dags")
def patch_dags(
    body: DAGPatch,
    caller: CallerOf,
    page: PageOfV1,
    tags: Some,
    dag_id_pattern: str,
    update_mask: UpdateMask = None,
    only_active: bool = True,
) -> DAGCollection:
    changes(body, update_mask, _FIELDS)
    wanted = DagFilter(
        readable=caller.visible_dags, tags=listed(tags), include_stale=not only_active, dag_id=_like(dag_id_pattern)
    )
    found = dag_lists.pause_matching(
        caller.services, page, wanted, body.is_paused, lambda one: caller.may(Action.EDIT, Resource.DAG, one)
    )
    return DAGCollection(dags=[DAG.of(dag) for dag in found.items], total_entries=found.total)


@router.get("/dags/{dag_id}", operation_id="get_dag")
def get_dag(dag_id: str, caller: CallerOf, fields: Fields = None) -> DAG:
    return DAG.of(find_dag(caller.services, dag_id))


@router.get("/dags/{dag_id}/details", operation_id="get_dag_details")
def get_dag_details(dag_id: str, caller: CallerOf, fields: Fields = None) -> DAGDetail:
    return DAGDetail.of(find_dag(caller.services, dag_id))


@router.patch("/dags/{dag_id}", operation_id="patch_dag")
def patch_dag(dag_id: str, body: DAGPatch, caller: CallerOf, update_mask: UpdateMask = None) -> DAG:
    changes(body, update_mask, _FIELDS)
    find_dag(caller.services, dag_id)
    set_paused(caller.services, [dag_id], body.is_paused)
    return DAG.of(find_dag(caller.services, dag_id))


@router.delete("/dags/{dag_id}", operation_id="delete_dag", status_code=204)
def delete_dag(dag_id: str, caller: CallerOf) -> Response:
    delete_with_history(caller.services, dag_id)
    return no_content()


@router.get("/dagStats", operation_id="get_dag_stats")
def get_dag_stats(
    caller: CallerOf, dag_ids: Annotated[str, Query(description="Ids, with commas.")]
) -> DagStatsCollection:
    wanted = frozenset(listed([dag_ids]))
    counts = dag_lists.run_counts(caller.services, wanted, caller.visible_dags)
    rows = [
        DagStatsCollectionItem(
            dag_id=dag_id,
            stats=[DagStatsStateCollectionItem(state=state.value, count=count) for state, count in of_dag.items()],
        )
        for dag_id, of_dag in counts.items()
    ]
    return DagStatsCollection(dags=rows, total_entries=len(rows))


@router.get("/dagWarnings", operation_id="get_dag_warnings")
def get_dag_warnings(
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(("dag_id", "warning_type", "message", "timestamp"), "timestamp"))],
    dag_id: str | SkipJsonSchema[None] = None,
    warning_type: str | SkipJsonSchema[None] = None,
) -> DagWarningCollection:
    found = warning_page(caller.services, page, order, caller.visible_dags, dag_id=dag_id, kind=warning_type)
    return DagWarningCollection(
        dag_warnings=[
            DagWarning(dag_id=each.dag_id, warning_type=each.kind, message=each.message, timestamp=each.timestamp)
            for each in found.items
        ],
        total_entries=found.total,
    )


_SOURCE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string"}}, _PLAIN_TEXT: {"schema": {"type": "string"}}}},
    406: {"description": "Not Acceptable"},
}


@router.get("/dagSources/{file_token}", operation_id="get_dag_source", response_model=DAGSource, responses=_SOURCE)
def get_dag_source(request: Request, file_token: str, caller: CallerOf) -> Response:
    kind = accepted(request, JSON, PLAIN, _PLAIN_TEXT)
    dags = dag_lists.dags_of_token(caller.services, file_token)
    hidden = [dag.dag_id for dag in dags if not caller.may(Action.READ, Resource.DAG_CODE, dag.dag_id)]
    if hidden:
        raise Forbidden(f"The file has a DAG that user '{caller.username}' may not read, so its source is not shown.")
    source = source_of(caller.services, dags[0])
    if kind == JSON:
        return Response(DAGSource(content=source).model_dump_json(), media_type=JSON)
    return Response(source, media_type=kind)
