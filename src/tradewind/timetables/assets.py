"""Schedules that wait for assets (datasets in Airflow 2).

Which asset events are there is not a timetable's to know: these classes carry the condition, as plain data, to whoever
watches the events. By time they start nothing, but for the time half of `AssetOrTimeSchedule`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from pendulum import DateTime

from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable, TimetableInvalid
from tradewind.timetables.events import EventsTimetable
from tradewind.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from tradewind.timetables.simple import ContinuousTimetable, NullTimetable, OnceTimetable, TrivialTimetable
from tradewind.timetables.trigger import CronTriggerTimetable, DeltaTriggerTimetable, MultipleCronTriggerTimetable

TIME_TIMETABLES: Final[Mapping[str, type[Timetable]]] = {
    each.kind: each
    for each in (
        NullTimetable,
        OnceTimetable,
        ContinuousTimetable,
        CronDataIntervalTimetable,
        DeltaDataIntervalTimetable,
        CronTriggerTimetable,
        MultipleCronTriggerTimetable,
        DeltaTriggerTimetable,
        EventsTimetable,
    )
}
"""The timetables that go by time alone, by kind."""


def condition_data(assets: Any) -> Any:
    """A condition as plain JSON: what its `as_expression()` says; several assets count as "all of them".

    Raises TimetableInvalid for what is no asset.
    """
    if hasattr(assets, "as_expression"):
        return assets.as_expression()
    if isinstance(assets, (Mapping, str)):  # Plain already, from a stored DAG.
        return assets
    if isinstance(assets, Iterable):
        return {"all": [condition_data(each) for each in assets]}
    raise TimetableInvalid(
        f"{assets!r} is not an asset. Use Asset('name'), a list of assets, or assets joined by & and |."
    )


class AssetTriggeredTimetable(TrivialTimetable):
    """A run whenever the condition on assets is met."""

    kind: ClassVar[str] = "asset"
    description = "Triggered by assets"

    def __init__(self, assets: Any = None, *, datasets: Any = None) -> None:
        self.asset_condition = assets if assets is not None else datasets
        self._condition = condition_data(self.asset_condition)

    @property
    def summary(self) -> str:
        return "Asset"

    def serialize(self) -> dict[str, Any]:
        return {"assets": self._condition}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> AssetTriggeredTimetable:
        return cls(data["assets"])

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        return None


class AssetOrTimeSchedule(AssetTriggeredTimetable):
    """A run whenever the condition on assets is met, and whenever `timetable` says (DatasetOrTimeSchedule)."""

    kind: ClassVar[str] = "asset_or_time"

    def __init__(self, *, timetable: Timetable, assets: Any = None, datasets: Any = None) -> None:
        super().__init__(assets, datasets=datasets)
        if not isinstance(timetable, Timetable):
            raise TimetableInvalid(
                f"timetable={timetable!r} is not a timetable. "
                "Use for example CronTriggerTimetable('0 6 * * *', timezone='UTC')."
            )
        self.timetable = timetable
        self.periodic = timetable.periodic
        self.can_be_scheduled = True
        self.active_runs_limit = timetable.active_runs_limit

    @property
    def description(self) -> str:  # type: ignore[override]
        return f"Triggered by assets or {self.timetable.description or self.timetable.summary}"

    @property
    def summary(self) -> str:
        return f"Asset or {self.timetable.summary}"

    def validate(self) -> None:
        self.timetable.validate()

    def serialize(self) -> dict[str, Any]:
        timetable: dict[str, Any] = {"kind": self.timetable.kind, "data": self.timetable.serialize()}
        return {"timetable": timetable, "assets": self._condition}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> AssetOrTimeSchedule:
        inner = data["timetable"]
        return cls(timetable=TIME_TIMETABLES[inner["kind"]].deserialize(inner["data"]), assets=data["assets"])

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        return self.timetable.infer_manual_data_interval(run_after=run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        return self.timetable.next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
