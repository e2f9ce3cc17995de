"""Column types: how values of the core lie in the two databases.

Times are aware in Python. In SQLite a time is an integer of microseconds since 1970 (UTC): exact, compact, and sorted by
its value. In PostgreSQL it is a timestamptz.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

E = TypeVar("E", bound=Enum)


def to_microseconds(value: datetime) -> int:
    """Microseconds since 1970. Raises ValueError for a time without a zone."""
    # Spelled out, because a subclass (pendulum) answers `-` with a type of its own.
    return datetime.__sub__(aware(value), EPOCH) // _MICROSECOND


def aware(value: datetime) -> datetime:
    """`value` itself. Raises ValueError for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone; the store takes aware times only")
    return value


def from_microseconds(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


class UtcTime(TypeDecorator[datetime]):
    """A point in time; aware in Python, UTC when read."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return aware(value) if dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return from_microseconds(value)


class EnumText(TypeDecorator[E], Generic[E]):
    """A member of a text enum, stored as its value."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members
        self.by_value = {member.value: member for member in members}
        # An enum's member and the same text hash differently, so both stand here.
        self.texts: dict[Any, str] = {key: m.value for m in members for key in (m, m.value)}

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        # A plain string is fine, but a state that does not exist must not reach the database.
        return self.texts[value]

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        return None if value is None else self.by_value[value]


def json_text(value: dict[str, Any] | None) -> str:
    return msgspec.json.encode(value).decode() if value else ""


def read_json(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else {}


class JsonObject(TypeDecorator[dict[str, Any]]):
    """A JSON object as text; an empty one takes no space."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str:
        return json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any]:
        return read_json(value)
