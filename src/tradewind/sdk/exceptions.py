"""The exceptions a DAG author raises or catches: one tree that answers to Airflow 2's and Airflow 3's names.

Where the two versions give a class different bases, ours has both, so that an `except` clause written for either works.
`AirflowTaskTimeout`, `AirflowTaskTerminated` and `TaskDeferred` derive from BaseException on purpose: a task's own
``except Exception`` must not swallow them.
"""

from __future__ import annotations

from collections.abc import Sized
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tradewind.configuration import ConfigError, conf


class AirflowException(Exception):
    """Base of what can go wrong with a DAG or a task."""

    status_code = 500


class AirflowBadRequest(AirflowException):
    status_code = 400


class AirflowNotFoundException(AirflowException):
    status_code = 404


class AirflowInternalRuntimeError(BaseException):
    """Something that must never be caught by user code."""


class AirflowRuntimeError(AirflowException):
    """The platform could not answer a task: `error` says why."""

    def __init__(self, error: Any = "") -> None:
        self.error = error
        super().__init__(str(error))


# --- how a task may end --------------------------------------------------------------------------------------------------


class AirflowSkipException(AirflowException):
    """Raise it in a task: the task ends as skipped."""


class AirflowFailException(AirflowException):
    """Raise it in a task: the task fails at once, retries left or not."""


class AirflowSensorTimeout(AirflowException):
    """A sensor waited longer than its `timeout`; not retried."""


class AirflowTaskTimeout(BaseException):
    """A task ran longer than its `execution_timeout`."""


class AirflowTaskTerminated(BaseException):
    """The task's process was told to stop."""


class AirflowRescheduleException(AirflowException):
    """Ends this try; the same try goes on at `reschedule_date` (aware)."""

    def __init__(self, reschedule_date: datetime) -> None:
        super().__init__(reschedule_date)
        self.reschedule_date = reschedule_date

    def serialize(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__name__}", (), {"reschedule_date": self.reschedule_date}


class TaskDeferred(BaseException):
    """Ends this try; it goes on in `method_name` when `trigger` fires, or fails after `timeout`."""

    def __init__(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        super().__init__()
        if timeout is not None and not isinstance(timeout, (timedelta, int, float)):
            raise ValueError(f"defer(timeout=…) takes a timedelta or seconds, not {timeout!r}.")
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timedelta(seconds=timeout) if isinstance(timeout, (int, float)) else timeout

    def serialize(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__name__}",
            (),
            {"trigger": self.trigger, "method_name": self.method_name, "kwargs": self.kwargs, "timeout": self.timeout},
        )

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger!r} method={self.method_name}>"


class TaskAwaitingInput(BaseException):
    """Ends this try; it goes on in `method_name` when a person has answered."""

    def __init__(
        self, *, method_name: str, kwargs: dict[str, Any] | None = None, timeout: timedelta | None = None
    ) -> None:
        super().__init__()
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timeout


class TaskDeferralError(AirflowException):
    """The trigger of a deferred task failed."""


class TaskDeferralTimeout(AirflowException):
    """The trigger of a deferred task did not fire within its timeout."""


class DownstreamTasksSkipped(AirflowException):
    """Ends the task with success and skips `tasks` (ids, or (id, map index) pairs)."""

    def __init__(self, *, tasks: Any) -> None:
        super().__init__()
        self.tasks = tasks


class DagRunTriggerException(AirflowException):
    """Raised by a trigger operator of the standard provider: the platform starts the run it describes."""

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        dag_run_id: str,
        conf: dict[str, Any] | None,
        logical_date: datetime | None = None,
        run_after: datetime | None = None,
        reset_dag_run: bool,
        skip_when_already_exists: bool,
        wait_for_completion: bool,
        allowed_states: list[str],
        failed_states: list[str],
        poke_interval: int,
        deferrable: bool,
        note: str | None = None,
        **others: Any,
    ) -> None:
        super().__init__()
        self.trigger_dag_id = trigger_dag_id
        self.dag_run_id = dag_run_id
        self.conf = conf
        self.logical_date = logical_date
        self.run_after = run_after
        self.reset_dag_run = reset_dag_run
        self.skip_when_already_exists = skip_when_already_exists
        self.wait_for_completion = wait_for_completion
        self.allowed_states = allowed_states
        self.failed_states = failed_states
        self.poke_interval = poke_interval
        self.deferrable = deferrable
        self.note = note
        self.others = others


