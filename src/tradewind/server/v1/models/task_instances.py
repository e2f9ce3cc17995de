from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from pydantic import Field, model_validator

from tradewind.core.lists import Span
from tradewind.core.states import TaskState
from tradewind.server.bodies import MOST_INT, Answer, Body, Text
from tradewind.server.conventions import LARGEST, Moment
from tradewind.server.v1.models.dag_runs import Note
from tradewind.services.task_instances import Reach, Seen
from tradewind.store.bars import Version
from tradewind.store.instance_pages import InstanceQuery, Placed
from tradewind.store.run_pages import RunQuery

EXECUTOR = "LocalExecutor"
MapIndex = Annotated[int, Field(ge=-1, le=MOST_INT)]
Seconds = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]


class State(str, Enum):
    """Of a task instance; an answer has null for none."""

    SUCCESS = "success"
    RUNNING = "running"
    FAILED = "failed"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    QUEUED = "queued"
    SCHEDULED = "scheduled"
    DEFERRED = "deferred"
    REMOVED = "removed"
    RESTARTING = "restarting"


class StateAsked(str, Enum):
    NULL = "null"
    NONE = "none"
    SUCCESS = "success"
    RUNNING = "running"
    FAILED = "failed"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    QUEUED = "queued"
    SCHEDULED = "scheduled"
    DEFERRED = "deferred"
    REMOVED = "removed"
    RESTARTING = "restarting"


def own_states(wanted: Iterable[StateAsked | None]) -> list[TaskState]:
    return [TaskState.NONE if state in (None, StateAsked.NULL) else TaskState(state.value) for state in wanted]


class MarkedState(str, Enum):
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


class UpdateTaskInstance(Body):
    dry_run: bool = True
    new_state: MarkedState


class UpdateTaskInstancesState(Body):
    dry_run: bool = True
    task_id: Text
    execution_date: Moment | None = None
    dag_run_id: Text | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    new_state: MarkedState

    @model_validator(mode="after")
    def _one_run(self) -> UpdateTaskInstancesState:
        if (self.execution_date is None) == (self.dag_run_id is None):
            raise ValueError("Exactly one of execution_date or dag_run_id must be provided")
        return self

    def reach(self) -> Reach:
        return Reach(self.include_upstream, self.include_downstream, self.include_past, self.include_future)


class ClearTaskInstances(Body):
    dry_run: bool = True
    task_ids: Annotated[list[Text | tuple[Text, MapIndex]], Field(min_length=1)] | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    only_failed: bool = True
    only_running: bool = False
    include_subdags: bool = False
    include_parentdag: bool = False
    reset_dag_runs: bool = False
    dag_run_id: Text | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> ClearTaskInstances:
        if self.only_failed and self.only_running and {"only_failed", "only_running"} <= self.model_fields_set:
            raise ValueError("only_failed and only_running both are set to True")
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError("end_date is sooner than start_date")
        if self.dag_run_id and (self.start_date or self.end_date):
            raise ValueError("Exactly one of dag_run_id or (start_date and end_date) must be provided")
        return self


class SetTaskInstanceNote(Body):
    note: Note | None = None


class ListTaskInstanceForm(Body):
    dag_ids: list[Text] | None = None
    dag_run_ids: list[Text] | None = None
    task_ids: list[Text] | None = None
    execution_date_gte: Moment | None = None
    execution_date_lte: Moment | None = None
    start_date_gte: Moment | None = None
    start_date_lte: Moment | None = None
    end_date_gte: Moment | None = None
    end_date_lte: Moment | None = None
    duration_gte: Seconds | None = None
    duration_lte: Seconds | None = None
    state: list[StateAsked | None] | None = None
    pool: list[Text] | None = None
    queue: list[Text] | None = None
    executor: list[Text] | None = None
    page_offset: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    page_limit: Annotated[int, Field(ge=1, le=LARGEST)] = 100
    order_by: str | None = None

    def query(self, readable: frozenset[str] | None) -> InstanceQuery | None:
        """None: nothing can match."""
        if self.executor and EXECUTOR not in self.executor:
            return None
        return InstanceQuery(
            runs=RunQuery(
                readable=readable,
                dag_ids=self.dag_ids or None,
                logical_date=Span(gte=self.execution_date_gte, lte=self.execution_date_lte),
            ),
            run_ids=self.dag_run_ids or None,
            task_ids=self.task_ids or None,
            states=own_states(self.state or ()),
            pools=self.pool or (),
            queues=self.queue or (),
            start_date=Span(gte=self.start_date_gte, lte=self.start_date_lte),
            end_date=Span(gte=self.end_date_gte, lte=self.end_date_lte),
            duration_s=Span(gte=self.duration_gte, lte=self.duration_lte),
        )


