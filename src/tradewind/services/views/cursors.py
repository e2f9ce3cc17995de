"""Cursors: where a page of a list ended, as an opaque text."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Final

import msgspec

from tradewind.services.errors import Invalid
from tradewind.store.bars import Place

_LARGE: Final = 1 << 63
_STRANGE: Final = "The cursor is not one that this server gave. Leave it out to begin at the first page."


def to_cursor(values: Any) -> str:
    """`values`: plain JSON values and times."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def from_cursor(cursor: str, kind: type[Any] = list) -> Any:
    """Raises Invalid for a text that `to_cursor` did not make from a value of `kind`."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise Invalid(_STRANGE) from None


def key_of(cursor: str, kind: type[Any]) -> tuple[Any, ...]:
    """The values of a row that `to_cursor` wrote, as a tuple of `kind`, fit for a database. Raises Invalid."""
    values: tuple[Any, ...] = from_cursor(cursor, kind)
    for value in values:
        is_naive = isinstance(value, datetime) and value.tzinfo is None
        is_large = isinstance(value, int) and abs(value) >= _LARGE
        if is_naive or is_large or (isinstance(value, str) and "\0" in value):
            raise Invalid(_STRANGE)
    return values


def place_cursor(run_after: datetime, run_key: int) -> str:
    return to_cursor([run_after, run_key])


def place_of(cursor: str | None) -> Place | None:
    """The place that `place_cursor` wrote; None for no cursor. Raises Invalid."""
    return Place(*key_of(cursor, tuple[datetime, int])) if cursor else None