class TaskAlreadyRunningError(AirflowException):
    pass


# --- what is wrong with a DAG ----------------------------------------------------------------------------------------------


class DagDefinitionError(AirflowException):
    """A mistake in a DAG file. `line` is where the thing at fault was defined, None when unknown."""

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self.file = file
        self.line = line
        super().__init__(message)


class UnknownArgument(DagDefinitionError, TypeError):
    """An argument that the class does not take."""


class InvalidArgument(DagDefinitionError, TypeError, ValueError):
    """An argument whose value cannot be right."""


class AirflowDagCycleException(DagDefinitionError):
    pass


class AirflowDagInconsistent(DagDefinitionError):
    pass


class DuplicateTaskIdFound(DagDefinitionError):
    pass


class InvalidTriggerRule(InvalidArgument):
    pass


class FailStopDagInvalidTriggerRule(DagDefinitionError):
    pass


FailFastDagInvalidTriggerRule = FailStopDagInvalidTriggerRule


class AirflowTimetableInvalid(AirflowException):
    pass


class AirflowDagDuplicatedIdException(AirflowException):
    """Two files define the same DAG."""

    def __init__(self, dag_id: str, incoming: str, existing: str) -> None:
        super().__init__(dag_id, incoming, existing)
        self.dag_id = dag_id
        self.incoming = incoming
        self.existing = existing

    def __str__(self) -> str:
        return f"DAG id {self.dag_id!r} is defined in {self.existing} and again in {self.incoming}: give one another dag_id."


class TaskAlreadyInTaskGroup(AirflowException):
    def __init__(self, task_id: str, existing_group_id: str | None, new_group_id: str) -> None:
        super().__init__(task_id, existing_group_id, new_group_id)
        self.task_id = task_id
        self.existing_group_id = existing_group_id
        self.new_group_id = new_group_id

    def __str__(self) -> str:
        now = f"group {self.existing_group_id!r}" if self.existing_group_id else "the DAG itself"
        return f"Task {self.task_id!r} is in {now} already, so it cannot be added to group {self.new_group_id!r}."


class AirflowClusterPolicyViolation(AirflowException):
    pass


class AirflowClusterPolicySkipDag(AirflowException):
    pass


class AirflowClusterPolicyError(AirflowException):
    pass


class FileSyntaxError(NamedTuple):
    """One fault in a configuration file."""

    line_no: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.message}. Line number: {self.line_no}"


class AirflowFileParseException(AirflowException):
    def __init__(self, msg: str, file_path: str, parse_errors: list[FileSyntaxError]) -> None:
        super().__init__(msg, file_path, parse_errors)
        self.msg = msg
        self.file_path = file_path
        self.parse_errors = parse_errors

    def __str__(self) -> str:
        faults = "\n".join(f"  {self.file_path}: {error}" for error in self.parse_errors)
        return f"{self.msg}\n{faults}"


class AirflowUnsupportedFileTypeException(AirflowException):
    pass


class ParamValidationError(AirflowException, ValueError):
    """A param's value does not fit its schema."""


# --- not there, or there already -------------------------------------------------------------------------------------------


class DagNotFound(AirflowNotFoundException):
    pass


class DagCodeNotFound(AirflowNotFoundException):
    pass


class DagRunNotFound(AirflowNotFoundException):
    pass


class TaskNotFound(AirflowNotFoundException):
    pass


class NodeNotFound(TaskNotFound, KeyError):
    def __str__(self) -> str:
        return Exception.__str__(self)


class TaskInstanceNotFound(AirflowNotFoundException):
    pass


class PoolNotFound(AirflowNotFoundException):
    pass


class DagRunAlreadyExists(AirflowBadRequest):
    def __init__(self, dag_run: Any = None, logical_date: Any = None, run_id: str = "", **_: Any) -> None:
        self.dag_run = dag_run
        run_id = run_id or getattr(dag_run, "run_id", "") or str(dag_run)
        super().__init__(f"A run {run_id!r} exists already: take another run id or logical date, or clear that run.")


