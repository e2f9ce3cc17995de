"""Variables. A value that is secret by its key, or by a key within it, is never shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from tradewind.core.lists import Pattern
from tradewind.core.permissions import Resource
from tradewind.core.records import VariableRecord
from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV2, UpdateMask, changes, no_content, order_by_v2, pattern
from tradewind.server.v2.bulk import BulkBody, BulkResponse, carry_out
from tradewind.server.v2.models.variables import VariableBody, VariableCollectionResponse, VariableResponse
from tradewind.services import variables as service
from tradewind.services.bulk import Bulk
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services

router = APIRouter(prefix="/api/v2/variables", tags=["Variable"])

_KEYS: Final = {"key": "key", "id": "key", "description": "description", "is_encrypted": "is_encrypted"}
_FIELDS: Final = ("value", "description")
_IGNORED: Final = ("key", "team_name")
"""May stand in a mask, and change nothing."""


@router.get("", operation_id="get_variables")
def get_variables(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_KEYS, "id"))],
    key: Annotated[tuple[Pattern, ...], Depends(pattern("variable_key_pattern", "variable_key_prefix_pattern"))],
) -> VariableCollectionResponse:
    found = service.variable_page(caller.services, page, order, key)
    return VariableCollectionResponse(
        variables=[VariableResponse.of(record) for record in found.items], total_entries=found.total
    )


@router.post("", operation_id="post_variable", status_code=201)
def post_variable(body: VariableBody, caller: CallerOf) -> VariableResponse:
    service.add_variable(caller.services, body.key, body.value, description=body.description)
    return VariableResponse.of(service.get_variable(caller.services, body.key))


@router.patch("", operation_id="bulk_variables")
def bulk_variables(body: BulkBody[VariableBody], caller: CallerOf) -> BulkResponse:
    return carry_out(_bulk(caller.services), body, caller, Resource.VARIABLE)


@router.get("/{variable_key:path}", operation_id="get_variable")
def get_variable(variable_key: str, caller: CallerOf) -> VariableResponse:
    return VariableResponse.of(service.get_variable(caller.services, variable_key))


@router.patch("/{variable_key:path}", operation_id="patch_variable")
def patch_variable(
    variable_key: str, body: VariableBody, caller: CallerOf, update_mask: UpdateMask = None
) -> VariableResponse:
    if body.key != variable_key:
        raise Invalid("Invalid body, key from request body doesn't match uri parameter")
    return VariableResponse.of(_change(caller.services, body, update_mask))


@router.delete("/{variable_key:path}", operation_id="delete_variable", status_code=204)
def delete_variable(variable_key: str, caller: CallerOf) -> Response:
    if not service.delete_variable(caller.services, variable_key):
        raise Unknown("variable", variable_key)
    return no_content()


def _change(services: Services, body: VariableBody, mask: Sequence[str] | None) -> VariableRecord:
    wanted = changes(body, list(mask) if mask else None, (*_FIELDS, *_IGNORED))
    return service.change_variable(services, body.key, {name: wanted[name] for name in _FIELDS if name in wanted})


def _bulk(services: Services) -> Bulk[VariableBody]:
    return Bulk(
        what="variable",
        key_of=lambda body: body.key,
        existing=services.store.variables.keys,
        add=lambda body: service.add_variable(services, body.key, body.value, description=body.description),
        replace=lambda body: service.set_variable(services, body.key, body.value, description=body.description),
        change=lambda body, mask: _change(services, body, mask),
        delete=lambda key: service.delete_variable(services, key),
    )
