"""Connections: address and credentials of an outside system, as a URI, as JSON or as fields."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tradewind.sdk.channel import channel, has_channel
from tradewind.sdk.exceptions import AirflowException, AirflowNotFoundException, InvalidArgument
from tradewind.sdk.masking import mask_secret
from tradewind.sdk.secrets_lookup import CONNECTION_PREFIX, connection_from_environment

if TYPE_CHECKING:
    from tradewind.core.messages import ConnectionInfo

EXTRA_KEY = "__extra__"
"""Query key of a URI that holds the whole extra as text, when it is not a flat mapping of text."""

_CONN_ID = re.compile(r"^[\w#!()\-.:/\\]{1,250}$")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*$")
_RENAMED_TYPES = {"postgresql": "postgres"}


def normal_type(conn_type: str) -> str:
    """`google-cloud-platform` and `postgresql` as connections call them: `google_cloud_platform`, `postgres`."""
    return _RENAMED_TYPES.get(conn_type, conn_type).replace("-", "_")


class Connection:
    """One connection. `extra` is JSON text (a mapping is accepted); `extra_dejson` is what it says."""

    EXTRA_KEY = EXTRA_KEY

    def __init__(
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: Any = None,
        uri: str | None = None,
        team_name: str | None = None,
    ) -> None:
        self.conn_id = conn_id.strip() if isinstance(conn_id, str) else conn_id
        self.description = description
        self.team_name = team_name
        if extra is not None and not isinstance(extra, str):
            extra = json.dumps(extra)
        if uri is not None:
            if any((conn_type, host, login, password, schema, port, extra)):
                raise AirflowException(f"Connection {conn_id!r}: give a uri, or the single fields, not both.")
            self._read_uri(uri)
        else:
            self.conn_type = normal_type(conn_type) if conn_type is not None else None
            self.host = host
            self.login = login
            self.password = password
            self.schema = schema
            self.port = int(port) if port else None
            self.extra: str | None = extra
        self._learn()

    def _learn(self) -> None:
        """Everything secret in it is hidden from now on."""
        if self.password:
            mask_secret(self.password)
        extra = self._extra_mapping()
        if extra:
            mask_secret(extra, "extra")

    # --- URI ------------------------------------------------------------------------------------------------------------------

    def _read_uri(self, uri: str) -> None:
        scheme, separator, rest = uri.partition("://")
        if not separator:
            raise AirflowException(
                f"Connection {self.conn_id!r}: its URI has no '://': write it like postgres://user:password@host:5432/database."
            )
        self.conn_type = normal_type(scheme.lower()) if _SCHEME.match(scheme.lower()) else ""
        protocol, inner, behind = rest.partition("://")
        # `http://https://host`: the second one is the protocol and stays part of the host.
        nested = bool(inner) and _SCHEME.match(protocol.rpartition("@")[2]) is not None and "/" not in protocol
        parts = urlsplit(f"{scheme.lower() if self.conn_type else 'x'}://{behind if nested else rest}")
        netloc = parts.netloc
        credentials, at, address = netloc.rpartition("@")
        if nested and "@" in protocol:
            credentials, at, protocol = protocol.rpartition("@")
        login, colon, password = credentials.partition(":")
        self.login = unquote(login) if at else None
        self.password = unquote(password) if colon and password else None
        host, port = _host_and_port(address, uri)
        self.host = f"{protocol}://{unquote(host)}" if nested else unquote(host)
        self.port = port
        path = parts.path
        self.schema = unquote(path[1:]) if path.startswith("/") else unquote(path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.extra = None
        if query:
            self.extra = query[EXTRA_KEY] if EXTRA_KEY in query else json.dumps(query)

    def get_uri(self) -> str:
        """The connection as a URI. Reading it gives the same connection again."""
        conn_type = (self.conn_type or "").lower().replace("_", "-")
        uri = f"{conn_type}://" if conn_type else "//"
        host = self.host or ""
        protocol = ""
        if "://" in host:
            protocol, _, host = host.partition("://")
            protocol += "://"
        authority = ""
        if self.login is not None:
            authority += quote(self.login, safe="")
        if self.password is not None:
            authority += f":{quote(self.password, safe='')}"
        if authority:
            authority += "@"
        elif self.login is not None and not host:
            authority = "@" if self.login else ""
        uri += authority + protocol + quote(host, safe="")
        if self.port:
            uri += f":{self.port}"
        path = quote(self.schema, safe="") if self.schema else ""
        if path:
            uri += f"/{path}"
        if self.extra:
            uri += ("" if path else "/") + "?" + self._extra_query(self.extra)
        return uri

    def _extra_query(self, extra: str) -> str:
        """As single keys when they say all of it, else as one text."""
        flat = self._extra_mapping()
        if flat and EXTRA_KEY not in flat and all(isinstance(value, str) for value in flat.values()):
            query = urlencode(flat)
            if dict(parse_qsl(query, keep_blank_values=True)) == flat:
                return query
        return urlencode({EXTRA_KEY: extra})

    # --- extra ----------------------------------------------------------------------------------------------------------------

    def _extra_mapping(self) -> dict[str, Any]:
        if not self.extra:
            return {}
        try:
            value = json.loads(self.extra)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """What `extra` says; empty (and logged) when it is not the JSON of a mapping."""
        return self.get_extra_dejson()

    def get_extra_dejson(self, nested: bool = False) -> dict[str, Any]:
        """Like `extra_dejson`; with `nested`, text inside that is JSON itself is read as well."""
        value = self._extra_mapping()
        if not value and self.extra and self.extra.strip() not in ("{}", "null"):
            logging.getLogger(__name__).error("The extra of connection %r is not the JSON of a mapping.", self.conn_id)
        if nested:
            for key, item in value.items():
                if isinstance(item, str):
                    try:
                        value[key] = json.loads(item)
                    except ValueError:
                        continue
        return value

    def get_extra(self) -> str | None:
        return self.extra

    def set_extra(self, value: Any) -> None:
        self.extra = value if isinstance(value, str) or value is None else json.dumps(value)
        self._learn()

    def get_password(self) -> str | None:
        return self.password

    def set_password(self, value: str | None) -> None:
        self.password = value
        self._learn()

    # --- JSON -----------------------------------------------------------------------------------------------------------------

    @classmethod
    def from_json(cls, value: str, conn_id: str | None = None) -> Connection:
        """A connection from a JSON mapping of its fields, or of `uri`. Raises InvalidArgument for unknown fields."""
        fields = json.loads(value)
        if not isinstance(fields, dict):
            raise InvalidArgument(f"Connection {conn_id!r}: its JSON must be a mapping, not {type(fields).__name__}.")
        fields = {("conn_type" if name == "type" else name): item for name, item in fields.items()}
        fields.pop("conn_id", None)
        known = {"conn_type", "description", "host", "login", "password", "schema", "port", "extra", "uri", "team_name"}
        unknown = sorted(fields.keys() - known)
        if unknown:
            raise InvalidArgument(
                f"Connection {conn_id!r}: its JSON has {', '.join(map(repr, unknown))}; known are {', '.join(sorted(known))}."
            )
        if fields.get("port") not in (None, "") and not isinstance(fields["port"], int):
            try:
                fields["port"] = int(fields["port"])
            except (TypeError, ValueError):
                raise InvalidArgument(f"Connection {conn_id!r}: port {fields['port']!r} is not a number.") from None
        return cls(conn_id=conn_id, **fields)

    @classmethod
    def from_text(cls, conn_id: str, text: str) -> Connection:
        """A connection from what an environment variable holds: JSON or a URI."""
        text = text.strip()
        return cls.from_json(text, conn_id) if text.startswith("{") else cls(conn_id=conn_id, uri=text)

    def as_json(self) -> str:
        return json.dumps({name: item for name, item in self.to_dict(prune_empty=True).items() if name != "conn_id"})

    def to_dict(self, *, prune_empty: bool = False, validate: bool = True) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "conn_id": self.conn_id,
            "conn_type": self.conn_type,
            "description": self.description,
            "host": self.host,
            "login": self.login,
            "password": self.password,
            "schema": self.schema,
            "port": self.port,
            "extra": self._extra_mapping() or self.extra,
        }
        return {name: item for name, item in fields.items() if item not in (None, "")} if prune_empty else fields

    # --- lookup ---------------------------------------------------------------------------------------------------------------

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """The connection of this name: from the environment (AIRFLOW_CONN_ID), else from the platform.

        Raises AirflowNotFoundException when there is none.
        """
        text = connection_from_environment(conn_id)
        if text is not None:
            return cls.from_text(conn_id, text)
        if has_channel():
            from tradewind.core.messages import ConnectionInfo, GetConnection

            answer = channel().ask(GetConnection(conn_id))
            if isinstance(answer, ConnectionInfo):
                return cls.from_info(answer)
        raise AirflowNotFoundException(
            f"The conn_id `{conn_id}` isn't defined: add it with `airflow connections add {conn_id} …`, or set "
            f"{CONNECTION_PREFIX}{conn_id.upper()} in the environment to its URI."
        )

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> Connection:
        return cls.get(conn_id)

    @classmethod
    def from_info(cls, info: ConnectionInfo) -> Connection:
        return cls(
            conn_id=info.conn_id,
            conn_type=info.conn_type,
            description=info.description,
            host=info.host,
            login=info.login,
            password=info.password,
            schema=info.schema,
            port=info.port,
            extra=info.extra,
        )

    def get_hook(self, *, hook_params: dict[str, Any] | None = None) -> Any:
        """The hook for this type of connection. Raises AirflowException when no installed package has one."""
        from tradewind.sdk.hook_registry import hook_for

        return hook_for(self, hook_params or {})

    def test_connection(self) -> tuple[bool, str]:
        """Whether the hook could connect, and what it said."""
        try:
            hook = self.get_hook()
            test = getattr(hook, "test_connection", None)
            return test() if callable(test) else (False, f"{type(hook).__name__} cannot test a connection.")
        except Exception as error:
            return False, str(error)

    @staticmethod
    def sanitize_conn_id(conn_id: str | None, max_length: int = 250) -> str | None:
        """`conn_id` when it may be one, else None."""
        return conn_id if isinstance(conn_id, str) and len(conn_id) <= max_length and _CONN_ID.match(conn_id) else None

    @staticmethod
    def _normalize_conn_type(conn_type: str) -> str:
        return normal_type(conn_type)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Connection) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.conn_id)

    def __str__(self) -> str:
        return self.conn_id or ""

    def __repr__(self) -> str:
        return f"Connection(conn_id={self.conn_id!r}, conn_type={self.conn_type!r}, host={self.host!r})"


def _host_and_port(address: str, uri: str) -> tuple[str, int | None]:
    """The two halves of `host:port`; an IPv6 address stands in brackets."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, colon, port = address.rpartition(":")
        if not colon:
            host, port = address, ""
    if not port:
        return host, None
    if not port.isdigit():
        raise AirflowException(f"A connection's URI has the port {port!r}, which is not a number.")
    return host, int(port)
