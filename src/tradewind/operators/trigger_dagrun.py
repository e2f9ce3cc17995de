"""TriggerDagRunOperator: starts a run of another DAG, and may wait for its end."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

from tradewind.core.messages import AlreadyExists, FoundRun, GetRun, NotFound, Refused, RunInfo, TriggerRun
from tradewind.core.states import RunState
from tradewind.sdk import timezone
from tradewind.sdk.channel import channel
from tradewind.sdk.exceptions import (
    AirflowException,
    AirflowSkipException,
    DagNotFound,
    DagRunAlreadyExists,
)
from tradewind.sdk.operator import BaseOperator
from tradewind.sdk.sensor import SensorClock, SystemClock
from tradewind.sdk.types import NOTSET, is_arg_set

XCOM_RUN_ID = "trigger_run_id"
XCOM_LOGICAL_DATE_ISO = "trigger_logical_date_iso"
XCOM_EXECUTION_DATE_ISO = "trigger_execution_date_iso"


class DagIsPaused(AirflowException):
    """The DAG to trigger is paused, and the operator was told to mind that."""

    def __init__(self, dag_id: str) -> None:
        super().__init__(dag_id)
        self.dag_id = dag_id

    def __str__(self) -> str:
        return (
            f"DAG {self.dag_id!r} is paused, so no run of it was started. Unpause it, or drop fail_when_dag_is_paused."
        )


class TriggerDagRunOperator(BaseOperator):
    """Starts a run of `trigger_dag_id`.

    A run with the same id or logical date is an error, unless `reset_dag_run` (it is cleared and runs again) or
    `skip_when_already_exists` (this task is skipped). With `wait_for_completion` the task looks every `poke_interval`
    seconds until the run's state is one of `allowed_states` (success) or `failed_states` (this task fails).

    `deferrable` is accepted; until triggers exist the task waits in its own process, and says so in its log.
    """

    template_fields: Sequence[str] = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"conf": "py"}
    ui_color = "#ffefeb"

    clock: SensorClock = SystemClock()
    """By which it waits; tests replace it."""

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: str | None = None,
        conf: dict[str, Any] | str | None = None,
        logical_date: Any = NOTSET,
        execution_date: Any = NOTSET,
        run_after: Any = NOTSET,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: float = 60,
        allowed_states: Collection[Any] | None = None,
        failed_states: Collection[Any] | None = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        note: str | None = None,
        deferrable: bool = False,
        openlineage_inject_parent_info: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if is_arg_set(execution_date) and execution_date is not None:
            logical_date = execution_date
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        self.logical_date = _checked("logical_date", logical_date)
        self.run_after = _checked("run_after", run_after)
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval
        self.allowed_states = [RunState(_value(state)) for state in allowed_states or (RunState.SUCCESS,)]
        self.failed_states = [
            RunState(_value(state)) for state in ((RunState.FAILED,) if failed_states is None else failed_states)
        ]
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.note = note
        self.deferrable = deferrable
        self.openlineage_inject_parent_info = openlineage_inject_parent_info

    @property
    def execution_date(self) -> Any:
        """Airflow 2's name of `logical_date`."""
        return self.logical_date

    def execute(self, context: Any) -> None:
        run_after = _parsed(self.run_after) if is_arg_set(self.run_after) else None
        logical_date = _parsed(self.logical_date) if is_arg_set(self.logical_date) else None
        if not is_arg_set(self.logical_date) and run_after is None:
            logical_date = timezone.utcnow()
        request = TriggerRun(
            dag_id=self.trigger_dag_id,
            run_id=str(self.trigger_run_id) if self.trigger_run_id else None,
            logical_date=logical_date,
            run_after=run_after,
            conf=_conf_text(self.conf),
            reset_existing=self.reset_dag_run,
            fail_when_paused=self.fail_when_dag_is_paused,
            note=self.note,
        )
        run = start_run(request, skip_when_already_exists=_is_true(self.skip_when_already_exists))
        self.trigger_run_id = run.run_id
        self.log.info("Run %s of DAG %s was started.", run.run_id, run.dag_id)
        push_links(context["ti"], run)
        if not _is_true(self.wait_for_completion):
            return
        if self.deferrable:
            self.log.info("deferrable=True: there are no triggers yet, so this task waits in its own process.")
        wait_for_run(
            run,
            allowed=self.allowed_states,
            failed=self.failed_states,
            poke_interval=self.poke_interval,
            sleep=self.clock.sleep,
            log=self.log,
        )


