"""Points in time as DAG files handle them: aware, in pendulum's types, UTC unless said otherwise.

pendulum is imported on first use: it costs more than the rest of the SDK together, and a file that only defines
operators does not need it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, overload

from tradewind.configuration import conf

if TYPE_CHECKING:
    import pendulum

    utc: pendulum.Timezone
    TIMEZONE: pendulum.Timezone | pendulum.FixedTimezone


def __getattr__(name: str) -> Any:
    if name == "utc":
        import pendulum

        return pendulum.timezone("UTC")
    if name == "TIMEZONE":
        return default_timezone()
    if name == "pendulum":
        import pendulum

        return pendulum
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def default_timezone() -> Any:
    """The zone of `[core] default_timezone`: what naive times in a DAG file are read in."""
    return parse_timezone(str(conf.get("core", "default_timezone", fallback="utc") or "utc"))


def parse_timezone(name: str | int) -> Any:
    """A pendulum zone by name, or by offset in seconds; `system` is this machine's zone."""
    import pendulum

    # Typed loosely: to type checkers `pendulum.timezone` is the module of that name.
    zone: Any = pendulum.timezone
    if isinstance(name, int):
        return zone(name)
    if name.lower() == "system":
        return local_timezone()
    return zone("UTC" if name.lower() == "utc" else name)


def local_timezone() -> Any:
    """This machine's zone."""
    import pendulum

    system_zone: Any = pendulum.local_timezone
    return system_zone()


def is_localized(value: dt.datetime) -> bool:
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    return value.utcoffset() is None


def utcnow() -> Any:
    """Now, aware, UTC."""
    return convert_to_utc(dt.datetime.now(dt.timezone.utc))


def utc_epoch() -> Any:
    """1970-01-01, aware, UTC."""
    return convert_to_utc(dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc))


@overload
def convert_to_utc(value: None) -> None: ...
@overload
def convert_to_utc(value: dt.datetime) -> pendulum.DateTime: ...
def convert_to_utc(value: dt.datetime | None) -> pendulum.DateTime | None:
    """`value` in UTC; a naive one is read in the default zone."""
    if value is None:
        return None
    import pendulum

    if is_naive(value):
        value = make_aware(value)
    moment = value.astimezone(dt.timezone.utc)
    return pendulum.DateTime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        tzinfo=pendulum.UTC,
    )


def make_aware(value: dt.datetime | None, timezone: Any = None) -> Any:
    """`value` with the zone given (default: `[core] default_timezone`). Raises ValueError when it has one already."""
    import pendulum

    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    zone = timezone if timezone is not None else default_timezone()
    return pendulum.instance(value.replace(tzinfo=None), tz=zone)


def make_naive(value: dt.datetime, timezone: Any = None) -> dt.datetime:
    """The wall time of `value` in the zone given, without it. Raises ValueError when `value` is naive."""
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    zone = timezone if timezone is not None else default_timezone()
    local = value.astimezone(zone)
    return dt.datetime(
        local.year, local.month, local.day, local.hour, local.minute, local.second, local.microsecond, fold=local.fold
    )


def datetime(*args: Any, **kwargs: Any) -> Any:
    """Like `datetime.datetime(…)`, aware: in the default zone unless `tzinfo` is given."""
    value = dt.datetime(*args, **kwargs)
    return coerce_datetime(value)


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> Any:
    """A time from text; in the default zone when the text names none."""
    import pendulum

    return pendulum.instance(
        pendulum.parse(string, tz=timezone if timezone is not None else default_timezone(), strict=strict)  # type: ignore[arg-type]
    )


@overload
def coerce_datetime(value: None, tz: Any = None) -> None: ...
@overload
def coerce_datetime(value: dt.datetime, tz: Any = None) -> pendulum.DateTime: ...
def coerce_datetime(value: dt.datetime | None, tz: Any = None) -> pendulum.DateTime | None:
    """`value` as an aware pendulum time with its own zone; a naive one gets `tz` or the default zone."""
    if value is None:
        return None
    import pendulum

    if is_naive(value):
        return pendulum.instance(value, tz=tz if tz is not None else default_timezone())
    if isinstance(value, pendulum.DateTime):
        return value
    return pendulum.instance(value)


def from_timestamp(timestamp: float, tz: Any = "UTC") -> Any:
    """Seconds since 1970 as an aware time."""
    import pendulum

    return coerce_datetime(dt.datetime.fromtimestamp(timestamp, tz=dt.timezone.utc)).in_timezone(
        pendulum.timezone(tz) if isinstance(tz, str) else tz
    )


def td_format(duration: dt.timedelta | float | None) -> str | None:
    """`1h:2M:3s` for a duration (seconds when a number); None for nothing."""
    if not duration:
        return None
    seconds = duration.total_seconds() if isinstance(duration, dt.timedelta) else float(duration)
    if seconds < 1:
        return "<1s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    months, days = divmod(days, 30)
    years, months = divmod(months, 12)
    parts = [(years, "y"), (months, "mo"), (days, "d"), (hours, "h"), (minutes, "M"), (rest, "s")]
    return ":".join(f"{number}{unit}" for number, unit in parts if number)


def read_date(value: Any, *, what: str, tz: Any = None) -> Any:
    """A date argument of a DAG or task, as an aware pendulum time: datetime, date, or text such as `2025-01-01`.

    Naive values are read in `tz`, else in the default zone. Raises ValueError naming `what` when it is none of these.
    """
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return coerce_datetime(value, tz)
    if isinstance(value, dt.date):
        return coerce_datetime(dt.datetime(value.year, value.month, value.day), tz)
    if isinstance(value, str):
        try:
            return parse(value.strip(), timezone=tz)
        except ValueError as error:
            raise ValueError(
                f"{what}={value!r} is not a date: write it like '2025-01-31' or use a datetime."
            ) from error
    raise ValueError(f"{what} takes a datetime, a date or text like '2025-01-31', not {type(value).__name__}.")
