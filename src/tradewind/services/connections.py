"""Connections: where and how tasks reach other systems."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import asdict, replace

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import ConnectionRecord, OutboxRecord
from tradewind.sdk.masking import MASK, MASKER
from tradewind.services.connection_uri import connection_from_json, make_connection
from tradewind.services.default_connections import DEFAULT_CONNECTIONS
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.masks import with_stored
from tradewind.services.session import Services


class Imported(NamedTuple):
    written: list[str]
    skipped: list[str]


def list_connections(services: Services, conn_id: str | None = None) -> list[ConnectionRecord]:
    """All connections by id, or the one with that id."""
    return services.store.connections.list(conn_id=conn_id)


def connection_page(
    services: Services, page: Page, order: Sequence[Ordering] = (), conn_id: Sequence[Pattern] = ()
) -> Found[ConnectionRecord]:
    """Some of the connections whose id matches all patterns; ordered by the fields that are not secret."""
    return services.store.connections.page(page, order, conn_id)


def get_connection(services: Services, conn_id: str) -> ConnectionRecord:
    """Raises Unknown."""
    found = services.store.connections.get(conn_id)
    if found is None:
        known = [record.conn_id for record in list_connections(services)]
        raise Unknown("connection", conn_id, known, hint="`airflow connections list` shows them.")
    return found


def add_connection(services: Services, record: ConnectionRecord) -> None:
    """Raises AlreadyExists (of the store), and Invalid for a connection without a type."""
    _check(record)
    services.store.connections.add(record, outbox=_told(services, "added", after=record))


def set_connection(services: Services, record: ConnectionRecord) -> None:
    """Write a connection, whether it exists or not."""
    _check(record)
    before = services.store.connections.get(record.conn_id)
    services.store.connections.set(record, outbox=_told(services, "set", before, record))


def change_connection(services: Services, conn_id: str, changes: Mapping[str, Any]) -> ConnectionRecord:
    """Change some fields of a connection; the connection as it is then.

    What was shown as `***` and comes back so stays as it is, in the password and within the extra. Raises Unknown, and
    Invalid as `make_connection`.
    """
    before = get_connection(services, conn_id)
    fields = {name: getattr(before, name) for name in before.__struct_fields__}
    after = make_connection(**{**fields, **changes, "conn_id": conn_id})
    after = with_stored_secrets(after, before)
    set_connection(services, after)
    return after


def with_stored_secrets(record: ConnectionRecord, stored: ConnectionRecord) -> ConnectionRecord:
    """`record` with the stored secrets in the place of `***`."""
    password = stored.password if record.password == MASK else record.password
    extra = None if record.extra is None else with_stored(record.extra, stored.extra)
    return replace(record, password=password, extra=extra)


def shown_extra(record: ConnectionRecord) -> str | None:
    """The extra with the values of what is secret by its name as `***`."""
    if record.extra is None:
        return None
    try:
        return json.dumps(MASKER.redact(json.loads(record.extra)))
    except ValueError:
        return MASK


def create_default_connections(services: Services) -> list[str]:
    """Write those of Airflow's default connections that are not there; the ids that are new."""
    existing = {record.conn_id for record in list_connections(services)}
    missing = [record for record in DEFAULT_CONNECTIONS if record.conn_id not in existing]
    for record in missing:
        set_connection(services, record)
    return [record.conn_id for record in missing]


def delete_connection(services: Services, conn_id: str) -> None:
    """Raises Unknown."""
    before = get_connection(services, conn_id)
    services.store.connections.delete(conn_id, outbox=_told(services, "deleted", before))


def import_connections(services: Services, values: Mapping[str, Any], *, overwrite: bool = False) -> Imported:
    """Write many connections, each a URI or an object of fields. Existing ones are skipped unless `overwrite`.

    All of them are read before the first is written, so that a mistake in one leaves the store as it was.
    """
    records = [connection_from_json(conn_id, value) for conn_id, value in values.items()]
    for record in records:
        _check(record)
    existing = {record.conn_id for record in list_connections(services)}
    skipped = [record.conn_id for record in records if record.conn_id in existing and not overwrite]
    written = [record for record in records if record.conn_id not in skipped]
    for record in written:
        set_connection(services, record)
    return Imported([record.conn_id for record in written], skipped)


def _check(record: ConnectionRecord) -> None:
    if not record.conn_id:
        raise Invalid("A connection needs an id. Give it one.")
    if not record.conn_type:
        raise Invalid(f"Connection '{record.conn_id}' has no type. Give it one, such as http or postgres.")


def _told(
    services: Services, why: str, before: ConnectionRecord | None = None, after: ConnectionRecord | None = None
) -> list[OutboxRecord]:
    """For live views, and for the audit log, which has `***` for what is secret."""
    named = after or before
    assert named is not None
    return [
        services.note("connection", why, detail={"conn_id": named.conn_id}),
        services.audit(
            f"connection.{_DONE[why]}",
            before=None if before is None else _shown(before),
            after=None if after is None else _shown(after),
        ),
    ]


def _shown(record: ConnectionRecord) -> dict[str, Any]:
    return asdict(replace(record, password=MASK if record.password else None, extra=shown_extra(record)))


_DONE: Final = {"set": "set", "added": "add", "deleted": "delete"}
