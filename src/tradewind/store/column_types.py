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
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone; the store takes aware times only")
    # Spelled out, because a subclass (pendulum) answers `-` with a type of its own.
    return datetime.__sub__(value, EPOCH) // _MICROSECOND


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
        if dialect.name != "postgresql":
            return to_microseconds(value)
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; the store takes aware times only")
        return value

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
        self._by_value = {member.value: member for member in members}

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        # Also checks a plain string: a state that does not exist must not reach the database.
        return str(self.members(value).value)

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        return None if value is None else self._by_value[value]


class JsonObject(TypeDecorator[dict[str, Any]]):
    """A JSON object as text; an empty one takes no space."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str:
        return msgspec.json.encode(value).decode() if value else ""

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any]:
        return msgspec.json.decode(value) if value else {}
