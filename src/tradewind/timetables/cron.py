"""Cron arithmetic: what an expression means, and when it fires next in a time zone with daylight saving.

Two layers. `Cron` knows the wall clock only: it steps through naive local times. `CronTicks` puts that into a zone and
speaks UTC. croniter reads the expressions, so that what Airflow accepts is accepted here with the same meaning; the
stepping is ours, because a catch-up over years asks for thousands of ticks and croniter takes 50 to 250 µs for each.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final, NamedTuple

import pendulum
from croniter import croniter
from pendulum import DateTime

from tradewind.core.runs import as_utc
from tradewind.timetables.base import TimetableInvalid

PRESETS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
"""The presets that Airflow replaces by their expression. `@once` and `@continuous` are timetables of their own."""

_ALIASES: Final = {"@midnight": PRESETS["@daily"], "@annually": PRESETS["@yearly"]}

# Name, lowest and highest value, and how to write one, in the order of a line; the last two fields are optional.
_FIELDS: Final = (
    ("minute", 0, 59, "0 to 59"),
    ("hour", 0, 23, "0 to 23"),
    ("day-of-month", 1, 31, "1 to 31, or L for the last day"),
    ("month", 1, 12, "1 to 12, or jan to dec"),
    ("day-of-week", 0, 7, "0 to 7 (both are Sunday), sun to sat, 1#2 (the second Monday) or L5 (the last Friday)"),
    ("second", 0, 59, "0 to 59"),
    ("year", 1970, 2099, "1970 to 2099"),
)
_HASHED: Final = re.compile(r"(?i)(?:^|,)[hr](?:[(/,]|$)")
# An expression without a match in this many years counts as one that never fires (croniter's limit too). Leap years and
# weekdays repeat within 40 years even across 1900 or 2100, so this cuts off contradictions such as 31 February only.
_SEARCH_YEARS: Final = 50


class CronError(TimetableInvalid):
    """A cron expression that cannot be read. `expression` is the whole of it, `field` the name of the part at fault."""

    def __init__(self, message: str, *, expression: str, field: str | None = None) -> None:
        super().__init__(message)
        self.expression = expression
        self.field = field


# --- the wall clock ---------------------------------------------------------------------------------------------------


class Cron:
    """The naive local times at which an expression fires.

    Five fields (minute, hour, day of month, month, day of week), optionally a sixth (second) and a seventh (year). When
    both day fields are restricted, a day that matches either counts, as crontab(5) has it. Raises CronError.
    """

    __slots__ = ("_days", "_minutes", "_months", "_rule", "_seconds", "_years", "every_hour")

    def __init__(self, expression: str) -> None:
        fields = _read(expression)
        # The published types of croniter know neither stars nor letters in the lists.
        parsed: Any = croniter(" ".join(fields))
        expanded: list[list[Any]] = parsed.expanded
        hours = _values(expanded, 1)
        self._minutes = tuple(hour * 60 + minute for hour in hours for minute in _values(expanded, 0))
        """Minutes since midnight."""
        self._seconds = _values(expanded, 5) if len(expanded) > 5 else (0,)
        self._months = frozenset(_values(expanded, 3))
        self._years = frozenset(_values(expanded, 6)) if len(expanded) > 6 else None
        self._rule = _day_rule(parsed)
        self._days: dict[tuple[int, int], Sequence[int]] = {}
        self.every_hour: bool = expanded[1] == ["*"]
        """True when no hour is left out. Such a schedule goes by elapsed time through a change of the clock."""

    def after(self, moment: datetime) -> datetime | None:
        """The first match later than `moment`, or None when there is none."""
        year, month = moment.year, moment.month
        days = self._days_of(year, month)
        at = bisect_left(days, moment.day)
        if at < len(days) and days[at] == moment.day:
            minute = moment.hour * 60 + moment.minute
            i = bisect_left(self._minutes, minute)
            if i < len(self._minutes) and self._minutes[i] == minute:
                k = bisect_right(self._seconds, moment.second)
                if k < len(self._seconds):
                    return _at(year, month, moment.day, minute, self._seconds[k])
                i += 1
            if i < len(self._minutes):
                return _at(year, month, moment.day, self._minutes[i], self._seconds[0])
            at += 1
        while at >= len(days):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
            if year > moment.year + _SEARCH_YEARS:
                return None
            days, at = self._days_of(year, month), 0
        return _at(year, month, days[at], self._minutes[0], self._seconds[0])

    def before(self, moment: datetime) -> datetime | None:
        """The last match earlier than `moment`, or None when there is none."""
        year, month = moment.year, moment.month
        days = self._days_of(year, month)
        at = bisect_right(days, moment.day) - 1
        if at >= 0 and days[at] == moment.day:
            minute = moment.hour * 60 + moment.minute
            i = bisect_right(self._minutes, minute) - 1
            if i >= 0 and self._minutes[i] == minute:
                # Half a second past a match, that match is already earlier.
                find = bisect_right if moment.microsecond else bisect_left
                k = find(self._seconds, moment.second) - 1
                if k >= 0:
                    return _at(year, month, moment.day, minute, self._seconds[k])
                i -= 1
            if i >= 0:
                return _at(year, month, moment.day, self._minutes[i], self._seconds[-1])
            at -= 1
        while at < 0:
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
            if year < moment.year - _SEARCH_YEARS:
                return None
            days = self._days_of(year, month)
            at = len(days) - 1
        return _at(year, month, days[at], self._minutes[-1], self._seconds[-1])

    def _days_of(self, year: int, month: int) -> Sequence[int]:
        """The matching days of one month, ascending."""
        days = self._days.get((year, month))
        if days is None:
            days = self._days[year, month] = self._find_days(year, month)
        return days

    def _find_days(self, year: int, month: int) -> Sequence[int]:
        if month not in self._months or (self._years is not None and year not in self._years):
            return ()
        first_weekday, length = monthrange(year, month)
        rule = self._rule
        # Weekday of day d, with Sunday as 0: monthrange counts from Monday and from the first of the month.
        weekdays = ((day, (day + first_weekday) % 7) for day in range(1, length + 1))
        if rule.nth:
            return tuple(day for day, weekday in weekdays if _is_nth(day, rule.nth.get(weekday, frozenset()), length))
        if rule.nearest:
            return tuple(sorted({_nearest_workday(day, first_weekday, length) for day in rule.nearest}))
        return tuple(
            day
            for day, weekday in weekdays
            if day in rule.days or weekday in rule.weekdays or (rule.last and day == length)
        )


def _at(year: int, month: int, day: int, minute_of_day: int, second: int) -> datetime:
    return datetime(year, month, day, minute_of_day // 60, minute_of_day % 60, second)


@lru_cache(maxsize=512)
def cron(expression: str) -> Cron:
    """The `Cron` of an expression or preset; one instance for equal expressions. Raises CronError."""
    return Cron(expression)


def _values(expanded: list[list[Any]], index: int) -> tuple[int, ...]:
    """The sorted values of one field, a star written out."""
    _, low, high, _ = _FIELDS[index]
    values = expanded[index]
    return tuple(range(low, high + 1)) if "*" in values else tuple(sorted(values))


class _DayRule(NamedTuple):
    """Which days of a month match: one of `days`, of `weekdays`, or the `last`; but `nth` and `nearest` rule alone."""

    days: Set[int]
    weekdays: Set[int]
    """Sunday is 0."""
    last: bool
    nth: Mapping[int, Set[int | str]]
    """Weekday -> which ones in a month; `l` for the last. Days of the month do not count beside it, as in croniter."""
    nearest: Set[int]
    """Days whose nearest workday is meant. Weekdays do not count beside it, as in croniter."""


def _day_rule(parsed: Any) -> _DayRule:
    in_month, in_week = parsed.expanded[2], parsed.expanded[4]
    # One star in a list frees the whole field.
    days = frozenset(() if "*" in in_month else (day for day in in_month if day != "l"))
    weekdays = frozenset(() if "*" in in_week else in_week)
    if "*" in in_month and "*" in in_week:
        days = frozenset(range(1, 32))
    return _DayRule(
        days=days,
        weekdays=weekdays,
        last="l" in in_month and "*" not in in_month,
        nth=parsed.nth_weekday_of_month,
        nearest=getattr(parsed, "nearest_weekday", None) or frozenset(),  # Older croniter does not know W.
    )


def _is_nth(day: int, wanted: Set[int | str], length: int) -> bool:
    """Whether `day` is a wanted one of its weekday: the first of a month lies in the days 1 to 7."""
    return (day + 6) // 7 in wanted or ("l" in wanted and day + 7 > length)


def _nearest_workday(day: int, first_weekday: int, length: int) -> int:
    """The Monday to Friday closest to `day` (or to the last day, when the month is shorter) in the same month."""
    day = min(day, length)
    weekday = (day + first_weekday) % 7
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 0:
        return day + 1 if day < length else day - 2
    return day


# --- reading an expression --------------------------------------------------------------------------------------------


def _read(expression: str) -> list[str]:
    """The fields of a readable expression. Raises CronError, naming the field at fault."""
    source = PRESETS.get(expression) or _ALIASES.get(expression.strip().lower()) or expression
    fields = source.split()
    if source.lstrip().startswith("@"):
        raise CronError(
            f"unknown schedule preset {expression!r}. "
            f"Use a cron expression or one of @once, @continuous, {', '.join(PRESETS)}.",
            expression=expression,
        )
    if len(fields) not in (5, 6, 7):
        raise CronError(
            f"cron {expression!r} has {len(fields)} field{'s' * (len(fields) != 1)}, expected 5 (minute hour "
            "day-of-month month day-of-week), 6 (and second) or 7 (and year). '0 6 * * *' is daily at 06:00.",
            expression=expression,
        )
    for index, text in enumerate(fields):
        reason = _fault(index, text)
        if reason:
            name, _, _, allowed = _FIELDS[index]
            raise CronError(
                f"{name} field {text!r} {reason} in cron {expression!r}. Write {allowed}; "
                "lists (1,2), ranges (1-5), steps (*/2) and * are allowed too.",
                expression=expression,
                field=name,
            )
    return fields


def _fault(index: int, text: str) -> str:
    """What is wrong with one field, as the end of a sentence; empty when nothing is."""
    _, low, high, _ = _FIELDS[index]
    if _HASHED.search(text):
        # croniter would draw another time on every evaluation.
        return "asks for a hashed or random value, which would not stay the same from one evaluation to the next"
    alone = ["*"] * max(5, index + 1)
    alone[index] = text
    try:
        croniter(" ".join(alone))
    except ValueError:
        values = [int(part) for part in re.findall(r"(?<![/#\w])\d+", text)]
        if any(not low <= value <= high for value in values):
            return f"is out of range {low}-{high}"
        return "cannot be read"
    except KeyError:
        return "cannot be read"
    return ""


def describe_cron(expression: str) -> str:
    """The expression in English (`At 06:00, only on Monday`); empty for one with seconds or that has no words."""
    # Imported late: it takes 50 ms and only the process that loads a DAG file needs words.
    from cron_descriptor import (  # type: ignore[import-untyped]
        CasingTypeEnum,
        ExpressionDescriptor,
        FormatError,
    )

    fields = expression.split()
    if len(fields) != 5:
        return ""
    minute, hour, day, month, weekday = fields
    either = [expression]
    if day != "*" and weekday != "*":
        # A match of either day field is enough, which the library would describe as if both had to match.
        either = [f"{minute} {hour} {day} {month} *", f"{minute} {hour} * {month} {weekday}"]
    try:
        return " (or) ".join(
            ExpressionDescriptor(
                each, casing_type=CasingTypeEnum.Sentence, use_24hour_time_format=True
            ).get_full_description()
            for each in either
        )
    except FormatError:
        return ""


# --- in a time zone ---------------------------------------------------------------------------------------------------


def as_timezone(value: str | int | tzinfo) -> tzinfo:
    """A pendulum time zone from its name, its offset in seconds, or any named or fixed zone of another library.

    Raises TimetableInvalid.
    """
    if isinstance(value, (pendulum.Timezone, pendulum.FixedTimezone)):
        return value
    name = value if isinstance(value, (str, int)) else getattr(value, "key", None) or getattr(value, "zone", None)
    if name is None and isinstance(value, tzinfo):
        offset = value.utcoffset(None)
        name = None if offset is None else int(offset.total_seconds())
    if name is not None:
        try:
            return pendulum.timezone(name)
        except ValueError:
            pass
    raise TimetableInvalid(
        f"{value!r} is not a time zone. Use a name such as 'Europe/Amsterdam' or pendulum.timezone('Europe/Amsterdam')."
    )


def timezone_data(zone: tzinfo) -> str | int:
    """The plain form of a zone from `as_timezone`: its name, or its offset in seconds."""
    if isinstance(zone, pendulum.FixedTimezone):
        return int(zone.offset)
    return str(zone.name) if isinstance(zone, pendulum.Timezone) else str(zone)


class CronTicks:
    """The instants at which a cron expression fires in a zone. Takes and gives UTC.

    Where the clock is put forward, a time that does not exist fires as much later as the clock jumped. Where it is put
    back, a time that exists twice fires once, the second time. A schedule that leaves out no hour ignores the clock and
    fires at every tick, so it loses no hour in autumn.
    """

    __slots__ = ("_cron", "_utc", "expression", "zone")

    def __init__(self, expression: str, zone: str | int | tzinfo) -> None:
        self.expression = PRESETS.get(expression, expression)
        self.zone = as_timezone(zone)
        self._cron = cron(self.expression)
        self._utc = self.zone is pendulum.UTC

    def after(self, moment: DateTime) -> DateTime | None:
        """The first tick later than `moment`; None when there is none."""
        return _aware(self._after(_naive(moment)))

    def before(self, moment: DateTime) -> DateTime | None:
        """The last tick earlier than `moment`; None when there is none."""
        return _aware(self._before(_naive(moment)))

    def at_or_after(self, moment: DateTime) -> DateTime | None:
        """`moment` when it is a tick, else the first one later."""
        at = _naive(moment)
        later = self._after(at)
        if later is None:
            earlier = self._before(at)
            return moment if earlier is not None and self._after(earlier) == at else None
        return moment if self._before(later) == at else _aware(later)

    def at_or_before(self, moment: DateTime) -> DateTime | None:
        """`moment` when it is a tick, else the last one earlier."""
        at = _naive(moment)
        earlier = self._before(at)
        if earlier is None:
            later = self._after(at)
            return moment if later is not None and self._before(later) == at else None
        return moment if self._after(earlier) == at else _aware(earlier)

    # Below, all is UTC in naive datetimes of the standard library, whose arithmetic is ten times as fast as pendulum's.

    def _after(self, at: datetime) -> datetime | None:
        local = self._local(at)
        found = self._cron.after(local)
        if found is None:
            return None
        return at + (found - local) if self._cron.every_hour else self._instant(found)

    def _before(self, at: datetime) -> datetime | None:
        local = self._local(at)
        found = self._cron.before(local)
        if found is None:
            return None
        return at - (local - found) if self._cron.every_hour else self._instant(found)

    def _local(self, at: datetime) -> datetime:
        if self._utc:
            return at
        return self.zone.fromutc(at.replace(tzinfo=self.zone)).replace(tzinfo=None, fold=0)

    def _instant(self, local: datetime) -> datetime:
        if self._utc:
            return local
        # The offsets before and after a change of the clock; on any other day they are the same. The smaller one is the
        # later instant: after the gap in spring, the second pass in autumn.
        first, second = self.zone.utcoffset(local), self.zone.utcoffset(local.replace(fold=1))
        assert first is not None and second is not None  # Every zone of `as_timezone` knows its offsets.
        return local - min(first, second)


def _naive(moment: DateTime) -> datetime:
    at = as_utc(moment)
    return datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)


def _aware(at: datetime | None) -> DateTime | None:
    if at is None:
        return None
    return DateTime(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, pendulum.UTC)