class TaskInstance(Answer):
    task_id: str
    task_display_name: str
    dag_id: str
    dag_run_id: str
    execution_date: datetime
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: State | None
    try_number: int
    map_index: int
    max_tries: int
    hostname: str
    unixname: str
    pool: str
    pool_slots: int
    queue: str | None
    priority_weight: int | None
    operator: str | None
    queued_when: datetime | None
    pid: int | None
    executor: str | None = None
    executor_config: str = "{}"
    sla_miss: dict[str, Any] | None = None
    rendered_map_index: str | None = None
    rendered_fields: dict[str, Any] = Field(default_factory=dict)
    trigger: dict[str, Any] | None = None
    triggerer_job: dict[str, Any] | None = None
    note: str | None = None

    @classmethod
    def of(
        cls, placed: Placed, versions: Mapping[str, Version], rendered: Mapping[str, str] | None = None
    ) -> TaskInstance:
        instance = placed[1]
        fields = (rendered or {}).get(instance.try_id or "")
        return cls(
            **_shared(placed, versions),
            start_date=instance.start_date,
            end_date=instance.end_date,
            duration=instance.duration_s,
            state=_state(instance.state),
            try_number=instance.try_number,
            hostname=instance.hostname,
            unixname=instance.unixname,
            pool=instance.pool,
            queue=instance.queue,
            queued_when=instance.queued_at,
            pid=instance.pid,
            rendered_map_index=instance.rendered_map_index,
            rendered_fields=_object(fields),
            note=instance.note,
        )

    @classmethod
    def of_try(cls, seen: Seen, versions: Mapping[str, Version]) -> TaskInstance:
        made = seen.made
        is_over = made.start_date is not None and made.end_date is not None
        return cls(
            **_shared((seen.run, seen.instance), versions),
            start_date=made.start_date,
            end_date=made.end_date,
            duration=(made.end_date - made.start_date).total_seconds() if is_over else None,  # type: ignore[operator]
            state=_state(made.state),
            try_number=made.try_number,
            hostname=made.hostname,
            unixname=made.unixname,
            pool=made.pool,
            queue=made.queue,
            queued_when=made.queued_at,
            pid=made.pid,
        )


def _state(state: TaskState) -> State | None:
    return None if state is TaskState.NONE else State(state.value)


def _shared(placed: Placed, versions: Mapping[str, Version]) -> dict[str, Any]:
    run, instance = placed
    version = versions.get(run.version_id)
    tasks = () if version is None else version.spec.tasks
    task = next((task for task in tasks if task.task_id == instance.task_id), None)
    return {
        "task_id": instance.task_id,
        "task_display_name": (task.display_name if task is not None else "") or instance.task_id,
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "execution_date": run.logical_date or run.run_after,
        "map_index": instance.map_index,
        "max_tries": instance.max_tries,
        "pool_slots": instance.pool_slots,
        "priority_weight": instance.priority_weight,
        "operator": instance.operator or None,
        "executor": task.executor if task is not None else None,
    }


def _object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    # NaN and Infinity, which Python's json writes, are no JSON for others.
    found = json.loads(text, parse_constant=str)
    return found if isinstance(found, dict) else {}


class TaskInstanceCollection(Answer):
    task_instances: list[TaskInstance]
    total_entries: int


class TaskInstanceReference(Answer):
    task_id: str
    dag_id: str
    execution_date: datetime
    dag_run_id: str

    @classmethod
    def of(cls, placed: Placed) -> TaskInstanceReference:
        run, instance = placed
        return cls(
            task_id=instance.task_id,
            dag_id=run.dag_id,
            execution_date=run.logical_date or run.run_after,
            dag_run_id=run.run_id,
        )


class TaskInstanceReferenceCollection(Answer):
    task_instances: list[TaskInstanceReference]

    @classmethod
    def of(cls, found: Iterable[Placed]) -> TaskInstanceReferenceCollection:
        return cls(task_instances=[TaskInstanceReference.of(placed) for placed in found])


class TaskFailedDependency(Answer):
    name: str
    reason: str


class TaskInstanceDependencyCollection(Answer):
    dependencies: list[TaskFailedDependency]


class ExtraLinkCollection(Answer):
    """Name → address."""


class LogResponse(Answer):
    content: str
    continuation_token: str
