"""From what an author writes to a timetable, and from a timetable to plain data and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any, Final

from dateutil.relativedelta import relativedelta

from tradewind.core.errors import TradewindError
from tradewind.core.spec import TimetableSpec
from tradewind.timetables.assets import TIME_TIMETABLES, AssetOrTimeSchedule, AssetTriggeredTimetable
from tradewind.timetables.base import Timetable, TimetableInvalid
from tradewind.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from tradewind.timetables.simple import ContinuousTimetable, NullTimetable, OnceTimetable
from tradewind.timetables.trigger import CronTriggerTimetable, DeltaTriggerTimetable

CUSTOM: Final = "custom"
"""Kind of a timetable that an author wrote."""

TIMETABLES: Final[Mapping[str, type[Timetable]]] = {
    **TIME_TIMETABLES,
    AssetTriggeredTimetable.kind: AssetTriggeredTimetable,
    AssetOrTimeSchedule.kind: AssetOrTimeSchedule,
}
"""The timetables that ship with the engine, by kind."""


class CustomTimetable(TradewindError):
    """A stored timetable whose class is an author's: only the DAG's own host may run it."""

    def __init__(self, classpath: str) -> None:
        super().__init__(
            f"timetable {classpath} is code of a DAG file or plugin, which never runs outside of the DAG's host. "
            "Ask the host for its next run."
        )
        self.classpath = classpath


def timetable_from_schedule(
    schedule: Any,
    *,
    timezone: str | int | tzinfo,
    dialect: int,
    cron_intervals: bool | None = None,
    delta_intervals: bool | None = None,
) -> Timetable:
    """The timetable that `schedule=` means.

    `schedule` is None, a cron expression or preset, a timedelta, a relativedelta, a condition on assets, or a
    timetable. A cron expression counts in `timezone` (the DAG's). In dialect 2 expressions and durations have data
    intervals, in dialect 3 they are ticks; `cron_intervals` and `delta_intervals` (`[scheduler]
    create_cron_data_intervals` and `create_delta_data_intervals`) overrule that when they are not None. Raises
    TimetableInvalid (CronError for an expression), and what the `validate` of an author's timetable raises.
    """
    timetable = _timetable(
        schedule,
        timezone,
        cron_intervals=dialect == 2 if cron_intervals is None else cron_intervals,
        delta_intervals=dialect == 2 if delta_intervals is None else delta_intervals,
    )
    timetable.validate()
    return timetable


def _timetable(
    schedule: Any, timezone: str | int | tzinfo, *, cron_intervals: bool, delta_intervals: bool
) -> Timetable:
    if schedule is None:
        return NullTimetable()
    if isinstance(schedule, Timetable):
        return schedule
    if schedule == "@once":
        return OnceTimetable()
    if schedule == "@continuous":
        return ContinuousTimetable()
    if isinstance(schedule, str):
        cron = CronDataIntervalTimetable if cron_intervals else CronTriggerTimetable
        return cron(schedule, timezone)
    if isinstance(schedule, (timedelta, relativedelta)):
        return DeltaDataIntervalTimetable(schedule) if delta_intervals else DeltaTriggerTimetable(schedule)
    if hasattr(schedule, "as_expression") or _are_assets(schedule):
        return AssetTriggeredTimetable(schedule)
    raise TimetableInvalid(
        f"schedule={schedule!r} ({type(schedule).__name__}) is not a schedule. Use a cron expression ('0 6 * * *'), a "
        "preset ('@daily'), a timedelta, a timetable, a list of assets, or None."
    )


def _are_assets(schedule: Any) -> bool:
    return (
        isinstance(schedule, (list, tuple)) and bool(schedule) and all(hasattr(it, "as_expression") for it in schedule)
    )


def to_spec(timetable: Timetable) -> TimetableSpec:
    """`timetable` as plain data. Classes that do not ship with the engine are `custom`, subclasses of ours too."""
    kind, data = timetable.kind, timetable.serialize()
    if TIMETABLES.get(kind) is not type(timetable):
        classpath = f"{type(timetable).__module__}.{type(timetable).__qualname__}"
        kind, data = CUSTOM, {"classpath": classpath, "data": data}
    elif isinstance(timetable, AssetOrTimeSchedule):
        inner = to_spec(timetable.timetable)
        data = {**data, "timetable": {"kind": inner.kind, "data": inner.data}}
        if inner.kind == CUSTOM:
            # The time half is the author's, so the whole must be asked of the host.
            kind, data = CUSTOM, {"classpath": inner.data["classpath"], "data": data}
    return TimetableSpec(
        kind=kind,
        data=data,
        summary=timetable.summary,
        description=timetable.description,
        can_be_scheduled=timetable.can_be_scheduled,
        active_runs_limit=timetable.active_runs_limit,
    )


def from_spec(spec: TimetableSpec) -> Timetable:
    """Inverse of `to_spec`. Raises CustomTimetable for an author's class, TimetableInvalid for an unknown kind."""
    if spec.kind == CUSTOM:
        raise CustomTimetable(str(spec.data.get("classpath", "of an unknown class")))
    known = TIMETABLES.get(spec.kind)
    if known is None:
        raise TimetableInvalid(
            f"stored timetable has the unknown kind {spec.kind!r}, probably from a newer version. "
            f"This version knows {', '.join(sorted(TIMETABLES))}. Upgrade, or load the DAG file again."
        )
    return known.deserialize(spec.data)
