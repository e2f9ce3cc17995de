from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tradewind.core.records import ConnectionRecord
from tradewind.server.bodies import Answer, Body, Port, Text
from tradewind.services.connection_uri import make_connection
from tradewind.services.connections import shown_extra

ConnectionId = Annotated[Text, Field(max_length=250, pattern=r"^[\w#!()\-.:/\\]+$")]
FIELDS = ("conn_type", "description", "host", "login", "schema", "port", "password", "extra")


class _Fields(Body):
    description: Text | None = None
    host: Text | None = None
    login: Text | None = None
    schema_: Text | None = Field(default=None, alias="schema")
    port: Port | None = None
    password: Text | None = None
    extra: Text | None = None


class ConnectionBody(_Fields):
    connection_id: ConnectionId
    conn_type: Annotated[Text, Field(min_length=1)]

    def record(self) -> ConnectionRecord:
        return make_connection(self.connection_id, **own_fields(self.model_dump()))


class ConnectionPatch(_Fields):
    connection_id: ConnectionId | None = None
    conn_type: Annotated[Text, Field(min_length=1)] | None = None


class ConnectionCollectionItem(Answer):
    connection_id: str
    conn_type: str
    description: str | None
    host: str | None
    login: str | None
    schema_: str | None = Field(alias="schema")
    port: int | None

    @classmethod
    def of(cls, record: ConnectionRecord) -> ConnectionCollectionItem:
        return cls(**_shown(record))


class Connection(ConnectionCollectionItem):
    extra: str | None
    """With `***` for what is secret by its name. The password is not part of an answer."""

    @classmethod
    def of(cls, record: ConnectionRecord) -> Connection:
        return cls(**_shown(record), extra=shown_extra(record))


class ConnectionCollection(Answer):
    connections: list[ConnectionCollectionItem]
    total_entries: int


class ConnectionTest(Answer):
    status: bool
    message: str


def own_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Of a dump of a body: the fields of a `ConnectionRecord` but its id."""
    named = {name.rstrip("_"): value for name, value in values.items()}
    return {name: named[name] for name in FIELDS if name in named}


def _shown(record: ConnectionRecord) -> dict[str, Any]:
    return {
        "connection_id": record.conn_id,
        "conn_type": record.conn_type,
        "description": record.description,
        "host": record.host,
        "login": record.login,
        "schema": record.schema,
        "port": record.port,
    }
