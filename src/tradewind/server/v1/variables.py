"""Variables, with their values, as Airflow 2 gives them to whoever may read variables."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV1, UpdateMask, changes, no_content, order_by_v1
from tradewind.server.v1.models.variables import Variable, VariableBody, VariableCollection, VariablePatch
from tradewind.services import variables as service
from tradewind.services.errors import Invalid, Unknown

router = APIRouter(prefix="/api/v1/variables", tags=["Variable"])

_KEYS: Final = {"id": "key", "key": "key", "description": "description", "is_encrypted": "is_encrypted"}
_FIELDS: Final = ("value", "description")


@router.get("", operation_id="get_variables")
def get_variables(
    caller: CallerOf, page: PageOfV1, order: Annotated[Orderings, Depends(order_by_v1(_KEYS, "id"))]
) -> VariableCollection:
    found = service.variable_page(caller.services, page, order)
    return VariableCollection(variables=[Variable.of(record) for record in found.items], total_entries=found.total)


@router.post("", operation_id="post_variables")
def post_variables(body: VariableBody, caller: CallerOf) -> Variable:
    service.set_variable(caller.services, body.key, body.value, description=body.description)
    return Variable.of(service.get_variable(caller.services, body.key))


@router.get("/{variable_key:path}", operation_id="get_variable")
def get_variable(variable_key: str, caller: CallerOf) -> Variable:
    return Variable.of(service.get_variable(caller.services, variable_key))


@router.patch("/{variable_key:path}", operation_id="patch_variable")
def patch_variable(
    variable_key: str, body: VariablePatch, caller: CallerOf, update_mask: UpdateMask = None
) -> Variable:
    if body.key is not None and body.key != variable_key:
        raise Invalid("Invalid post: the key of the body is not the key of the address, and a key cannot be changed.")
    wanted = changes(body, update_mask, (*_FIELDS, "key"))
    if wanted.get("value", "") is None:
        raise Invalid("A variable's value must be a text. Give one, or leave it out.")
    fields: dict[str, Any] = {name: wanted[name] for name in _FIELDS if name in wanted}
    return Variable.of(service.change_variable(caller.services, variable_key, fields))


@router.delete("/{variable_key:path}", operation_id="delete_variable", status_code=204)
def delete_variable(variable_key: str, caller: CallerOf) -> Response:
    if not service.delete_variable(caller.services, variable_key):
        raise Unknown("variable", variable_key)
    return no_content()
