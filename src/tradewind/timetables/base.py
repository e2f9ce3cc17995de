"""The base class of all timetables, and the values they exchange with the engine.

A timetable answers when a DAG runs next and which data a run works on. It has no state: all it knows comes with the
question, the time included (`TimeRestriction.now`). Authors write their own by subclassing `Timetable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, ClassVar, TypeVar

from pendulum import DateTime

from tradewind.core.errors import TradewindError
from tradewind.core.runs import DagRunInfo, DataInterval, TimeRestriction, as_utc

__all__ = ["DagRunInfo", "DataInterval", "TimeRestriction", "Timetable", "TimetableInvalid", "now_of"]

_Self = TypeVar("_Self", bound="Timetable")


class TimetableInvalid(TradewindError, ValueError):
    """A timetable that cannot work: its arguments contradict each other or mean nothing."""


class Timetable:
    """When a DAG runs. Subclass it, and override what differs from "never, and a manual run covers no data".

    Instances are values: equal when type and `serialize()` are equal, and never changed after construction.
    """

    description: str = ""
    """The schedule in English, empty when there is nothing to add to `summary`."""
    periodic: bool = True
    """False for schedules without a rhythm (`None`, `@once`, assets)."""
    can_be_scheduled: bool = True
    """False when no run ever starts by itself."""
    run_ordering: Sequence[str] = ("data_interval_end", "logical_date")
    """Columns of a run by which lists of runs are ordered, most important first."""
    active_runs_limit: int | None = None
    """What `max_active_runs` is for a DAG that does not say, and its upper bound; None: no opinion."""
    partitioned: bool = False

    kind: ClassVar[str] = "custom"
    """Name of this class in a stored DAG (`TimetableSpec.kind`)."""

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The run that follows the last automated one (None: there was none yet), or None when there is no further run.

        The answer may lie in the future. Manual runs are not automated runs.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say when a DAG runs. Override next_dagrun_info in that class."
        )

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The data interval of a run that somebody starts by hand at `run_after`."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say which data a manual run covers. "
            "Override infer_manual_data_interval in that class."
        )

    def serialize(self) -> dict[str, Any]:
        """This timetable's arguments as plain JSON data; `deserialize` is the inverse."""
        return {}

    @classmethod
    def deserialize(cls: type[_Self], data: dict[str, Any]) -> _Self:
        """A timetable equal to the one whose `serialize()` gave `data`."""
        return cls()

    def validate(self) -> None:
        """Raise TimetableInvalid when this timetable cannot work. Called once when the DAG file is loaded."""

    @property
    def summary(self) -> str:
        """What a table column shows."""
        return type(self).__name__

    @property
    def type_name(self) -> str:
        """Name to filter DAGs by: the class alone for timetables that ship with the engine, else with its module."""
        name = type(self).__qualname__
        return name if self.kind != "custom" else f"{type(self).__module__}.{name}"

    def generate_run_id(
        self,
        *,
        run_type: Any,
        data_interval: DataInterval | None = None,
        run_after: DateTime | None = None,
        logical_date: DateTime | None = None,
        **extra: Any,
    ) -> str:
        """The id of a run: its type and a date. Override it for run ids of your own.

        Airflow 3 passes `run_after`, Airflow 2 passes `logical_date`; the date that is there names the run, in its own
        zone, and `run_after` goes first when both are.
        """
        moment = run_after if run_after is not None else logical_date
        if moment is None:
            raise TypeError("generate_run_id needs run_after (Airflow 3) or logical_date (Airflow 2) to name the run.")
        return f"{getattr(run_type, 'value', run_type)}__{moment.isoformat()}"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.serialize() == other.serialize()

    def __hash__(self) -> int:
        return hash((type(self), repr(self.serialize())))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.serialize().items())
        return f"{type(self).__name__}({arguments})"


def now_of(restriction: TimeRestriction) -> DateTime:
    """The time that `restriction` counts as now.

    The engine always says it. Author code that calls a timetable by itself (a timetable built from another one, a unit
    test of a DAG) makes restrictions of Airflow's three fields; for that code, and only there, it is the wall clock.
    """
    now = getattr(restriction, "now", None)
    return as_utc(datetime.now(timezone.utc) if now is None else now)


def bounds_of(restriction: TimeRestriction) -> tuple[DateTime | None, DateTime | None]:
    """Start and end of `restriction` in UTC."""
    earliest, latest = restriction.earliest, restriction.latest
    return (
        None if earliest is None else as_utc(earliest),
        None if latest is None else as_utc(latest),
    )