def start_run(request: TriggerRun, *, skip_when_already_exists: bool = False) -> RunInfo:
    """Have a run started, and answer it.

    Raises DagNotFound, DagIsPaused, DagRunAlreadyExists, AirflowSkipException (with `skip_when_already_exists`), or
    AirflowException when it was refused for another reason.
    """
    answer = channel().ask(request)
    if isinstance(answer, FoundRun) and answer.run is not None:
        return answer.run
    if isinstance(answer, AlreadyExists):
        if skip_when_already_exists:
            raise AirflowSkipException(
                f"DAG {request.dag_id!r} has a run {answer.what!r} already, and skip_when_already_exists is set."
            )
        raise DagRunAlreadyExists(run_id=answer.what)
    if isinstance(answer, NotFound):
        raise DagNotFound(f"There is no DAG {request.dag_id!r} to trigger: check trigger_dag_id, or add its file.")
    if isinstance(answer, Refused):
        if request.fail_when_paused and "paused" in answer.why:
            raise DagIsPaused(request.dag_id)
        raise AirflowException(answer.why)
    raise AirflowException(f"DAG {request.dag_id!r} could not be triggered: {answer}.")


def push_links(ti: Any, run: RunInfo) -> None:
    """Keep which run was started, as XComs: what comes downstream, and the UI, look for it there."""
    ti.xcom_push(key=XCOM_RUN_ID, value=run.run_id)
    if run.logical_date is not None:
        ti.xcom_push(key=XCOM_LOGICAL_DATE_ISO, value=run.logical_date.isoformat())
        ti.xcom_push(key=XCOM_EXECUTION_DATE_ISO, value=run.logical_date.isoformat())


def wait_for_run(
    run: RunInfo,
    *,
    allowed: Collection[str],
    failed: Collection[str],
    poke_interval: float,
    sleep: Callable[[float], None],
    log: Any,
) -> None:
    """Return when the run is in an allowed state. Raises AirflowException when it is in a failed one, or gone."""
    while True:
        log.info("Waiting for run %s of DAG %s to be %s", run.run_id, run.dag_id, " or ".join(map(str, allowed)))
        sleep(poke_interval)
        answer = channel().ask(GetRun(dag_id=run.dag_id, run_id=run.run_id))
        found = answer.run if isinstance(answer, FoundRun) else None
        if found is None:
            raise AirflowException(
                f"Run {run.run_id!r} of DAG {run.dag_id!r} was deleted while this task waited for it."
            )
        if found.state in failed:
            raise AirflowException(f"{run.dag_id} failed with failed state {found.state}: see its run {run.run_id!r}.")
        if found.state in allowed:
            log.info("Run %s of DAG %s is %s", run.run_id, run.dag_id, found.state)
            return


def _checked(name: str, value: Any) -> Any:
    if value is None or not is_arg_set(value) or isinstance(value, (str, dt.datetime)):
        return value
    raise TypeError(f"Expected str or datetime.datetime type for {name}. Got {type(value)}")


def _parsed(value: Any) -> Any:
    if value is None or value == "" or value == "None":
        return None
    return timezone.parse(value) if isinstance(value, str) else timezone.coerce_datetime(value)


def _conf_text(conf: Any) -> str:
    try:
        if isinstance(conf, str) and conf:
            return json.dumps(json.loads(conf))
        return json.dumps(conf or {})
    except (TypeError, ValueError) as error:
        raise ValueError(f"conf parameter should be JSON Serializable: {conf!r} is not ({error}).") from error


def _is_true(value: Any) -> bool:
    """Templated flags arrive as text."""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "true", "t", "yes", "y", "on")
    return bool(value)


def _value(state: Any) -> Any:
    return getattr(state, "value", state)
