from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from tradewind.core.records import ConnectionRecord
from tradewind.sdk.masking import MASK
from tradewind.server.bodies import Answer, Body, Port, Team, Text
from tradewind.services.connection_uri import make_connection
from tradewind.services.connections import shown_extra

ConnectionId = Annotated[Text, Field(max_length=200, pattern=r"^[\w.-]+$")]


class ConnectionBody(Body):
    connection_id: ConnectionId
    conn_type: Annotated[Text, Field(min_length=1)]
    description: Text | None = None
    host: Text | None = None
    login: Text | None = None
    schema_: Text | None = Field(default=None, alias="schema")
    port: Port | None = None
    password: Text | None = None
    extra: Text | None = None
    team_name: Team | None = None
    """Accepted and not kept: there are no teams."""

    def record(self) -> ConnectionRecord:
        return make_connection(self.connection_id, **own_fields(self.model_dump()))


class ConnectionTestRequestBody(ConnectionBody):
    commit_on_success: bool = False
    executor: Text | None = None
    queue: Text | None = None


class ConnectionResponse(Answer):
    connection_id: str
    conn_type: str
    description: str | None
    host: str | None
    login: str | None
    schema_: str | None = Field(alias="schema")
    port: int | None
    password: str | None
    """`***` when there is one."""
    extra: str | None
    """With `***` for what is secret by its name."""
    team_name: str | None = None

    @classmethod
    def of(cls, record: ConnectionRecord) -> ConnectionResponse:
        return cls(
            connection_id=record.conn_id,
            conn_type=record.conn_type,
            description=record.description,
            host=record.host,
            login=record.login,
            schema=record.schema,
            port=record.port,
            password=MASK if record.password else None,
            extra=shown_extra(record),
        )


class ConnectionCollectionResponse(Answer):
    connections: list[ConnectionResponse]
    total_entries: int


class ConnectionTestResponse(Answer):
    status: bool
    message: str


class ConnectionTestQueuedResponse(Answer):
    token: str
    connection_id: str
    state: str


class AsyncConnectionTestResponse(Answer):
    """A test that was enqueued: `pending`, `running`, `success` or `failed`."""

    token: str
    connection_id: str
    state: str
    result_message: str | None
    created_at: datetime


FIELDS = ("conn_type", "description", "host", "login", "schema", "port", "password", "extra")


def own_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Of a dump of a body: the fields of a `ConnectionRecord` but its id."""
    named = {name.rstrip("_"): value for name, value in values.items()}
    return {name: named[name] for name in FIELDS if name in named}
