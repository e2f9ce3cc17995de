from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tradewind.core.lists import Span
from tradewind.core.states import TaskState
from tradewind.server.bodies import MOST_INT, Answer, Body, Text
from tradewind.server.conventions import LARGEST, Moment
from tradewind.server.v2.models.dag_runs import Note, Seconds
from tradewind.server.v2.models.dag_versions import DagVersionResponse
from tradewind.server.v2.models.installation import JobResponse
from tradewind.services.task_instances import Reach, Seen
from tradewind.store.bars import Version
from tradewind.store.instance_pages import InstanceQuery, Placed
from tradewind.store.run_pages import RunQuery

_NAMESPACE: Final = UUID("6f2f6d0e-7a8e-5c56-9d2b-3f7f4f6f6c1d")
EXECUTOR: Final = "LocalExecutor"
MapIndex = Annotated[int, Field(ge=-1, le=MOST_INT)]


class TaskInstanceState(str, Enum):
    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"


class StateAsked(str, Enum):
    """What a list can be asked for: the states, and three words for having none."""

    NONE = "none"
    NULL = "null"
    NO_STATUS = "no_status"
    REMOVED = "removed"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"
    UP_FOR_RETRY = "up_for_retry"
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    UPSTREAM_FAILED = "upstream_failed"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    AWAITING_INPUT = "awaiting_input"


_OWN: Final = {state.value: state for state in TaskState} | {"null": TaskState.NONE, "no_status": TaskState.NONE}


def own_states(wanted: list[StateAsked] | list[TaskInstanceState | None]) -> list[TaskState] | None:
    """None: states are asked for, and no instance can have one of them."""
    found = [_OWN[word] for word in ("none" if one is None else one.value for one in wanted) if word in _OWN]
    return None if wanted and not found else found


class MarkedState(str, Enum):
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


class PatchTaskInstanceBody(Body):
    new_state: MarkedState | None = None
    note: Note | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False

    def reach(self) -> Reach:
        return Reach(self.include_upstream, self.include_downstream, self.include_past, self.include_future)


class BulkTaskInstanceBody(PatchTaskInstanceBody):
    task_id: Text
    map_index: MapIndex | None = None
    dag_id: Text | None = None
    dag_run_id: Text | None = None


class ClearTaskInstancesBody(Body):
    dry_run: bool = True
    start_date: Moment | None = None
    end_date: Moment | None = None
    only_failed: bool = True
    only_running: bool = False
    reset_dag_runs: bool = True
    task_ids: Annotated[list[Text | tuple[Text, MapIndex]], Field(min_length=1)] | None = None
    """Task ids; with a map index, single instances."""
    dag_run_id: Text | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    run_on_latest_version: bool | None = None
    prevent_running_task: bool = False
    note: Note | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> ClearTaskInstancesBody:
        given = self.model_fields_set
        if self.only_failed and self.only_running and {"only_failed", "only_running"} <= given:
            raise ValueError("only_failed and only_running both are set to True")
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError("end_date is sooner than start_date")
        if self.dag_run_id and (self.start_date or self.end_date):
            raise ValueError("Exactly one of dag_run_id or (start_date and end_date) must be provided")
        return self


class TaskInstancesBatchBody(Body):
    dag_ids: list[Text] | None = None
    dag_run_ids: list[Text] | None = None
    task_ids: list[Text] | None = None
    state: list[TaskInstanceState | None] | None = None
    pool: list[Text] | None = None
    queue: list[Text] | None = None
    executor: list[Text] | None = None
    page_offset: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    page_limit: Annotated[int, Field(ge=0, le=LARGEST)] = 100
    order_by: str | None = None
    run_after_gte: Moment | None = None
    run_after_gt: Moment | None = None
    run_after_lte: Moment | None = None
    run_after_lt: Moment | None = None
    logical_date_gte: Moment | None = None
    logical_date_gt: Moment | None = None
    logical_date_lte: Moment | None = None
    logical_date_lt: Moment | None = None
    start_date_gte: Moment | None = None
    start_date_gt: Moment | None = None
    start_date_lte: Moment | None = None
    start_date_lt: Moment | None = None
    end_date_gte: Moment | None = None
    end_date_gt: Moment | None = None
    end_date_lte: Moment | None = None
    end_date_lt: Moment | None = None
    duration_gte: Seconds | None = None
    duration_gt: Seconds | None = None
    duration_lte: Seconds | None = None
    duration_lt: Seconds | None = None

    def _span(self, name: str) -> Span[Any]:
        return Span(**{end: getattr(self, f"{name}_{end}") for end in ("gte", "gt", "lte", "lt")})

    def query(self, readable: frozenset[str] | None) -> InstanceQuery | None:
        """None: nothing can match."""
        states = own_states(self.state or [])
        if states is None or (self.executor and EXECUTOR not in self.executor):
            return None
        return InstanceQuery(
            runs=RunQuery(
                readable=readable,
                dag_ids=self.dag_ids,
                run_after=self._span("run_after"),
                logical_date=self._span("logical_date"),
            ),
            run_ids=self.dag_run_ids,
            task_ids=self.task_ids,
            states=states,
            pools=self.pool or (),
            queues=self.queue or (),
            start_date=self._span("start_date"),
            end_date=self._span("end_date"),
            duration_s=self._span("duration"),
        )


class TriggerResponse(Answer):
    id: int
    classpath: str
    kwargs: str
    created_date: datetime
    queue: str | None = None
    triggerer_id: int | None = None


