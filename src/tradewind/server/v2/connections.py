"""Connections. Passwords never leave: an answer has `***` for one, and `***` that comes back changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Response

from tradewind.core.lists import Pattern
from tradewind.core.permissions import Action, Resource
from tradewind.core.records import ConnectionRecord
from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV2, UpdateMask, changes, no_content, order_by_v2, pattern
from tradewind.server.errors import Forbidden
from tradewind.server.v2.bulk import BulkBody, BulkResponse, carry_out
from tradewind.server.v2.models.connections import (
    FIELDS,
    AsyncConnectionTestResponse,
    ConnectionBody,
    ConnectionCollectionResponse,
    ConnectionResponse,
    ConnectionTestQueuedResponse,
    ConnectionTestRequestBody,
    ConnectionTestResponse,
    own_fields,
)
from tradewind.services import connections as service
from tradewind.services.bulk import Bulk
from tradewind.services.connection_tests import QUEUED_TESTS, check_enabled, connection_to_test, try_connection
from tradewind.services.errors import Invalid
from tradewind.services.session import Services

router = APIRouter(prefix="/api/v2/connections", tags=["Connection"])

LOCAL_EXECUTOR: Final = "LocalExecutor"
_NAMES: Final = {
    "id": "conn_id",
    "conn_id": "conn_id",
    "connection_id": "conn_id",
    **{name: name for name in ("conn_type", "description", "host", "login", "port", "schema")},
}
_MASKABLE: Final = (*FIELDS, "connection_id", "team_name")


@router.get("", operation_id="get_connections")
def get_connections(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
    conn_id: Annotated[tuple[Pattern, ...], Depends(pattern("connection_id_pattern", "connection_id_prefix_pattern"))],
) -> ConnectionCollectionResponse:
    found = service.connection_page(caller.services, page, order, conn_id)
    return ConnectionCollectionResponse(
        connections=[ConnectionResponse.of(record) for record in found.items], total_entries=found.total
    )


@router.post("", operation_id="post_connection", status_code=201)
def post_connection(body: ConnectionBody, caller: CallerOf) -> ConnectionResponse:
    record = body.record()
    service.add_connection(caller.services, record)
    return ConnectionResponse.of(record)


@router.patch("", operation_id="bulk_connections")
def bulk_connections(body: BulkBody[ConnectionBody], caller: CallerOf) -> BulkResponse:
    return carry_out(_bulk(caller.services), body, caller, Resource.CONNECTION)


@router.post("/defaults", operation_id="create_default_connections", status_code=204)
def create_default_connections(caller: CallerOf) -> Response:
    service.create_default_connections(caller.services)
    return no_content()


@router.post("/test", operation_id="test_connection")
def test_connection(body: ConnectionBody, caller: CallerOf) -> ConnectionTestResponse:
    check_enabled(caller.services)
    record = connection_to_test(
        caller.services,
        body.record(),
        own_fields(body.model_dump(exclude_unset=True)),
        may_read=caller.may(Action.READ, Resource.CONNECTION),
    )
    works, message = try_connection(caller.services, record)
    return ConnectionTestResponse(status=works, message=message)


@router.post("/enqueue-test", operation_id="enqueue_connection_test", status_code=202)
def enqueue_connection_test(body: ConnectionTestRequestBody, caller: CallerOf) -> ConnectionTestQueuedResponse:
    if body.commit_on_success and not caller.may(Action.EDIT, Resource.CONNECTION):
        raise Forbidden(f"User '{caller.username}' may not write connections. Test without commit_on_success.")
    if body.executor not in (None, LOCAL_EXECUTOR):
        raise Invalid(f"There is no executor '{body.executor}'. Leave it out, or give {LOCAL_EXECUTOR}.")
    test = QUEUED_TESTS.enqueue(caller.services, body.record(), commit=body.commit_on_success)
    return ConnectionTestQueuedResponse(token=test.token, connection_id=test.connection_id, state=test.state)


@router.get("/enqueue-test", operation_id="get_connection_test")
def get_connection_test(
    token: Annotated[str, Header(alias="Airflow-Connection-Test-Token")],
) -> AsyncConnectionTestResponse:
    test = QUEUED_TESTS.get(token)
    return AsyncConnectionTestResponse(
        token=test.token,
        connection_id=test.connection_id,
        state=test.state,
        result_message=test.message,
        created_at=test.created_at,
    )


@router.get("/{connection_id}", operation_id="get_connection")
def get_connection(connection_id: str, caller: CallerOf) -> ConnectionResponse:
    return ConnectionResponse.of(service.get_connection(caller.services, connection_id))


@router.patch("/{connection_id}", operation_id="patch_connection")
def patch_connection(
    connection_id: str, body: ConnectionBody, caller: CallerOf, update_mask: UpdateMask = None
) -> ConnectionResponse:
    if body.connection_id != connection_id:
        raise Invalid("The connection_id in the request body does not match the URL parameter")
    return ConnectionResponse.of(_change(caller.services, body, update_mask))


@router.delete("/{connection_id}", operation_id="delete_connection", status_code=204)
def delete_connection(connection_id: str, caller: CallerOf) -> Response:
    service.delete_connection(caller.services, connection_id)
    return no_content()


def _change(services: Services, body: ConnectionBody, mask: Sequence[str] | None) -> ConnectionRecord:
    wanted = changes(body, list(mask) if mask else None, _MASKABLE)
    return service.change_connection(services, body.connection_id, own_fields(wanted))


def _bulk(services: Services) -> Bulk[ConnectionBody]:
    return Bulk(
        what="connection",
        key_of=lambda body: body.connection_id,
        existing=lambda: [record.conn_id for record in service.list_connections(services)],
        add=lambda body: service.add_connection(services, body.record()),
        replace=lambda body: service.set_connection(services, body.record()),
        change=lambda body, mask: _change(services, body, mask),
        delete=lambda conn_id: service.delete_connection(services, conn_id),
    )
