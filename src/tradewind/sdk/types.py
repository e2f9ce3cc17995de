"""Small values used all over the authoring surface: the "not given" marker, and enums that only user code names."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from tradewind.core.states import RunState, RunType, TaskState

T = TypeVar("T")


class ArgNotSet:
    """Type of `NOTSET`: an argument that was not given, where None means something else."""

    def __repr__(self) -> str:
        return "NOTSET"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> ArgNotSet:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ArgNotSet:
        return self

    def __reduce__(self) -> str:
        return "NOTSET"


NOTSET = ArgNotSet()
SET_DURING_EXECUTION = NOTSET


def is_arg_set(value: Any) -> bool:
    """True unless `value` is `NOTSET`."""
    return not isinstance(value, ArgNotSet)


class DagRunType(str, Enum):
    """Why a run exists. Prints as `DagRunType.MANUAL` in an Airflow 3 file; see `run_type_for`."""

    BACKFILL_JOB = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    ASSET_TRIGGERED = "asset_triggered"
    DATASET_TRIGGERED = "dataset_triggered"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"

    def generate_run_id(self, logical_date: Any = None, *, suffix: Any = None) -> str:
        """`manual__2024-01-01T00:00:00+00:00`."""
        moment = suffix if suffix is not None else logical_date
        return f"{self.value}__{moment.isoformat() if hasattr(moment, 'isoformat') else moment}"

    @staticmethod
    def from_run_id(run_id: str) -> DagRunType:
        for run_type in DagRunType:
            if run_id.startswith(f"{run_type.value}__"):
                return run_type
        return DagRunType.MANUAL


class DagRunState(str, Enum):
    """`dag_run.state` in an Airflow 3 file, where it prints as `DagRunState.RUNNING`. Equal to its text, and to `RunState`."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class TaskInstanceState(str, Enum):
    """`ti.state` in an Airflow 3 file: the states that a task can see itself in, or is told of in a callback."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RESTARTING = "restarting"
    SUCCESS = "success"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    REMOVED = "removed"
    DEFERRED = "deferred"


class DagRunTriggeredByType(str, Enum):
    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    DATASET = "asset"
    BACKFILL = "backfill"


class TerminalTIState(str, Enum):
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    REMOVED = "removed"

    def __str__(self) -> str:
        return self.value


class IntermediateTIState(str, Enum):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RESTARTING = "restarting"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    DEFERRED = "deferred"

    def __str__(self) -> str:
        return self.value


class JobState(str, Enum):
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"

    def __str__(self) -> str:
        return self.value


class State:
    """The states as class attributes, as Airflow 2 code reads them. NONE is None there."""

    SUCCESS = TaskState.SUCCESS
    RUNNING = TaskState.RUNNING
    FAILED = TaskState.FAILED
    NONE = None
    REMOVED = TaskState.REMOVED
    SCHEDULED = TaskState.SCHEDULED
    QUEUED = TaskState.QUEUED
    RESTARTING = TaskState.RESTARTING
    SHUTDOWN = "shutdown"
    UP_FOR_RETRY = TaskState.UP_FOR_RETRY
    UP_FOR_RESCHEDULE = TaskState.UP_FOR_RESCHEDULE
    UPSTREAM_FAILED = TaskState.UPSTREAM_FAILED
    SKIPPED = TaskState.SKIPPED
    DEFERRED = TaskState.DEFERRED

    finished_dr_states = frozenset({RunState.SUCCESS, RunState.FAILED})
    unfinished_dr_states = frozenset({RunState.QUEUED, RunState.RUNNING})
    task_states = (None, *(state for state in TaskState if state is not TaskState.NONE))
    dag_states = (RunState.QUEUED, RunState.SUCCESS, RunState.RUNNING, RunState.FAILED)
    finished = frozenset(state for state in TaskState if state.is_final)
    unfinished = frozenset(
        {None, *(state for state in TaskState if not state.is_final and state is not TaskState.NONE)}
    )
    failed_states = frozenset({TaskState.FAILED, TaskState.UPSTREAM_FAILED})
    success_states = frozenset({TaskState.SUCCESS, TaskState.SKIPPED})


class WeightRule(str, Enum):
    """How the weights of a task's relatives count towards its own priority."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"

    def __str__(self) -> str:
        return self.value

    @classmethod
    def is_valid(cls, weight_rule: str) -> bool:
        return weight_rule in cls.all_weight_rules()

    @classmethod
    def all_weight_rules(cls) -> set[str]:
        return {rule.value for rule in cls}


class WeekDay(Enum):
    """Days by their ISO number; Monday is 1."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> int:
        """ISO number of a day's English name. Raises AttributeError for anything else."""
        name = week_day_str.upper()
        if name not in cls.__members__:
            raise AttributeError(f"Invalid Week Day passed: {week_day_str!r}; use one of {', '.join(cls.__members__)}.")
        return int(cls[name].value)

    @classmethod
    def convert(cls, day: Any) -> int:
        return cls.get_weekday_number(day) if isinstance(day, str) else int(day.value)

    @classmethod
    def validate_week_day(cls, week_day: Any) -> set[int]:
        """ISO numbers of a name, a `WeekDay`, or an iterable of those. Raises TypeError for anything else."""
        if isinstance(week_day, (str, WeekDay)):
            return {cls.convert(week_day)}
        if not isinstance(week_day, (list, set, tuple, frozenset, dict)):
            raise TypeError(f"week_day takes a day's name, a WeekDay or a set of them, not {type(week_day).__name__}.")
        return {cls.convert(day) for day in week_day}


def run_type_for(run_type: str, dialect: int) -> Any:
    """What `dag_run.run_type` is for a file of this dialect: a 2.x template prints `manual`, a 3.x one the member."""
    if dialect < 3:
        return RunType(run_type)
    return DagRunType(run_type)


def run_state_for(state: str, dialect: int) -> Any:
    """What `dag_run.state` is for a file of this dialect: a 2.x template prints `running`, a 3.x one the member."""
    return RunState(state) if dialect < 3 else DagRunState(state)


def task_state_for(state: str, dialect: int) -> Any:
    """The same for `ti.state`."""
    return TaskState(state) if dialect < 3 or state not in _SEEN_STATES else TaskInstanceState(state)


_SEEN_STATES = frozenset(member.value for member in TaskInstanceState)
