"""Pools, with who takes their slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from tradewind.core.lists import Pattern
from tradewind.core.permissions import Resource
from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV2, UpdateMask, changes, no_content, order_by_v2, pattern
from tradewind.server.v2.bulk import BulkBody, BulkResponse, carry_out
from tradewind.server.v2.models.pools import PoolBody, PoolCollectionResponse, PoolPatchBody, PoolResponse
from tradewind.services import pools as service
from tradewind.services.bulk import Bulk
from tradewind.services.session import Services

router = APIRouter(prefix="/api/v2/pools", tags=["Pool"])

_NAMES: Final = {"id": "name", "pool": "name", "name": "name", "slots": "slots", "description": "description"}
_FIELDS: Final = ("slots", "description", "include_deferred", "team_name")


@router.get("", operation_id="get_pools")
def get_pools(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
    name: Annotated[tuple[Pattern, ...], Depends(pattern("pool_name_pattern", "pool_name_prefix_pattern"))],
) -> PoolCollectionResponse:
    found = service.pool_page(caller.services, page, order, name)
    return PoolCollectionResponse(pools=[PoolResponse.of(used) for used in found.items], total_entries=found.total)


@router.post("", operation_id="post_pool", status_code=201)
def post_pool(body: PoolBody, caller: CallerOf) -> PoolResponse:
    service.add_pool(caller.services, body.record())
    return PoolResponse.of(service.used_pool(caller.services, body.name))


@router.patch("", operation_id="bulk_pools")
def bulk_pools(body: BulkBody[PoolBody], caller: CallerOf) -> BulkResponse:
    return carry_out(_bulk(caller.services), body, caller, Resource.POOL)


@router.get("/{pool_name:path}", operation_id="get_pool")
def get_pool(pool_name: str, caller: CallerOf) -> PoolResponse:
    return PoolResponse.of(service.used_pool(caller.services, pool_name))


@router.patch("/{pool_name:path}", operation_id="patch_pool")
def patch_pool(pool_name: str, body: PoolPatchBody, caller: CallerOf, update_mask: UpdateMask = None) -> PoolResponse:
    wanted = changes(body, update_mask, ("pool", *_FIELDS))
    return PoolResponse.of(service.change_pool(caller.services, pool_name, _own(wanted)))


@router.delete("/{pool_name:path}", operation_id="delete_pool", status_code=204)
def delete_pool(pool_name: str, caller: CallerOf) -> Response:
    service.delete_pool(caller.services, pool_name)
    return no_content()


def _own(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a `PoolRecord`. None leaves a field as it is, and empties a description."""
    kept = {name: value for name, value in wanted.items() if value is not None and name != "team_name"}
    return kept | ({"description": wanted["description"] or ""} if "description" in wanted else {})


def _change(services: Services, body: PoolBody, mask: Sequence[str] | None) -> object:
    wanted = changes(body, list(mask) if mask else None, ("name", *_FIELDS))
    return service.change_pool(services, body.name, _own(wanted))


def _bulk(services: Services) -> Bulk[PoolBody]:
    return Bulk(
        what="pool",
        key_of=lambda body: body.name,
        existing=lambda: [pool.name for pool in service.list_pools(services)],
        add=lambda body: service.add_pool(services, body.record()),
        replace=lambda body: service.set_pool(services, body.record()),
        change=lambda body, mask: _change(services, body, mask),
        delete=lambda name: service.delete_pool(services, name),
    )
