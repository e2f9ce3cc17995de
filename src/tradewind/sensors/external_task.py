"""ExternalTaskSensor and ExternalTaskMarker: one DAG's dependence on another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from tradewind.core.messages import Count, CountRuns, FoundDag, GetDag, GetInstanceStates, Reply, States
from tradewind.core.spec import DagSpec
from tradewind.core.states import RunState, TaskState
from tradewind.operators.empty import EmptyOperator
from tradewind.sdk import timezone
from tradewind.sdk.callable_arguments import make_kwargs_callable
from tradewind.sdk.channel import channel
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException
from tradewind.sdk.sensor import BaseSensorOperator
from tradewind.sensors.waiting import note_reschedule, reschedule_instead


class ExternalTaskNotFoundError(AirflowException):
    """The DAG that is waited for has no such task."""


class ExternalTaskGroupNotFoundError(AirflowException):
    """The DAG that is waited for has no such group."""


class ExternalDagNotFoundError(AirflowException):
    """There is no such DAG to wait for."""


class ExternalDagDeletedError(AirflowException):
    """The file of the DAG that is waited for is gone."""


class ExternalTaskFailedError(AirflowException):
    """A task that was waited for is in one of `failed_states`."""


class ExternalTaskGroupFailedError(AirflowException):
    """A task of the group that was waited for is in one of `failed_states`."""


class ExternalDagFailedError(AirflowException):
    """The run that was waited for is in one of `failed_states`."""


class DuplicateStateError(AirflowException):
    """One state in two of `allowed_states`, `skipped_states`, `failed_states`."""


class ExternalTaskSensor(BaseSensorOperator):
    """Waits for a run of another DAG, or for tasks or a group in it, by logical date.

    The date is this run's own, less `execution_delta`, or what `execution_date_fn` makes of it (one or a list). A task
    counts when all of its instances are in `allowed_states` (default: success). One instance in `failed_states` fails
    the sensor (skips it with `soft_fail`); one in `skipped_states` skips it. `check_existence` fails at once when the
    DAG, task or group does not exist. With `deferrable` the task is rescheduled between pokes.
    """

    template_fields: Sequence[str] = (
        "external_dag_id",
        "external_task_id",
        "external_task_ids",
        "external_task_group_id",
    )
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Iterable[Any] | None = None,
        skipped_states: Iterable[Any] | None = None,
        failed_states: Iterable[Any] | None = None,
        execution_delta: dt.timedelta | None = None,
        execution_date_fn: Callable[..., Any] | None = None,
        check_existence: bool = False,
        poll_interval: float | None = None,
        deferrable: bool = False,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        given = [external_task_id is not None, bool(external_task_ids), external_task_group_id is not None]
        if sum(given) > 1:
            raise ValueError(
                "Only one of external_task_id, external_task_ids and external_task_group_id may be given to "
                f"ExternalTaskSensor {self.task_id!r}."
            )
        if execution_delta is not None and execution_date_fn is not None:
            raise ValueError(
                "Only one of execution_delta and execution_date_fn may be given to "
                f"ExternalTaskSensor {self.task_id!r}."
            )
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.external_task_ids = [external_task_id] if external_task_id is not None else external_task_ids or None
        self.external_task_group_id = external_task_group_id
        self.allowed_states = _texts(allowed_states) or ["success"]
        self.skipped_states = _texts(skipped_states)
        self.failed_states = _texts(failed_states)
        self._check_states()
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.check_existence = check_existence
        self._has_checked_existence = False
        self.deferrable = reschedule_instead(self, deferrable)

    @property
    def poll_interval(self) -> float:
        """An old name of `poke_interval`."""
        return self.poke_interval

    def execute(self, context: Any) -> Any:
        if self.deferrable:
            note_reschedule(self)
        return super().execute(context)

    def poke(self, context: Any) -> bool:
        task_ids = list(self.external_task_ids or ())
        if len(task_ids) != len(set(task_ids)):
            raise ValueError(f"external_task_ids of {self.task_id!r} name a task twice: {task_ids}.")
        dates = self._dates(context)
        self.log.info("Poking for %s on %s", self._subject(), ", ".join(date.isoformat() for date in dates))
        if self.check_existence and not self._has_checked_existence:
            self._check_existence(task_ids)
            self._has_checked_existence = True
        if task_ids or self.external_task_group_id:
            return self._poke_tasks(task_ids, dates)
        return self._poke_runs(dates)

    # --- what is waited for --------------------------------------------------------------------------------------------

    def _poke_runs(self, dates: list[Any]) -> bool:
        if self.failed_states and self._count_runs(dates, self.failed_states):
            raise self._failure()
        if self.skipped_states and self._count_runs(dates, self.skipped_states):
            raise self._skip()
        return self._count_runs(dates, self.allowed_states) == len(set(dates))

    def _poke_tasks(self, task_ids: list[str], dates: list[Any]) -> bool:
        answer = channel().ask(
            GetInstanceStates(
                dag_id=self.external_dag_id,
                task_ids=task_ids or None,
                task_group_id=self.external_task_group_id,
                logical_dates=dates,
            )
        )
        if not isinstance(answer, States):
            raise _unexpected(answer)
        found = {state for states in answer.states.values() for state in states.values()}
        if found & set(self.failed_states):
            raise self._failure()
        if found & set(self.skipped_states):
            raise self._skip()
        done = sum(self._is_done(states, task_ids) for states in answer.states.values())
        return done == len(set(dates))

    def _is_done(self, states: dict[str, str], task_ids: list[str]) -> bool:
        there = {name.partition("[")[0] for name in states}
        if not states or not there.issuperset(task_ids):
            return False
        return all(state in self.allowed_states for state in states.values())

    def _count_runs(self, dates: list[Any], states: list[str]) -> int:
        answer = channel().ask(CountRuns(dag_id=self.external_dag_id, logical_dates=dates, states=states))
        if not isinstance(answer, Count):
            raise _unexpected(answer)
        return answer.count

    def _check_existence(self, task_ids: list[str]) -> None:
        answer = channel().ask(GetDag(dag_id=self.external_dag_id))
        spec: DagSpec | None = answer.spec if isinstance(answer, FoundDag) else None
        if spec is None:
            raise ExternalDagNotFoundError(
                f"The external DAG {self.external_dag_id} does not exist: check external_dag_id, or add its file."
            )
        known = {task.task_id for task in spec.tasks}
        for task_id in task_ids:
            if task_id not in known:
                raise ExternalTaskNotFoundError(
                    f"The external task {task_id} in DAG {self.external_dag_id} does not exist."
                )
        group_id = self.external_task_group_id
        if group_id and group_id not in {group.group_id for group in spec.groups}:
            raise ExternalTaskGroupNotFoundError(
                f"The external task group {group_id!r} in DAG {self.external_dag_id!r} does not exist."
            )

    # --- dates and words -----------------------------------------------------------------------------------------------

    def _dates(self, context: Any) -> list[Any]:
        own = context.get("logical_date") or timezone.coerce_datetime(context["dag_run"].run_after)
        if self.execution_delta is not None:
            return [own - self.execution_delta]
        if self.execution_date_fn is None:
            return [own]
        others = {key: context[key] for key in context if key not in ("logical_date", "execution_date")}
        result = make_kwargs_callable(self.execution_date_fn)(own, **{**others, "context": context})
        dates = result if isinstance(result, (list, tuple, set)) else [result]
        return [timezone.coerce_datetime(date) for date in dates]

    def _subject(self) -> str:
        if self.external_task_ids:
            return f"tasks {', '.join(self.external_task_ids)} of DAG {self.external_dag_id}"
        if self.external_task_group_id:
            return f"task group {self.external_task_group_id} of DAG {self.external_dag_id}"
        return f"DAG {self.external_dag_id}"

    def _failure(self) -> AirflowException:
        if self.soft_fail:
            return AirflowSkipException(f"Some of {self._subject()} failed. Skipping due to soft_fail.")
        if self.external_task_ids:
            return ExternalTaskFailedError(
                f"Some of the external tasks {list(self.external_task_ids)} in DAG {self.external_dag_id} failed."
            )
        if self.external_task_group_id:
            return ExternalTaskGroupFailedError(
                f"The external task_group {self.external_task_group_id!r} in DAG {self.external_dag_id!r} failed."
            )
        return ExternalDagFailedError(f"The external DAG {self.external_dag_id} failed.")

    def _skip(self) -> AirflowSkipException:
        return AirflowSkipException(f"Some of {self._subject()} reached one of skipped_states. Skipping.")

    def _check_states(self) -> None:
        given = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        if len(set(given)) != len(given):
            raise DuplicateStateError(
                "Duplicate values provided across allowed_states, skipped_states and failed_states "
                f"of ExternalTaskSensor {self.task_id!r}."
            )
        of_tasks = bool(self.external_task_ids or self.external_task_group_id)
        known = {state.value for state in (TaskState if of_tasks else RunState)}
        if unknown := sorted(set(given) - known):
            raise ValueError(
                f"ExternalTaskSensor {self.task_id!r} waits for states that a {'task' if of_tasks else 'run'} never "
                f"has: {', '.join(unknown)}. Valid are {', '.join(sorted(known))}."
            )


class ExternalTaskMarker(EmptyOperator):
    """Marks that a task of another DAG depends on this one: clearing this one recursively clears that one, too.

    `recursion_depth` bounds how many markers are followed one after the other.
    """

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: str | dt.datetime | None = "{{ logical_date.isoformat() }}",
        execution_date: str | dt.datetime | None = None,
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        moment = execution_date if execution_date is not None else logical_date
        if moment is not None and not isinstance(moment, (str, dt.datetime)):
            raise TypeError(f"Expected str or datetime.datetime type for logical_date. Got {type(moment)}")
        if recursion_depth <= 0:
            raise ValueError(
                f"recursion_depth of {self.task_id!r} should be a positive integer, not {recursion_depth}."
            )
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.logical_date = moment.isoformat() if isinstance(moment, dt.datetime) else moment
        self.recursion_depth = recursion_depth

    @property
    def execution_date(self) -> str | None:
        """Airflow 2's name of `logical_date`."""
        return self.logical_date


def _texts(states: Iterable[Any] | None) -> list[str]:
    # None stands for "no status" in Airflow.
    return ["none" if state is None else str(getattr(state, "value", state)) for state in states or ()]


def _unexpected(answer: Reply) -> AirflowException:
    return AirflowException(f"The state of what is waited for could not be read: {answer}.")
