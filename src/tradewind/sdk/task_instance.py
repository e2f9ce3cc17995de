"""The task instance as a running task sees it: `ti`."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterable, Mapping
from datetime import datetime
from datetime import timezone as dt_timezone
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from tradewind.configuration import conf
from tradewind.core.messages import (
    Count,
    CountInstances,
    CountRuns,
    FoundRun,
    GetInstanceStates,
    GetRun,
    GetXCom,
    SetXCom,
    States,
)
from tradewind.core.states import TaskState
from tradewind.sdk import timezone, xcom_codec
from tradewind.sdk.channel import Channel, channel
from tradewind.sdk.context import current_context_or_none
from tradewind.sdk.dag_run import DagRunView, previous_run
from tradewind.sdk.exceptions import UnmappableXComLengthPushed, UnmappableXComTypePushed, XComForMappingNotPushed
from tradewind.sdk.skipmixin import XCOM_SKIPMIXIN_KEY
from tradewind.sdk.types import NOTSET, ArgNotSet, task_state_for
from tradewind.sdk.xcom import LazyXComSequence, ask, set_request
from tradewind.sdk.xcom_arg import XCOM_RETURN_KEY

if TYPE_CHECKING:
    from tradewind.core.messages import TaskTry


class TaskInstanceKey(NamedTuple):
    """Names one try of one task instance."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1

    @property
    def primary(self) -> tuple[str, str, str, int]:
        return self.dag_id, self.task_id, self.run_id, self.map_index

    def with_try_number(self, try_number: int) -> TaskInstanceKey:
        return self._replace(try_number=try_number)

    @property
    def key(self) -> TaskInstanceKey:
        return self


