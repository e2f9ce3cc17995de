"""The context of a try: every key that its file's dialect knows, each made when it is first read.

Keys of dialect 2 are those of Airflow 2.11, keys of dialect 3 those of Airflow 3.3. A run without a logical date has no key
that is made of one in dialect 3; in dialect 2 it does not exist, and `run_after` stands in for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import pendulum

from tradewind.configuration import conf
from tradewind.core.messages import FoundRun, GetPreviousRun, RunInfo
from tradewind.runtime.context_values import (
    ConnectionAccessor,
    InletEvents,
    NoStateStore,
    OutletEvents,
    VariableAccessor,
    macros,
)
from tradewind.runtime.late_value import ASKED_FOR, LateValue
from tradewind.sdk.channel import channel
from tradewind.sdk.context import Context
from tradewind.sdk.params import process_params

Lazy = dict[str, Callable[[], Any]]


def build_context(*, dag: Any, task: Any, ti: Any, dag_run: Any, run: RunInfo, test_mode: bool = False) -> Context:
    """The context of one try. Costs next to nothing until keys are read.

    `dag_run` is what the key of that name gives, `run` what the engine said of it.
    """
    dialect = int(getattr(dag, "dialect", 2))
    dates = _Dates(run, dialect)
    previous = _PreviousSuccess(run)
    values: dict[str, Any] = {
        "dag": dag,
        "dag_run": dag_run,
        "inlets": task.inlets,
        "map_index_template": task.map_index_template,
        "outlets": task.outlets,
        "run_id": run.run_id,
        "task": task,
        "task_instance": ti,
        "ti": ti,
        "macros": macros,
        "var": {"json": VariableAccessor(as_json=True), "value": VariableAccessor(as_json=False)},
        "conn": ConnectionAccessor(),
    }
    lazy: Lazy = {
        "outlet_events": OutletEvents,
        "inlet_events": lambda: InletEvents(task.inlets),
        "params": lambda: process_params(dag, task, dag_run.conf),
        "prev_start_date_success": lambda: previous.date("start_date"),
        "prev_end_date_success": lambda: previous.date("end_date"),
        "task_instance_key_str": lambda: f"{task.dag_id}__{task.task_id}__{dates.key_part}",
    }
    if dates.are_known:
        lazy |= _of_logical_date(dates, previous)
    if dialect < 3:
        values |= {"conf": conf, "test_mode": test_mode}
        lazy |= _of_airflow_2(dag, run, dates, previous)
        lazy |= {"triggering_dataset_events": dict, "expanded_ti_count": lambda: _expanded_count(ti)}
    else:
        values |= {"partition_key": None, "partition_date": None, "task_reschedule_count": ti.reschedule_count}
        lazy |= {"triggering_asset_events": dict, "task_state_store": NoStateStore}
    return TaskContext(values, lazy=lazy)


class TaskContext(Context):
    """A context whose few values that cost a question stay unasked when all of it is handed on, as `**context` does.

    They are passed as `LateValue`s then, which Airflow does as well. Read by its key, such a value is the value itself.
    """

    def __init__(self, values: Mapping[str, Any], lazy: Lazy) -> None:
        super().__init__(values)
        self._lazy = lazy

    def _leave_for_later(self) -> None:
        for key in ASKED_FOR.intersection(self._lazy):
            self[key] = LateValue(self._lazy[key])

    def __iter__(self) -> Iterator[str]:
        self._leave_for_later()
        return super().__iter__()

    def keys(self) -> Any:
        self._leave_for_later()
        return super().keys()

    def values(self) -> Any:
        self._leave_for_later()
        return super().values()

    def items(self) -> Any:
        self._leave_for_later()
        return super().items()


class _Dates:
    """The logical date of a run in its many spellings."""

    def __init__(self, run: RunInfo, dialect: int) -> None:
        self._run = run
        moment = run.logical_date or (run.run_after if dialect < 3 else None)
        self._moment = moment

    @property
    def are_known(self) -> bool:
        return self._moment is not None

    @cached_property
    def logical_date(self) -> pendulum.DateTime | None:
        return _aware(self._moment)

    @property
    def known(self) -> pendulum.DateTime:
        assert self.logical_date is not None
        return self.logical_date

    @property
    def ds(self) -> str:
        return self.known.strftime("%Y-%m-%d")

    @property
    def ts(self) -> str:
        return self.known.isoformat()

    @property
    def key_part(self) -> str:
        return self.ds.replace("-", "") if self.are_known else self._run.run_id

    def shifted(self, days: int) -> str:
        return (self.known + dt.timedelta(days=days)).strftime("%Y-%m-%d")

    @cached_property
    def interval(self) -> tuple[pendulum.DateTime | None, pendulum.DateTime | None]:
        return _aware(self._run.data_interval_start), _aware(self._run.data_interval_end)


class _PreviousSuccess:
    """The successful run before this one; asked for once."""

    def __init__(self, run: RunInfo) -> None:
        self._run = run

    @cached_property
    def _found(self) -> RunInfo | None:
        answer = channel().ask(GetPreviousRun(dag_id=self._run.dag_id, run_id=self._run.run_id, state="success"))
        return answer.run if isinstance(answer, FoundRun) else None

    def date(self, name: str) -> pendulum.DateTime | None:
        return _aware(getattr(self._found, name)) if self._found is not None else None


def _of_logical_date(dates: _Dates, previous: _PreviousSuccess) -> Lazy:
    return {
        "logical_date": lambda: dates.logical_date,
        "ds": lambda: dates.ds,
        "ds_nodash": lambda: dates.ds.replace("-", ""),
        "ts": lambda: dates.ts,
        "ts_nodash": lambda: dates.known.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": lambda: dates.ts.replace("-", "").replace(":", ""),
        "data_interval_start": lambda: dates.interval[0],
        "data_interval_end": lambda: dates.interval[1],
        "prev_data_interval_start_success": lambda: previous.date("data_interval_start"),
        "prev_data_interval_end_success": lambda: previous.date("data_interval_end"),
    }


def _of_airflow_2(dag: Any, run: RunInfo, dates: _Dates, previous: _PreviousSuccess) -> Lazy:
    around = _Around(dag, run, dates)

    def nodash(text: str | None) -> str | None:
        return None if text is None else text.replace("-", "")

    return {
        "execution_date": lambda: dates.logical_date,
        "next_execution_date": lambda: around.next,
        "next_ds": lambda: _ds(around.next),
        "next_ds_nodash": lambda: nodash(_ds(around.next)),
        "prev_execution_date": lambda: around.previous,
        "prev_ds": lambda: _ds(around.previous),
        "prev_ds_nodash": lambda: nodash(_ds(around.previous)),
        "prev_execution_date_success": lambda: previous.date("logical_date"),
        "tomorrow_ds": lambda: dates.shifted(1),
        "tomorrow_ds_nodash": lambda: nodash(dates.shifted(1)),
        "yesterday_ds": lambda: dates.shifted(-1),
        "yesterday_ds_nodash": lambda: nodash(dates.shifted(-1)),
    }


class _Around:
    """The logical dates before and after this run by the DAG's schedule."""

    def __init__(self, dag: Any, run: RunInfo, dates: _Dates) -> None:
        self._dag = dag
        self._run = run
        self._dates = dates

    @cached_property
    def next(self) -> pendulum.DateTime | None:
        if self._run.run_type == "manual":
            return self._dates.logical_date
        from tradewind.timetables.base import DataInterval, TimeRestriction

        start, end = self._dates.interval
        if start is None or end is None:
            return None
        info = self._dag.timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval(start, end),
            restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
        )
        return None if info is None else _aware(info.logical_date)

    @cached_property
    def previous(self) -> pendulum.DateTime | None:
        """The last start of an interval before the logical date; None for a schedule without intervals."""
        moment = self._dates.known
        timetable = self._dag.timetable
        if timetable.kind == "cron_interval":
            just_before = moment.subtract(microseconds=1)
            return _aware(timetable.infer_manual_data_interval(run_after=just_before).end)
        if timetable.kind == "delta_interval":
            return _aware(timetable.infer_manual_data_interval(run_after=moment).start)
        return None


def _expanded_count(ti: Any) -> int | None:
    if ti.map_index < 0:
        return None
    count = 1
    for length in ti.map_lengths.values():
        count *= length
    return count


def _ds(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%d")


def _aware(moment: dt.datetime | None) -> pendulum.DateTime | None:
    return None if moment is None else pendulum.instance(moment, tz="UTC")
