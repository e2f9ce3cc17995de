"""The context of a try: every key that its file's dialect knows, each made when it is first read.

Keys of dialect 2 are those of Airflow 2.11, keys of dialect 3 those of Airflow 3.3. A run without a logical date has no key
that is made of one in dialect 3; in dialect 2 it does not exist, and `run_after` stands in for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, Final, overload

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
from tradewind.timetables.base import DataInterval, TimeRestriction


def build_context(*, dag: Any, task: Any, ti: Any, run: RunInfo, test_mode: bool = False) -> TaskContext:
    """The context of one try. Costs next to nothing until keys are read. `run` is what the engine said of its run."""
    dialect = int(getattr(dag, "dialect", 2))
    values: dict[str, Any] = {
        "dag": dag,
        "inlets": task.inlets,
        "map_index_template": task.map_index_template,
        "outlets": task.outlets,
        "run_id": run.run_id,
        "task": task,
        "task_instance": ti,
        "ti": ti,
    }
    if dialect < 3:
        values["test_mode"] = test_mode
        made = _OF_AIRFLOW_2
    else:
        values["partition_key"] = values["partition_date"] = None
        values["task_reschedule_count"] = ti.reschedule_count
        made = _OF_AIRFLOW_3 if run.logical_date is not None else _WITHOUT_A_DATE
    return TaskContext(values, _Pending(made, _Facts(dag, task, ti, run, dialect)))


class _Facts:
    """What the lazy keys of one context are made of."""

    def __init__(self, dag: Any, task: Any, ti: Any, run: RunInfo, dialect: int) -> None:
        self.dag = dag
        self.task = task
        self.ti = ti
        self.run = run
        self._dialect = dialect
        self._moment = run.logical_date or (run.run_after if dialect < 3 else None)

    # --- dates ---------------------------------------------------------------------------------------------------------

    @cached_property
    def logical_date(self) -> pendulum.DateTime:
        moment = _aware(self._moment)
        assert moment is not None
        return moment

    @property
    def ds(self) -> str:
        return self.logical_date.strftime("%Y-%m-%d")

    @property
    def ts(self) -> str:
        return self.logical_date.isoformat()

    @property
    def instance_key(self) -> str:
        last = _nodash(self.ds) if self._moment is not None else self.run.run_id
        return f"{self.task.dag_id}__{self.task.task_id}__{last}"

    def shifted_ds(self, days: int) -> str:
        return (self.logical_date + dt.timedelta(days=days)).strftime("%Y-%m-%d")

    # --- the run before ------------------------------------------------------------------------------------------------

    @cached_property
    def _previous_success(self) -> RunInfo | None:
        answer = channel().ask(GetPreviousRun(dag_id=self.run.dag_id, run_id=self.run.run_id, state="success"))
        return answer.run if isinstance(answer, FoundRun) else None

    def of_previous_success(self, name: str) -> pendulum.DateTime | None:
        """A date of the successful run before this one; it is asked for once."""
        found = self._previous_success
        return None if found is None else _aware(getattr(found, name))

    # --- the schedule around this run ----------------------------------------------------------------------------------

    @cached_property
    def next_date(self) -> pendulum.DateTime | None:
        """The logical date after this run's interval by the DAG's schedule."""
        start, end = _aware(self.run.data_interval_start), _aware(self.run.data_interval_end)
        if start is None or end is None:
            return None
        info = self.dag.timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval(start, end),
            restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
        )
        return None if info is None else _aware(info.logical_date)

    @cached_property
    def previous_date(self) -> pendulum.DateTime | None:
        """The last start of an interval before the logical date; None for a schedule without intervals."""
        timetable = self.dag.timetable
        if timetable.kind == "cron_interval":
            just_before = self.logical_date.subtract(microseconds=1)
            return _aware(timetable.infer_manual_data_interval(run_after=just_before).end)
        if timetable.kind == "delta_interval":
            return _aware(timetable.infer_manual_data_interval(run_after=self.logical_date).start)
        return None

    # --- the rest ------------------------------------------------------------------------------------------------------

    @property
    def variables(self) -> dict[str, VariableAccessor]:
        return {
            "json": VariableAccessor(as_json=True, dialect=self._dialect),
            "value": VariableAccessor(as_json=False, dialect=self._dialect),
        }

    @property
    def expanded_count(self) -> int | None:
        if self.ti.map_index < 0:
            return None
        count = 1
        for length in self.ti.map_lengths.values():
            count *= length
        return count


Make = Callable[[_Facts], Any]

_WITHOUT_A_DATE: Final[Mapping[str, Make]] = {
    "conn": lambda facts: ConnectionAccessor(),
    "dag_run": lambda facts: facts.ti.dag_run,
    "inlet_events": lambda facts: InletEvents(facts.task.inlets),
    "macros": lambda facts: macros,
    "outlet_events": lambda facts: OutletEvents(),
    "params": lambda facts: process_params(facts.dag, facts.task, facts.ti.dag_run.conf),
    "prev_end_date_success": lambda facts: facts.of_previous_success("end_date"),
    "prev_start_date_success": lambda facts: facts.of_previous_success("start_date"),
    "task_instance_key_str": lambda facts: facts.instance_key,
    "task_state_store": lambda facts: NoStateStore(),
    "triggering_asset_events": lambda facts: {},
    "var": lambda facts: facts.variables,
}
_OF_A_DATE: Final[Mapping[str, Make]] = {
    "data_interval_end": lambda facts: _aware(facts.run.data_interval_end),
    "data_interval_start": lambda facts: _aware(facts.run.data_interval_start),
    "ds": lambda facts: facts.ds,
    "ds_nodash": lambda facts: _nodash(facts.ds),
    "logical_date": lambda facts: facts.logical_date,
    "prev_data_interval_end_success": lambda facts: facts.of_previous_success("data_interval_end"),
    "prev_data_interval_start_success": lambda facts: facts.of_previous_success("data_interval_start"),
    "ts": lambda facts: facts.ts,
    "ts_nodash": lambda facts: facts.logical_date.strftime("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda facts: _nodash(facts.ts).replace(":", ""),
}
_OF_AIRFLOW_3: Final[Mapping[str, Make]] = {**_WITHOUT_A_DATE, **_OF_A_DATE}
_ONLY_IN_3 = ("task_state_store", "triggering_asset_events")
_OF_AIRFLOW_2: Final[Mapping[str, Make]] = {
    **{key: make for key, make in _OF_AIRFLOW_3.items() if key not in _ONLY_IN_3},
    "conf": lambda facts: conf,
    "execution_date": lambda facts: facts.logical_date,
    "expanded_ti_count": lambda facts: facts.expanded_count,
    "next_ds": lambda facts: _ds(facts.next_date),
    "next_ds_nodash": lambda facts: _nodash(_ds(facts.next_date)),
    "next_execution_date": lambda facts: facts.next_date,
    "prev_ds": lambda facts: _ds(facts.previous_date),
    "prev_ds_nodash": lambda facts: _nodash(_ds(facts.previous_date)),
    "prev_execution_date": lambda facts: facts.previous_date,
    "prev_execution_date_success": lambda facts: facts.of_previous_success("logical_date"),
    "tomorrow_ds": lambda facts: facts.shifted_ds(1),
    "tomorrow_ds_nodash": lambda facts: _nodash(facts.shifted_ds(1)),
    "triggering_dataset_events": lambda facts: {},
    "yesterday_ds": lambda facts: facts.shifted_ds(-1),
    "yesterday_ds_nodash": lambda facts: _nodash(facts.shifted_ds(-1)),
}


class _Pending(dict[str, Callable[[], Any]]):
    """The keys of a context that nobody has read yet, as `Context` keeps them.

    The table is shared by all tries and nothing of it is copied: after a fork every object that is only looked at costs
    a copy of its page.
    """

    def __init__(self, made: Mapping[str, Make], facts: _Facts) -> None:
        super().__init__()
        self._made = made
        self._facts = facts
        self._gone: set[str] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._made and key not in self._gone

    def __getitem__(self, key: str) -> Callable[[], Any]:
        if key not in self:
            raise KeyError(key)
        return partial(self._made[key], self._facts)

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._made if key not in self._gone)

    def __len__(self) -> int:
        return len(self._made) - len(self._gone)

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            made = self[key]
            self._gone.add(key)
            return made
        if default:
            return default[0]
        raise KeyError(key)


class TaskContext(Context):
    """A context whose few values that cost a question stay unasked when all of it is handed on, as `**context` does.

    They are passed as `LateValue`s then, which Airflow does as well. Read by its key, such a value is the value itself.
    """

    def __init__(self, values: Mapping[str, Any], lazy: dict[str, Callable[[], Any]]) -> None:
        super().__init__(values)
        self._lazy = lazy

    def _leave_for_later(self) -> None:
        for key in ASKED_FOR:
            if key in self._lazy:
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


def _ds(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%d")


@overload
def _nodash(text: str) -> str: ...
@overload
def _nodash(text: None) -> None: ...
def _nodash(text: str | None) -> str | None:
    return None if text is None else text.replace("-", "")


def _aware(moment: dt.datetime | None) -> pendulum.DateTime | None:
    return None if moment is None else pendulum.instance(moment, tz="UTC")
