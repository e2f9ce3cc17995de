"""Connections. Passwords never leave, and an extra has `***` for what is secret in it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV1, UpdateMask, changes, no_content, order_by_v1
from tradewind.server.v1.models.connections import (
    FIELDS,
    Connection,
    ConnectionBody,
    ConnectionCollection,
    ConnectionCollectionItem,
    ConnectionPatch,
    ConnectionTest,
    own_fields,
)
from tradewind.services import connections as service
from tradewind.services.connection_tests import try_connection
from tradewind.services.errors import Invalid

router = APIRouter(prefix="/api/v1/connections", tags=["Connection"])

_NAMES: Final = {
    "id": "conn_id",
    "connection_id": "conn_id",
    **{name: name for name in ("conn_type", "description", "host", "login", "port", "schema")},
}


@router.get("", operation_id="get_connections")
def get_connections(
    caller: CallerOf, page: PageOfV1, order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "id"))]
) -> ConnectionCollection:
    found = service.connection_page(caller.services, page, order)
    return ConnectionCollection(
        connections=[ConnectionCollectionItem.of(record) for record in found.items], total_entries=found.total
    )


@router.post("", operation_id="post_connection")
def post_connection(body: ConnectionBody, caller: CallerOf) -> Connection:
    record = body.record()
    service.add_connection(caller.services, record)
    return Connection.of(record)


@router.post("/test", operation_id="test_connection")
def test_connection(body: ConnectionBody, caller: CallerOf) -> ConnectionTest:
    works, message = try_connection(caller.services, body.record())
    return ConnectionTest(status=works, message=message)


@router.get("/{connection_id}", operation_id="get_connection")
def get_connection(connection_id: str, caller: CallerOf) -> Connection:
    return Connection.of(service.get_connection(caller.services, connection_id))


@router.patch("/{connection_id}", operation_id="patch_connection")
def patch_connection(
    connection_id: str, body: ConnectionPatch, caller: CallerOf, update_mask: UpdateMask = None
) -> Connection:
    if body.connection_id is not None and body.connection_id != connection_id:
        raise Invalid("The connection_id cannot be updated. Leave it out, or make a connection with the new id.")
    wanted = own_fields(changes(body, update_mask, (*FIELDS, "connection_id")))
    return Connection.of(service.change_connection(caller.services, connection_id, wanted))


@router.delete("/{connection_id}", operation_id="delete_connection", status_code=204)
def delete_connection(connection_id: str, caller: CallerOf) -> Response:
    service.delete_connection(caller.services, connection_id)
    return no_content()