class RuntimeTaskInstance:
    """One try of one task instance.

    What the task pushes and asks goes through the channel of this process, or through the one given. `recorded_skips`
    and `recorded_xcoms` collect what a branch decided; the runtime sends them with the end of the try.
    """

    def __init__(
        self,
        task_try: TaskTry,
        task: Any,
        *,
        channel: Channel | None = None,
        dag_run: DagRunView | None = None,
        start_date: datetime | None = None,
    ) -> None:
        self.task_try = task_try
        self.task = task
        self._through = channel
        self._dag_run = dag_run
        self.dialect: int = getattr(getattr(task, "dag", None), "dialect", 2)
        self.id = task_try.try_id
        self.dag_id = task_try.run.dag_id
        self.run_id = task_try.run.run_id
        self.task_id = task_try.task_id
        self.map_index = task_try.map_index
        self.try_number = task_try.try_number
        self.max_tries = task_try.max_tries
        self.pool = task_try.pool
        self.queue = task_try.queue
        self.priority_weight = task_try.priority_weight
        self.test_mode = task_try.test_mode
        self.reschedule_count = task_try.reschedule_count
        self.map_lengths: Mapping[str, int] = task_try.map_lengths
        self._state: str = TaskState.RUNNING
        self._start_date: Any = start_date or datetime.now(dt_timezone.utc)
        self.end_date: Any = None
        self.pid = os.getpid()
        self.rendered_map_index: str | None = None
        self.note: str | None = None
        self.job_id: int | None = None
        self.external_executor_id: str | None = None
        self.next_method = task_try.next_method
        self.recorded_skips: list[str] = []
        self.recorded_xcoms: list[SetXCom] = []

    def __repr__(self) -> str:
        mapped = f" map_index={self.map_index}" if self.map_index >= 0 else ""
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id}{mapped} [{TaskState(self._state)!s}]>"

    # --- what it is ---------------------------------------------------------------------------------------------------------

    @property
    def dag_run(self) -> DagRunView:
        if self._dag_run is None:
            self._dag_run = DagRunView(self.task_try.run, self.dialect)
        return self._dag_run

    @property
    def state(self) -> Any:
        return task_state_for(self._state, self.dialect)

    @state.setter
    def state(self, value: Any) -> None:
        self._state = value

    @property
    def start_date(self) -> Any:
        # Made a time of pendulum when it is read: few tasks do.
        return timezone.convert_to_utc(self._start_date)

    @start_date.setter
    def start_date(self, value: Any) -> None:
        self._start_date = value

    def get_dagrun(self, session: Any = None) -> DagRunView:
        return self.dag_run

    @property
    def key(self) -> TaskInstanceKey:
        return TaskInstanceKey(self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    @property
    def logical_date(self) -> Any:
        return self.dag_run.logical_date

    @property
    def is_mapped(self) -> bool:
        return self.map_index >= 0

    @property
    def execution_date(self) -> Any:
        return self.dag_run.execution_date

    @property
    def operator(self) -> str:
        return str(self.task.task_type)

    @property
    def operator_name(self) -> str:
        return str(self.task.operator_name)

    @property
    def task_display_name(self) -> str:
        return str(self.task.task_display_name)

    @property
    def pool_slots(self) -> int:
        return int(self.task.pool_slots)

    @property
    def executor_config(self) -> Any:
        return self.task.executor_config

    @property
    def run_as_user(self) -> str | None:
        user: str | None = self.task.run_as_user
        return user

    @property
    def hostname(self) -> str:
        return socket.gethostname()

    @property
    def unixname(self) -> str:
        return getpass.getuser()

    @property
    def queued_dttm(self) -> Any:
        return timezone.convert_to_utc(self.task_try.queued_at)

    @property
    def first_started_at(self) -> datetime | None:
        """When this try first ran, if it is running again after a reschedule."""
        return self.task_try.first_started_at

    @property
    def duration(self) -> float | None:
        """Seconds since the start."""
        return float(((self.end_date or timezone.utcnow()) - self.start_date).total_seconds())

    @property
    def prev_attempted_tries(self) -> int:
        return self.try_number

    @property
    def next_try_number(self) -> int:
        return self.try_number + 1

    @property
    def is_premature(self) -> bool:
        """Whether it waits for a retry that is not due; a running one never does."""
        return False

    def is_eligible_to_retry(self) -> bool:
        return self.try_number <= self.max_tries

    def current_state(self, session: Any = None) -> Any:
        return self.state

    @property
    def stats_tags(self) -> dict[str, str]:
        return {"dag_id": self.dag_id, "task_id": self.task_id}

    def _page(self, **query: Any) -> str:
        base = str(conf.get("api", "base_url", fallback="") or conf.get("webserver", "base_url", fallback="") or "")
        if not base:
            scheme = "https" if conf.get("api", "ssl_cert", fallback="") else "http"
            base = f"{scheme}://localhost:{conf.get('api', 'port', fallback='8080')}"
        path = f"/dags/{quote(self.dag_id, safe='')}/runs/{quote(self.run_id, safe='')}/tasks/{quote(self.task_id, safe='')}"
        if self.map_index >= 0:
            path += f"/mapped/{self.map_index}"
        return base.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")

    @property
    def log_url(self) -> str:
        """The page with this try's log."""
        return self._page(try_number=self.try_number)

    @property
    def mark_success_url(self) -> str:
        return self._page()

    def get_template_context(self, session: Any = None, ignore_param_exceptions: bool = True) -> Any:
        """The context of the task that is running."""
        return current_context_or_none()

    def render_templates(self, context: Any = None, jinja_env: Any = None) -> Any:
        """Render the task's template fields. Gives the task as it was before."""
        original = self.task
        rendered = original.render_template_fields(context or self.get_template_context(), jinja_env)
        if rendered is not None:
            self.task = rendered
        return original

    # --- XCom -----------------------------------------------------------------------------------------------------------------

    def _ask(self, request: Any) -> Any:
        return (self._through or channel()).ask(request)

    def xcom_push(self, key: str, value: Any, execution_date: Any = None, session: Any = None) -> None:
        """Leave a value for other tasks. It is kept at once, also when the task fails later on."""
        (self._through or channel()).tell(self._set(key, value))

    def _set(self, key: str, value: Any) -> SetXCom:
        return set_request(
            dag_id=self.dag_id,
            run_id=self.run_id,
            task_id=self.task_id,
            key=key,
            value=value,
            map_index=self.map_index,
        )

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str = XCOM_RETURN_KEY,
        include_prior_dates: bool = False,
        session: Any = None,
        *,
        map_indexes: Any = NOTSET,
        default: Any = None,
        run_id: str | None = None,
    ) -> Any:
        """A value that a task of this run pushed; `default` when there is none.

        One task id gives one value, or a lazy list of all when that task is mapped; several ids give a list. Without
        task ids, in dialect 2 the value pushed last under this key by any task, in dialect 3 this task's own. With several
        ids, dialect 3 has a default for every missing value where dialect 2 leaves it out.
        """
        if task_ids is None and self.dialect >= 3:
            task_ids = self.task_id
        several_ids = None if task_ids is None or isinstance(task_ids, str) else list(task_ids)
        if map_indexes is None:
            map_indexes = NOTSET
        several_indexes = isinstance(map_indexes, Iterable) and not isinstance(map_indexes, str)
        indexes = None
        if not isinstance(map_indexes, ArgNotSet):
            indexes = [int(index) for index in map_indexes] if several_indexes else [int(map_indexes)]
        request = GetXCom(
            dag_id=dag_id or self.dag_id,
            run_id=run_id or self.run_id,
            key=key,
            task_ids=several_ids if several_ids is not None else None if task_ids is None else [str(task_ids)],
            map_indexes=indexes,
            include_prior_dates=include_prior_dates,
        )
        found = ask(request, self._through)
        if several_ids is None and not several_indexes:
            if not found:
                return default
            if indexes is not None or found[0].map_index < 0:
                return xcom_codec.decode(found[0].value)
            mapped = [item for item in found if item.task_id == found[0].task_id]
            return [xcom_codec.decode(item.value) for item in sorted(mapped, key=lambda item: item.map_index)]
        if self.dialect < 3:
            return [xcom_codec.decode(item.value) for item in found]
        return self._in_asked_order(found, request, default)

    @staticmethod
    def _in_asked_order(found: list[Any], request: GetXCom, default: Any) -> list[Any]:
        values: list[Any] = []
        for task_id in request.task_ids or ():
            own = [item for item in found if item.task_id == task_id]
            if request.map_indexes is None:
                values.extend([xcom_codec.decode(item.value) for item in own] or [default])
                continue
            for index in request.map_indexes:
                item = next((item for item in own if item.map_index == index), None)
                values.append(default if item is None else xcom_codec.decode(item.value))
        return values

    def relevant_map_indexes(self, upstream: Any) -> int | ArgNotSet:
        """This instance's own index when both are in one mapped group; NOTSET, meaning all of them, otherwise."""
        own_groups = list(self.task.iter_mapped_task_groups())
        shared = any(any(group is own for own in own_groups) for group in upstream.iter_mapped_task_groups())
        return self.map_index if shared and not upstream.is_mapped else NOTSET

    def all_results(self, upstream: Any, key: str = XCOM_RETURN_KEY) -> LazyXComSequence:
        """What all instances of a mapped task pushed under `key`, in order."""
        request = GetXCom(dag_id=self.dag_id, run_id=self.run_id, key=key, task_ids=[upstream.task_id])
        return LazyXComSequence(request, self._through)

    def result_xcoms(self, result: Any) -> list[SetXCom]:
        """What the task's return value becomes: `return_value`, and one XCom for each key with `multiple_outputs`.

        Raises when the value cannot be kept, or when others are mapped over this task and it is nothing to map over.
        """
        mapped_over = self._is_mapped_over()
        if result is None or not self.task.do_xcom_push:
            if mapped_over and self.map_index < 0:
                raise XComForMappingNotPushed()
            return []
        if mapped_over and self.map_index < 0:
            length = xcom_codec.length_of(result)
            if length is None:
                raise UnmappableXComTypePushed(result)
            longest = conf.getint("core", "max_map_length", fallback=1024)
            if length > longest:
                raise UnmappableXComLengthPushed(result, longest)
        xcoms = []
        if getattr(self.task, "multiple_outputs", False):
            if not isinstance(result, Mapping):
                raise TypeError(
                    f"Task {self.task_id!r} has multiple_outputs, so it must return a dict; it returned "
                    f"{type(result).__name__}."
                )
            for key in result:
                if not isinstance(key, str):
                    raise TypeError(
                        f"Task {self.task_id!r} has multiple_outputs, so its keys must be text; one is {key!r}."
                    )
            xcoms = [self._set(key, value) for key, value in result.items()]
        return [*xcoms, self._set(XCOM_RETURN_KEY, result)]

    def _is_mapped_over(self) -> bool:
        dag = getattr(self.task, "dag", None)
        if dag is None:
            return False
        return self.task_id in dag.mapped_over_ids

    # --- skipping -------------------------------------------------------------------------------------------------------------

    def skip(self, task_ids: Iterable[str], decision: Mapping[str, Any] | None = None) -> None:
        """Skip these tasks when this one ends with success; `decision` is kept, so that it holds after a clear."""
        self.recorded_skips.extend(task_id for task_id in task_ids if task_id not in self.recorded_skips)
        if decision:
            self.recorded_xcoms.append(self._set(XCOM_SKIPMIXIN_KEY, dict(decision)))

    # --- other runs and instances -----------------------------------------------------------------------------------------------

    def get_previous_dagrun(self, state: Any = None, session: Any = None) -> DagRunView | None:
        """The run before this one."""
        return previous_run(self.task_try.run, self.dialect, state)

    def get_previous_execution_date(self, state: Any = None, session: Any = None) -> Any:
        run = self.get_previous_dagrun(state)
        return run.logical_date if run is not None else None

    def get_previous_start_date(self, state: Any = None, session: Any = None) -> Any:
        run = self.get_previous_dagrun(state)
        return run.start_date if run is not None else None

    def get_first_reschedule_date(self, context: Any = None) -> Any:
        return timezone.convert_to_utc(self.task_try.first_started_at)

    @staticmethod
    def get_ti_count(
        dag_id: str,
        map_index: int | None = None,
        task_ids: list[str] | None = None,
        task_group_id: str | None = None,
        logical_dates: list[datetime] | None = None,
        run_ids: list[str] | None = None,
        states: list[str] | None = None,
    ) -> int:
        """Number of task instances that match; what is None matches all."""
        answer = channel().ask(
            CountInstances(
                dag_id=dag_id,
                map_index=map_index,
                task_ids=task_ids,
                task_group_id=task_group_id,
                logical_dates=logical_dates,
                run_ids=run_ids,
                states=[str(state) for state in states] if states is not None else None,
            )
        )
        return answer.count if isinstance(answer, Count) else 0

    @staticmethod
    def get_task_states(
        dag_id: str,
        map_index: int | None = None,
        task_ids: list[str] | None = None,
        task_group_id: str | None = None,
        logical_dates: list[datetime] | None = None,
        run_ids: list[str] | None = None,
    ) -> dict[str, dict[str, str]]:
        """Run id → task id → state."""
        answer = channel().ask(
            GetInstanceStates(
                dag_id=dag_id,
                map_index=map_index,
                task_ids=task_ids,
                task_group_id=task_group_id,
                logical_dates=logical_dates,
                run_ids=run_ids,
            )
        )
        return answer.states if isinstance(answer, States) else {}

    @staticmethod
    def get_dr_count(
        dag_id: str,
        logical_dates: list[datetime] | None = None,
        run_ids: list[str] | None = None,
        states: list[str] | None = None,
    ) -> int:
        """Number of runs that match."""
        answer = channel().ask(
            CountRuns(
                dag_id=dag_id,
                logical_dates=logical_dates,
                run_ids=run_ids,
                states=[str(state) for state in states] if states is not None else None,
            )
        )
        return answer.count if isinstance(answer, Count) else 0

    @staticmethod
    def get_dagrun_state(dag_id: str, run_id: str) -> str:
        """State of a run; empty when there is none."""
        answer = channel().ask(GetRun(dag_id=dag_id, run_id=run_id))
        return answer.run.state if isinstance(answer, FoundRun) and answer.run is not None else ""


TaskInstance = RuntimeTaskInstance