class DagRunTypeNotAllowed(AirflowException):
    pass


class DagFileExists(AirflowBadRequest):
    pass


class ConnectionNotUnique(AirflowException):
    pass


class VariableNotUnique(AirflowException):
    pass


class NotMapped(Exception):
    pass


# --- XCom and mapping --------------------------------------------------------------------------------------------------------


class XComNotFound(AirflowException):
    """A task uses the result of another that pushed nothing under this key."""

    def __init__(self, dag_id: str, task_id: str, key: str) -> None:
        super().__init__(dag_id, task_id, key)
        self.dag_id = dag_id
        self.task_id = task_id
        self.key = key

    def __str__(self) -> str:
        return (
            f"Task {self.task_id!r} of DAG {self.dag_id!r} pushed no XCom with key {self.key!r}: "
            "check the key, or that the task ran and returned a value."
        )


class XComForMappingNotPushed(AirflowException, TypeError):
    """A task that others are mapped over returned nothing."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "A task is mapped over this one, so it must return a list or a dict; it returned None."
        )


class UnmappableXComTypePushed(AirflowException, TypeError):
    """A task that others are mapped over returned something that is not a list or mapping."""

    def __init__(self, value: Any, *values: Any) -> None:
        super().__init__(value, *values)
        self.value = value

    def __str__(self) -> str:
        names = " in ".join(type(value).__name__ for value in (self.args[-1:] + self.args[:-1]))
        return f"A task is mapped over this one, so it must return a list or a dict; it returned {names}."


class UnmappableXComLengthPushed(AirflowException):
    """More items than `[core] max_map_length` allows."""

    def __init__(self, value: Sized, max_length: int) -> None:
        super().__init__(value, max_length)
        self.value = value
        self.max_length = max_length

    def __str__(self) -> str:
        return (
            f"{len(self.value)} items to map over, but [core] max_map_length is {self.max_length}: "
            "map over fewer, or raise the limit."
        )


class UnmappableOperator(AirflowException):
    pass


class SerializationError(AirflowException):
    pass


class DeserializationError(AirflowException):
    pass


class DeserializingResultError(ValueError):
    pass


# --- platform ----------------------------------------------------------------------------------------------------------------


class AirflowConfigException(AirflowException, ConfigError):
    """An option is missing or has a value that cannot be understood."""


conf.error = AirflowConfigException


class AirflowOptionalProviderFeatureException(AirflowException):
    """A feature of a provider that needs a package which is not installed."""


class AirflowInactiveAssetInInletOrOutletException(AirflowFailException):
    def __init__(self, inactive_asset_keys: Any = ()) -> None:
        super().__init__(f"Inlets or outlets name assets that are not active: {list(inactive_asset_keys)}.")
        self.inactive_asset_keys = inactive_asset_keys


class AirflowSecretsBackendAccessDenied(PermissionError):
    pass


class AirflowClearRunningTaskException(AirflowException):
    pass


class AirflowWebServerTimeout(AirflowException):
    pass


class InvalidStatsNameException(AirflowException):
    pass


class NoAvailablePoolSlot(AirflowException):
    pass


class DagConcurrencyLimitReached(AirflowException):
    pass


class TaskConcurrencyLimitReached(AirflowException):
    pass


class BackfillUnfinished(AirflowException):
    def __init__(self, message: str, ti_status: Any = None) -> None:
        super().__init__(message)
        self.ti_status = ti_status


class UnknownExecutorException(ValueError):
    pass


class DagNotPartitionedError(ValueError):
    pass


class InvalidPartitionKeyError(ValueError):
    pass


class PodMutationHookException(AirflowException):
    pass


class PodReconciliationError(AirflowException):
    pass


class RemovedInAirflow3Warning(DeprecationWarning):
    """Something that Airflow 3 no longer has."""

    deprecated_since: str | None = None


class RemovedInAirflow4Warning(DeprecationWarning):
    deprecated_since: str | None = None


class AirflowProviderDeprecationWarning(DeprecationWarning):
    deprecated_provider_since: str | None = None
