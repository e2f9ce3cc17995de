"""Connections as URIs and as JSON objects, in Airflow's forms.

postgresql://login:password@host:5432/schema?sslmode=require
http://login@host/?__extra__={"nested": {"json": true}}        (percent-encoded)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tradewind.core.records import ConnectionRecord
from tradewind.services.errors import Invalid

_EXTRA: Final = "__extra__"
_FIELDS: Final = ("conn_type", "description", "host", "schema", "login", "password", "port", "extra")


def connection_from_uri(conn_id: str, uri: str) -> ConnectionRecord:
    """Raises Invalid for a text that is no URI. The message never repeats the URI, which may hold a password."""
    scheme, found, rest = uri.partition("://")
    if not found:
        raise Invalid(
            f"The URI of connection '{conn_id}' has no type. Write it as type://login:password@host:port/schema."
        )
    # `http://https://host` says with which protocol the host is reached; urlsplit knows nothing of that.
    protocol, nested, inner = rest.partition("://")
    if nested and "/" not in protocol and "?" not in protocol and "@" not in protocol:
        rest = inner
    else:
        protocol = ""
    try:
        parts = urlsplit(f"x://{rest}")
        port = parts.port
    except ValueError as error:
        raise Invalid(
            f"The URI of connection '{conn_id}' cannot be read: {error}. Percent-encode special characters."
        ) from error
    host = parts.netloc.rpartition("@")[2]
    host = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    host = unquote(host)
    return ConnectionRecord(
        conn_id=conn_id,
        conn_type=_type_of(scheme),
        host=(f"{protocol}://{host}" if protocol else host) or None,
        login=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        port=port,
        schema=unquote(parts.path[1:]) or None,
        extra=_extra_of(parts.query),
    )


def uri_of(record: ConnectionRecord) -> str:
    """The URI that `connection_from_uri` reads back, with the password."""
    uri = f"{record.conn_type.lower().replace('_', '-')}://" if record.conn_type else "://"
    host = record.host or ""
    protocol, nested, bare = host.partition("://")
    if nested:
        uri, host = f"{uri}{protocol}://", bare
    if record.login is not None or record.password is not None:
        uri += quote(record.login or "", safe="")
        if record.password is not None:
            uri += ":" + quote(record.password, safe="")
        uri += "@"
    uri += quote(host, safe="[]:")
    if record.port is not None:
        uri += f":{record.port}"
    if record.schema:
        uri += "/" + quote(record.schema, safe="")
    query = _query_of(record.extra)
    if query:
        uri += ("?" if record.schema else "/?") + query
    return uri


def connection_from_json(conn_id: str, value: Mapping[str, Any] | str) -> ConnectionRecord:
    """A connection from an object of its fields, or from a URI. Raises Invalid for unknown fields."""
    if isinstance(value, str):
        return connection_from_uri(conn_id, value)
    known = {**value}
    known.pop("conn_id", None)
    known.pop("id", None)
    unknown = sorted(set(known) - set(_FIELDS))
    if unknown:
        raise Invalid(f"Connection '{conn_id}' has no field '{unknown[0]}'. There are: {', '.join(_FIELDS)}.")
    return make_connection(conn_id, **known)


def make_connection(
    conn_id: str,
    *,
    conn_type: str | None = None,
    description: str | None = None,
    host: str | None = None,
    schema: str | None = None,
    login: str | None = None,
    password: str | None = None,
    port: int | str | None = None,
    extra: Any = None,
) -> ConnectionRecord:
    """A connection from its fields. Raises Invalid for a port that is no number and an extra that is no JSON object."""
    try:
        number = int(port) if port not in (None, "") else None
    except (TypeError, ValueError):
        raise Invalid(f"The port of connection '{conn_id}' must be a number, not {port!r}.") from None
    if extra is not None and not isinstance(extra, str):
        extra = json.dumps(extra)
    if extra:
        try:
            readable = isinstance(json.loads(extra), dict)
        except ValueError:
            readable = False
        if not readable:
            raise Invalid(
                f"The extra of connection '{conn_id}' must be a JSON object such as '{{\"key\": \"value\"}}'."
            )
    return ConnectionRecord(
        conn_id=conn_id,
        conn_type=conn_type or "",
        description=description,
        host=host,
        schema=schema,
        login=login,
        password=password,
        port=number,
        extra=extra or None,
    )


def extra_of(record: ConnectionRecord) -> dict[str, Any]:
    """The extra as an object; empty when there is none or it cannot be read."""
    try:
        found = json.loads(record.extra) if record.extra else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _type_of(scheme: str) -> str:
    name = scheme.replace("-", "_")
    return "postgres" if name == "postgresql" else name


def _extra_of(query: str) -> str | None:
    pairs = dict(parse_qsl(query, keep_blank_values=True))
    if not pairs:
        return None
    return pairs[_EXTRA] if _EXTRA in pairs else json.dumps(pairs)


def _query_of(extra: str | None) -> str:
    if not extra:
        return ""
    try:
        found = json.loads(extra)
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return urlencode(found)
    return urlencode({_EXTRA: extra})
