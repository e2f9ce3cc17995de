"""Cron arithmetic: what an expression means, and when it fires next in a time zone with daylight saving.

Two layers. `Cron` knows the wall clock only: it steps through naive local times. `CronTicks` puts that into a zone and
speaks UTC. croniter reads the expressions, so that what Airflow accepts is accepted here with the same meaning; the
stepping is ours, because a catch-up over years asks for thousands of ticks (about 3 µs instead of 50 to 250 each).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
from datetime import MAXYEAR, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import pendulum
from croniter import CroniterBadCronError, CroniterBadDateError, croniter
from pendulum import DateTime
from pendulum.tz.timezone import FixedTimezone, Timezone

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

# Name, lowest and highest value, and what may stand there, in the order of a crontab line (second and year are optional).
_FIELDS: Final = (
    ("minute", 0, 59, "0 to 59"),
    ("hour", 0, 23, "0 to 23"),
    ("day-of-month", 1, 31, "1 to 31, or L for the last day"),
    ("month", 1, 12, "1 to 12, or jan to dec"),
    ("day-of-week", 0, 7, "0 to 7 (0 and 7 are Sunday), sun to sat, 1#2 for the second Monday, or L5 for the last Friday"),
    ("second", 0, 59, "0 to 59"),
    ("year", 1970, 2099, "1970 to 2099"),
)
_HASHED: Final = re.compile(r"(?i)(^|,)[hr](\(|/|,|$)")
# A schedule without any tick in this many years counts as one that never fires (croniter's limit too). The calendar
# repeats within 28 years, so only contradictions such as 31 February are cut off.
_SEARCH_YEARS: Final = 50


class CronError(TimetableInvalid):
    """A cron expression that cannot be read. `expression` is the whole of it, `field` the name of the part at fault."""

    def __init__(self, message: str, *, expression: str, field: str | None = None) -> None:
        super().__init__(message)
        self.expression = expression
        self.field = field


# --- the wall clock ----------------------------------------------------------------------------------------------------


class Cron:
    """The naive local times at which an expression fires.

    Five fields (minute, hour, day of month, month, day of week), optionally a sixth (second) and a seventh (year). When
    both day fields are restricted, a day that matches either counts, as crontab(5) has it. Raises CronError.
    """

    __slots__ = ("_clock_times", "_day_expression", "_days", "_months", "_nowhere", "_times", "_years", "every_hour")

    def __init__(self, expression: str) -> None:
        parsed, source = _parse(expression)
        fields: list[Sequence[int | str]] = list(parsed.expanded)
        minutes, hours = _values(fields[0], 0, 59), _values(fields[1], 0, 23)
        seconds = _values(fields[5], 0, 59) if len(fields) > 5 else (0,)
        self._times = (hours, minutes, seconds)
        self._months = frozenset(_values(fields[3], 1, 12))
        self._years = _values(fields[6], 1970, 2099) if len(fields) > 6 else None
        self._day_expression = " ".join(["0 0", *source.split()[2:5]])
        self._clock_times = _plain_days(parsed)
        self._days: dict[tuple[int, int], tuple[int, ...]] = {}
        self._nowhere = False
        self.every_hour: bool = list(fields[1]) == ["*"]
        """True when no hour is left out: such a schedule runs on through a change of the clock."""
