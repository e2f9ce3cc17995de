"""What is known about DAGs besides themselves: tags, numbers of runs, warnings, versions, sources, parsing again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.lists import Found, Pattern
from tradewind.server.access import CallerOf
from tradewind.server.bodies import MOST_INT
from tradewind.server.conventions import (
    JSON,
    PLAIN,
    Orderings,
    PageOfV2,
    accepted,
    or_any,
    order_by_v2,
    pattern,
)
from tradewind.server.v2.bundle import BUNDLE
from tradewind.server.v2.models.dag_versions import DAGVersionCollectionResponse, DagVersionResponse
from tradewind.server.v2.models.dags import (
    DAGSourceResponse,
    DagStatsCollectionResponse,
    DagStatsResponse,
    DagStatsStateResponse,
    DAGTagCollectionResponse,
    DAGWarningCollectionResponse,
    DAGWarningResponse,
    DagWarningType,
)
from tradewind.services import dag_lists
from tradewind.services.dag_sources import get_source
from tradewind.services.dag_versions import find_version, version_page
from tradewind.services.dag_warnings import warning_page
from tradewind.store.bars import Version

router = APIRouter(prefix="/api/v2")

VersionNumber = Annotated[int, Field(ge=0, le=MOST_INT)]


@router.get("/dagTags", operation_id="get_dag_tags", tags=["DAG"])
def get_dag_tags(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(("name",), "name"))],
    name: Annotated[tuple[Pattern, ...], Depends(pattern("tag_name_pattern", "tag_name_prefix_pattern"))],
) -> DAGTagCollectionResponse:
    descending = bool(order) and order[0].descending
    found = dag_lists.tag_page(caller.services, page, descending, name, caller.visible_dags)
    return DAGTagCollectionResponse(tags=found.items, total_entries=found.total)


@router.get("/dagStats", operation_id="get_dag_stats", tags=["DagStats"])
def get_dag_stats(
    caller: CallerOf, dag_ids: Annotated[list[str], Query(default_factory=list)]
) -> DagStatsCollectionResponse:
    wanted = frozenset(dag_ids) or None
    counts = dag_lists.run_counts(caller.services, wanted, caller.visible_dags)
    names = {dag.dag_id: dag.spec.display_name for dag in caller.services.store.dags.list(dag_ids=counts)}
    rows = [
        DagStatsResponse(
            dag_id=dag_id,
            dag_display_name=names.get(dag_id) or dag_id,
            stats=[DagStatsStateResponse(state=state, count=count) for state, count in of_dag.items()],
        )
        for dag_id, of_dag in counts.items()
    ]
    return DagStatsCollectionResponse(dags=rows, total_entries=len(rows))


@router.get("/dagWarnings", operation_id="list_dag_warnings", tags=["DagWarning"])
def list_dag_warnings(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(("dag_id", "warning_type", "message", "timestamp"), "dag_id"))],
    dag_id: str | SkipJsonSchema[None] = None,
    warning_type: DagWarningType | SkipJsonSchema[None] = None,
) -> DAGWarningCollectionResponse:
    kind = None if warning_type is None else warning_type.value
    found = warning_page(caller.services, page, order, caller.visible_dags, dag_id=dag_id, kind=kind)
    rows = [
        DAGWarningResponse(
            dag_id=each.dag_id,
            warning_type=DagWarningType(each.kind),
            message=each.message,
            timestamp=each.timestamp,
            dag_display_name=each.display_name,
        )
        for each in found.items
    ]
    return DAGWarningCollectionResponse(dag_warnings=rows, total_entries=found.total)


_VERSIONS: Final = {
    "id": "number",
    "version_number": "number",
    "bundle_name": "dag_id",
    "bundle_version": "dag_id",
}


@router.get("/dags/{dag_id}/dagVersions", operation_id="get_dag_versions", tags=["DagVersion"])
def get_dag_versions(
    dag_id: str,
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_VERSIONS, "id"))],
    version_number: VersionNumber | SkipJsonSchema[None] = None,
    bundle_name: str | SkipJsonSchema[None] = None,
    bundle_version: str | SkipJsonSchema[None] = None,
) -> DAGVersionCollectionResponse:
    found: Found[Version] = Found([], 0)
    if bundle_name in (None, BUNDLE) and bundle_version is None:
        found = version_page(
            caller.services, page, order, or_any(dag_id), number=version_number, readable=caller.visible_dags
        )
    return DAGVersionCollectionResponse(
        dag_versions=[DagVersionResponse.of(version) for version in found.items], total_entries=found.total
    )


@router.get("/dags/{dag_id}/dagVersions/{version_number}", operation_id="get_dag_version", tags=["DagVersion"])
def get_dag_version(dag_id: str, version_number: VersionNumber, caller: CallerOf) -> DagVersionResponse:
    return DagVersionResponse.of(find_version(caller.services, dag_id, version_number))


_SOURCE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string"}}}},
    406: {"description": "Not Acceptable"},
}


@router.get(
    "/dagSources/{dag_id}",
    operation_id="get_dag_source",
    tags=["DagSource"],
    response_model=DAGSourceResponse,
    responses=_SOURCE,
)
def get_dag_source(
    request: Request,
    dag_id: str,
    caller: CallerOf,
    version_number: VersionNumber | SkipJsonSchema[None] = None,
) -> Response:
    kind = accepted(request, JSON, PLAIN)
    found = get_source(caller.services, dag_id, version_number, caller.visible_dags)
    if kind == PLAIN:
        return Response(found.text, media_type=PLAIN)
    answer = DAGSourceResponse(
        content=found.text,
        dag_id=dag_id,
        version_number=found.version.number,
        dag_display_name=found.dag.spec.display_name or dag_id,
    )
    return Response(answer.model_dump_json(), media_type=JSON)
