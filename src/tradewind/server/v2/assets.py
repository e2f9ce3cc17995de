"""Assets and their aliases, as DAG files declare them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from tradewind.core.lists import Pattern
from tradewind.server.access import CallerOf
from tradewind.server.bodies import Id
from tradewind.server.conventions import Orderings, PageOfV2, order_by_v2, pattern
from tradewind.server.v2.models.assets import (
    AssetAliasCollectionResponse,
    AssetAliasResponse,
    AssetCollectionResponse,
    AssetResponse,
)
from tradewind.services import assets as service

router = APIRouter(prefix="/api/v2/assets", tags=["Asset"])

_NAMES: Final = ("id", "name", "uri", "created_at", "updated_at")
_ALIAS_NAMES: Final = ("id", "name", "group")


@router.get("", operation_id="get_assets")
def get_assets(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
    name: Annotated[tuple[Pattern, ...], Depends(pattern("name_pattern", "name_prefix_pattern"))],
    uri: Annotated[tuple[Pattern, ...], Depends(pattern("uri_pattern", "uri_prefix_pattern"))],
    dag_ids: Annotated[list[str], Query()] = [],  # noqa: B006  (FastAPI reads the default, nobody changes it)
    only_active: bool = True,
) -> AssetCollectionResponse:
    wanted = service.AssetFilter(name, uri, dag_ids, include_stale=not only_active)
    found = service.asset_page(caller.services, page, order, wanted, readable=caller.visible_dags)
    return AssetCollectionResponse(assets=[AssetResponse.of(asset) for asset in found.items], total_entries=found.total)


@router.get("/aliases", operation_id="get_asset_aliases")
def get_asset_aliases(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_ALIAS_NAMES, "id"))],
    name: Annotated[tuple[Pattern, ...], Depends(pattern("name_pattern", "name_prefix_pattern"))],
) -> AssetAliasCollectionResponse:
    found = service.alias_page(caller.services, page, order, name, readable=caller.visible_dags)
    return AssetAliasCollectionResponse(
        asset_aliases=[AssetAliasResponse.of(alias) for alias in found.items], total_entries=found.total
    )


@router.get("/aliases/{asset_alias_id}", operation_id="get_asset_alias")
def get_asset_alias(asset_alias_id: Id, caller: CallerOf) -> AssetAliasResponse:
    return AssetAliasResponse.of(service.get_alias(caller.services, asset_alias_id, readable=caller.visible_dags))


@router.get("/{asset_id}", operation_id="get_asset")
def get_asset(asset_id: Id, caller: CallerOf) -> AssetResponse:
    return AssetResponse.of(service.get_asset(caller.services, asset_id, readable=caller.visible_dags))