class _AnyInstance(Answer):
    """What an instance and each of its tries have in common."""

    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: TaskInstanceState | None
    try_number: int
    max_tries: int
    task_display_name: str
    dag_display_name: str
    hostname: str | None
    unixname: str | None
    pool: str
    pool_slots: int
    queue: str | None
    priority_weight: int | None
    operator: str | None
    operator_name: str | None
    queued_when: datetime | None
    scheduled_when: datetime | None
    pid: int | None
    executor: str | None = None
    """None: the one of the configuration."""
    executor_config: str = "{}"
    dag_version: DagVersionResponse | None


class TaskInstanceResponse(_AnyInstance):
    id: UUID
    logical_date: datetime | None
    run_after: datetime
    note: str | None
    rendered_map_index: str | None
    rendered_fields: dict[str, Any]
    """Template fields as the newest try saw them; empty in lists and when none were stored."""
    trigger: TriggerResponse | None = None
    triggerer_job: JobResponse | None = None

    @classmethod
    def of(
        cls, placed: Placed, versions: Mapping[str, Version], rendered: Mapping[str, str] | None = None
    ) -> TaskInstanceResponse:
        run, instance = placed
        fields = (rendered or {}).get(instance.try_id or "")
        return cls(
            **_shared(placed, versions.get(run.version_id)),
            id=uuid5(_NAMESPACE, f"{run.run_key} {instance.task_id} {instance.map_index}"),
            state=state_of(instance.state),
            try_number=instance.try_number,
            start_date=instance.start_date,
            end_date=instance.end_date,
            duration=instance.duration_s,
            hostname=instance.hostname or None,
            unixname=instance.unixname or None,
            pool=instance.pool,
            queue=instance.queue,
            queued_when=instance.queued_at,
            scheduled_when=instance.scheduled_at,
            pid=instance.pid,
            logical_date=run.logical_date,
            run_after=run.run_after,
            note=instance.note,
            rendered_map_index=instance.rendered_map_index,
            rendered_fields=_object(fields),
        )


class TaskInstanceCollectionResponse(Answer):
    task_instances: list[TaskInstanceResponse]
    total_entries: int | None = None
    total_entries_limit: int | None = None
    """Where counting stops: a total that reaches it means "at least that many"."""
    next_cursor: str | None = None
    previous_cursor: str | None = None


class NewTaskResponse(Answer):
    """A task that a run gets with another version of its DAG."""

    task_id: str
    task_display_name: str


class ClearedInstances(Answer):
    model_config = ConfigDict(title="ClearTaskInstanceCollectionResponse")

    task_instances: list[TaskInstanceResponse | NewTaskResponse]
    total_entries: int


class TaskInstanceHistoryResponse(_AnyInstance):
    @classmethod
    def of(cls, seen: Seen, versions: Mapping[str, Version]) -> TaskInstanceHistoryResponse:
        made = seen.made
        is_over = made.start_date is not None and made.end_date is not None
        return cls(
            **_shared((seen.run, seen.instance), versions.get(made.version_id)),
            state=state_of(made.state),
            try_number=made.try_number,
            start_date=made.start_date,
            end_date=made.end_date,
            duration=(made.end_date - made.start_date).total_seconds() if is_over else None,  # type: ignore[operator]
            hostname=made.hostname or None,
            unixname=made.unixname or None,
            pool=made.pool,
            queue=made.queue,
            queued_when=made.queued_at,
            scheduled_when=None,
            pid=made.pid,
        )


class TaskInstanceHistoryCollectionResponse(Answer):
    task_instances: list[TaskInstanceHistoryResponse]
    total_entries: int


def state_of(state: TaskState) -> TaskInstanceState | None:
    return None if state is TaskState.NONE else TaskInstanceState(state.value)


def _shared(placed: Placed, version: Version | None) -> dict[str, Any]:
    run, instance = placed
    tasks = () if version is None else version.spec.tasks
    task = next((task for task in tasks if task.task_id == instance.task_id), None)
    return {
        "task_id": instance.task_id,
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "map_index": instance.map_index,
        "max_tries": instance.max_tries,
        "task_display_name": (task.display_name if task is not None else "") or instance.task_id,
        "dag_display_name": (version.spec.display_name if version is not None else "") or run.dag_id,
        "pool_slots": instance.pool_slots,
        "priority_weight": instance.priority_weight,
        "operator": instance.operator or None,
        "operator_name": instance.operator or None,
        "executor": task.executor if task is not None else None,
        "dag_version": None if version is None else DagVersionResponse.of(version),
    }


def _object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    # NaN and Infinity, which Python's json writes, are no JSON for others.
    found = json.loads(text, parse_constant=str)
    return found if isinstance(found, dict) else {}


class TaskDependencyResponse(Answer):
    name: str
    reason: str


class TaskDependencyCollectionResponse(Answer):
    dependencies: list[TaskDependencyResponse]


class ExtraLinkCollectionResponse(Answer):
    extra_links: dict[str, str | None]
    total_entries: int


class ExternalLogUrlResponse(Answer):
    url: str


class StructuredLogMessage(BaseModel):
    """A line of a log, with whatever was logged beside its text."""

    model_config = ConfigDict(extra="allow")

    timestamp: datetime | None = None
    event: str


class TaskInstancesLogResponse(Answer):
    content: list[StructuredLogMessage]
    continuation_token: str | None
