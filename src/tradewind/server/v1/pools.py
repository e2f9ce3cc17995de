"""Pools, with who takes their slots."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV1, UpdateMask, changes, no_content, order_by_v1
from tradewind.server.v1.models.pools import Pool, PoolBody, PoolCollection, PoolPatch
from tradewind.services import pools as service

router = APIRouter(prefix="/api/v1/pools", tags=["Pool"])

_NAMES: Final = {"id": "name", "name": "name", "slots": "slots", "description": "description"}
_FIELDS: Final = ("name", "slots", "description", "include_deferred")


@router.get("", operation_id="get_pools")
def get_pools(
    caller: CallerOf, page: PageOfV1, order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "id"))]
) -> PoolCollection:
    found = service.pool_page(caller.services, page, order)
    return PoolCollection(pools=[Pool.of(used) for used in found.items], total_entries=found.total)


@router.post("", operation_id="post_pool")
def post_pool(body: PoolBody, caller: CallerOf) -> Pool:
    service.add_pool(caller.services, body.record())
    return Pool.of(service.used_pool(caller.services, body.name))


@router.get("/{pool_name:path}", operation_id="get_pool")
def get_pool(pool_name: str, caller: CallerOf) -> Pool:
    return Pool.of(service.used_pool(caller.services, pool_name))


@router.patch("/{pool_name:path}", operation_id="patch_pool")
def patch_pool(pool_name: str, body: PoolPatch, caller: CallerOf, update_mask: UpdateMask = None) -> Pool:
    wanted = changes(body, update_mask, _FIELDS)
    # None leaves a field as it is, and empties a description.
    fields = {name: value for name, value in wanted.items() if value is not None}
    if "description" in wanted:
        fields["description"] = wanted["description"] or ""
    return Pool.of(service.change_pool(caller.services, pool_name, fields))


@router.delete("/{pool_name:path}", operation_id="delete_pool", status_code=204)
def delete_pool(pool_name: str, caller: CallerOf) -> Response:
    service.delete_pool(caller.services, pool_name)
    return no_content()
