"""Days (or hours) of a DAG: what ran, how it went, and what is planned."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradewind.services.dags import get_dag, next_runs
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.views.run_bars import stored_next
from tradewind.services.views.viewer import View

_MOST_PLANNED: Final = 800
_LONGEST: Final = timedelta(days=800)


def get_calendar(
    services: Services,
    dag_id: str,
    *,
    first: str | None = None,
    last: str | None = None,
    timezone: str | None = None,
    by: str = "day",
) -> View:
    """`shapes.CalendarPage` of the days `first` to `last` (both included), else of the last year and the next month.

    Raises Unknown for the DAG, Invalid for a date or zone that cannot be read.
    """
    dag = get_dag(services, dag_id)
    zone = _zone(timezone or dag.spec.timezone)
    now = services.now().astimezone(zone)
    start = (
        _day(first, zone) if first else (now - timedelta(days=365)).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    end = (_day(last, zone) if last else now + timedelta(days=31)) + timedelta(days=1)
    if end - start > _LONGEST:
        raise Invalid(f"A calendar shows at most {_LONGEST.days} days. Ask for fewer.")
    form = "%Y-%m-%d" if by == "day" else "%Y-%m-%dT%H"
    counts: dict[str, dict[str, int]] = {}
    kinds: dict[str, dict[str, int]] = {}
    lengths: dict[str, tuple[int, int]] = {}
    slot_s = _slot_s(zone, start, end)
    for slot in services.store.history.slots(dag_id, start, end, slot_s):
        day = datetime.fromtimestamp(slot.number * slot_s, zone).strftime(form)
        _add(counts, day, slot.state, slot.runs)
        _add(kinds, day, slot.run_type, slot.runs)
        ended, total_us = lengths.get(day, (0, 0))
        lengths[day] = ended + slot.ended, total_us + slot.total_us
    for moment in _planned(services, dag_id, end):
        _add(counts, moment.astimezone(zone).strftime(form), "planned")
    oldest = services.store.history.oldest(dag_id)
    return {
        "days": [
            {
                "date": day,
                "counts": counts[day],
                "by_type": kinds.get(day, {}),
                "duration_s": _mean_s(*lengths.get(day, (0, 0))),
            }
            for day in sorted(counts)
        ],
        "timezone": str(zone),
        "first": None if oldest is None else oldest.astimezone(zone).strftime("%Y-%m-%d"),
    }


def _planned(services: Services, dag_id: str, end: datetime) -> list[datetime]:
    """When the schedule makes runs until `end`, as many as a calendar can show."""
    dag = get_dag(services, dag_id)
    if dag.is_stale:
        return []
    try:
        runs = [run.run_after for run in next_runs(services, dag, _MOST_PLANNED, until=end)]
    except Invalid:
        stored = stored_next(dag)
        runs = [] if stored is None else [stored["run_after"]]
    return [run for run in runs if run < end]


def _add(table: dict[str, dict[str, int]], day: str, name: str, count: int = 1) -> None:
    row = table.setdefault(day, {})
    row[name] = row.get(name, 0) + count


def _mean_s(ended: int, total_us: int) -> float | None:
    return total_us / ended / 1e6 if ended else None


def _slot_s(zone: ZoneInfo, start: datetime, end: datetime) -> int:
    """The longest stretch at whose beginnings all days and hours of the zone begin: an hour, or in some a quarter."""
    days = range(0, (end - start).days + 1, 20)
    offsets = [(start + timedelta(days=day)).astimezone(zone).utcoffset() or timedelta() for day in days]
    return 3600 if all(offset % timedelta(hours=1) == timedelta() for offset in offsets) else 900


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"'{name}' is no time zone. Use a name such as Asia/Seoul.") from None


def _day(text: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        raise Invalid(f"'{text}' is no day. Write it as 2026-01-31.") from None
