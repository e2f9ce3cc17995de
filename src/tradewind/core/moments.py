"""Points in time as plain `datetime`s.

Users and timetables work with pendulum's subclass, which neither msgspec encodes nor the standard library's time zones
agree with in arithmetic. At the borders of the core a moment is a `datetime` itself, in UTC.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any


def plain_utc(moment: datetime) -> datetime:
    """The same moment as a `datetime` (not a subclass) in UTC. `moment` must be aware."""
    utc = moment.astimezone(timezone.utc)
    return datetime(
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=timezone.utc
    )


def encode_moment(value: Any) -> Any:
    """An `enc_hook` for msgspec: subclasses of `datetime` become plain. Raises NotImplementedError for anything else."""
    if isinstance(value, datetime):
        return plain_utc(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be encoded")
