"""DAGs, their versions, tasks and runs, as Airflow 3 shapes them."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from tradewind.core.graph import Graph
from tradewind.core.records import DagRecord, InstanceRecord, RunRecord, TryRecord, XComRecord
from tradewind.core.spec import TaskSpec
from tradewind.server.bodies import Answer, Body, Text
from tradewind.server.conventions import Moment
from tradewind.store.bars import Version

BUNDLE = "dags-folder"
RunType = Literal["backfill", "scheduled", "manual", "asset_triggered", "operator_triggered", "asset_materialization"]
RunState = Literal["queued", "running", "success", "failed"]


def uuid_of(*names: str) -> uuid.UUID:
    """The same id for the same names: for what has no id of its own here."""
    return uuid.UUID(bytes=hashlib.sha256("\0".join(names).encode()).digest()[:16], version=5)


def file_token(fileloc: str) -> str:
    return base64.urlsafe_b64encode(fileloc.encode()).decode().rstrip("=")


class DagTag(Answer):
    name: str
    dag_id: str
    dag_display_name: str


class DagVersion(Answer):
    id: uuid.UUID
    version_number: int
    dag_id: str
    dag_display_name: str
    bundle_name: str | None = BUNDLE
    bundle_version: str | None = None
    bundle_url: str | None = None
    created_at: datetime

    @classmethod
    def of(cls, version: Version) -> DagVersion:
        return cls(
            id=uuid_of("version", version.version_id),
            version_number=version.number,
            dag_id=version.dag_id,
            dag_display_name=version.spec.display_name or version.dag_id,
            created_at=version.created_at,
        )


class DagVersions(Answer):
    dag_versions: list[DagVersion]
    total_entries: int


class Dag(Answer):
    dag_id: str
    dag_display_name: str
    is_paused: bool
    is_stale: bool
    last_parsed_time: datetime | None
    last_parse_duration: float | None = None
    last_expired: datetime | None = None
    bundle_name: str | None = BUNDLE
    bundle_version: str | None = None
    relative_fileloc: str | None
    fileloc: str
    description: str | None
    timetable_summary: str | None
    timetable_description: str | None
    timetable_partitioned: bool = False
    timetable_periodic: bool
    tags: list[DagTag]
    max_active_tasks: int
    max_active_runs: int | None
    max_consecutive_failed_dag_runs: int
    has_task_concurrency_limits: bool
    has_import_errors: bool
    next_dagrun_logical_date: datetime | None
    next_dagrun_data_interval_start: datetime | None
    next_dagrun_data_interval_end: datetime | None
    next_dagrun_run_after: datetime | None
    owners: list[str]
    allowed_run_types: list[RunType] | None = None
    is_backfillable: bool
    file_token: str

    @classmethod
    def fields_of(cls, dag: DagRecord) -> dict[str, Any]:
        spec = dag.spec
        name = spec.display_name or dag.dag_id
        return {
            "dag_id": dag.dag_id,
            "dag_display_name": name,
            "is_paused": dag.is_paused,
            "is_stale": dag.is_stale,
            "last_parsed_time": dag.last_parsed_at,
            "relative_fileloc": dag.relative_fileloc,
            "fileloc": dag.fileloc,
            "description": spec.description or None,
            "timetable_summary": spec.timetable.summary or None,
            "timetable_description": spec.timetable.description or None,
            "timetable_periodic": spec.timetable.can_be_scheduled,
            "tags": [DagTag(name=tag, dag_id=dag.dag_id, dag_display_name=name) for tag in sorted(spec.tags)],
            "max_active_tasks": spec.max_active_tasks,
            "max_active_runs": spec.max_active_runs,
            "max_consecutive_failed_dag_runs": spec.max_consecutive_failed_dag_runs,
            "has_task_concurrency_limits": any(task.max_active_tis_per_dag is not None for task in spec.tasks),
            "has_import_errors": dag.has_import_error,
            "next_dagrun_logical_date": dag.next_logical_date,
            "next_dagrun_data_interval_start": dag.next_interval_start,
            "next_dagrun_data_interval_end": dag.next_interval_end,
            "next_dagrun_run_after": dag.next_run_after,
            "owners": list(spec.owners),
            "is_backfillable": spec.timetable.can_be_scheduled,
            "file_token": file_token(dag.fileloc),
        }

    @classmethod
    def of(cls, dag: DagRecord) -> Dag:
        return cls(**cls.fields_of(dag))


class Dags(Answer):
    dags: list[Dag]
    total_entries: int


class DagDetails(Dag):
    catchup: bool
    dag_run_timeout: str | None
    asset_expression: dict[str, Any] | None = None
    doc_md: str | None
    start_date: datetime | None
    end_date: datetime | None
    is_paused_upon_creation: bool | None
    params: dict[str, Any] | None
    render_template_as_native_obj: bool
    template_search_path: list[str] | None
    timezone: str | None
    last_parsed: datetime | None
    default_args: dict[str, Any] | None = None
    owner_links: dict[str, str] | None
    is_favorite: bool
    active_runs_count: int
    rerun_with_latest_version: bool | None = None
    concurrency: int
    latest_dag_version: DagVersion | None

    @classmethod
    def of_version(cls, dag: DagRecord, version: Version | None, *, is_favourite: bool, active_runs: int) -> DagDetails:
        spec = dag.spec
        return cls(
            **cls.fields_of(dag),
            catchup=spec.catchup,
            dag_run_timeout=None if spec.dagrun_timeout_s is None else iso_duration(spec.dagrun_timeout_s),
            doc_md=spec.doc_md,
            start_date=spec.start_date,
            end_date=spec.end_date,
            is_paused_upon_creation=spec.is_paused_upon_creation,
            params={name: dict(declared) for name, declared in spec.params.items()},
            render_template_as_native_obj=spec.render_template_as_native_obj,
            template_search_path=list(spec.template_searchpath) or None,
            timezone=spec.timezone,
            last_parsed=dag.last_parsed_at,
            owner_links=dict(spec.owner_links),
            is_favorite=is_favourite,
            active_runs_count=active_runs,
            concurrency=spec.max_active_tasks,
            latest_dag_version=None if version is None else DagVersion.of(version),
        )


def iso_duration(seconds: float) -> str:
    """ISO 8601: `PT90S`."""
    return f"PT{seconds:g}S"


class DagPatch(Body):
    is_paused: bool


class DagTags(Answer):
    tags: list[str]
    total_entries: int


class DagSource(Answer):
    content: str | None
    dag_id: str
    version_number: int | None
    dag_display_name: str


class StateCount(Answer):
    state: RunState
    count: int


class DagStats(Answer):
    dag_id: str
    dag_display_name: str
    stats: list[StateCount]


class DagStatsList(Answer):
    dags: list[DagStats]
    total_entries: int


class TimeDelta(Answer):
    type: Literal["TimeDelta"] = Field(default="TimeDelta", serialization_alias="__type")
    days: int
    seconds: int
    microseconds: int

    @classmethod
    def of(cls, seconds: float | None) -> TimeDelta | None:
        if seconds is None:
            return None
        whole, part = divmod(round(seconds * 1_000_000), 1_000_000)
        return cls(days=whole // 86_400, seconds=whole % 86_400, microseconds=part)


class Task(Answer):
    task_id: str | None
    task_display_name: str | None
    owner: str | None
    start_date: datetime | None
    end_date: datetime | None
    trigger_rule: str | None
    depends_on_past: bool
    wait_for_downstream: bool
    retries: float | None
    queue: str | None
    pool: str | None
    pool_slots: float | None
    execution_timeout: TimeDelta | None
    retry_delay: TimeDelta | None
    retry_exponential_backoff: float
    priority_weight: float | None
    weight_rule: str | None
    ui_color: str | None
    ui_fgcolor: str | None
    template_fields: list[str] | None
    downstream_task_ids: list[str] | None
    doc_md: str | None
    operator_name: str | None
    params: dict[str, Any] | None
    class_ref: dict[str, Any] | None
    is_mapped: bool | None
    extra_links: list[str]

    @classmethod
    def of(cls, task: TaskSpec, graph: Graph) -> Task:
        return cls(
            task_id=task.task_id,
            task_display_name=task.display_name or task.task_id,
            owner=task.owner,
            start_date=task.start_date,
            end_date=task.end_date,
            trigger_rule=task.trigger_rule.value,
            depends_on_past=task.depends_on_past,
            wait_for_downstream=task.wait_for_downstream,
            retries=task.retries,
            queue=task.queue,
            pool=task.pool,
            pool_slots=task.pool_slots,
            execution_timeout=TimeDelta.of(task.execution_timeout_s),
            retry_delay=TimeDelta.of(task.retry_delay_s),
            retry_exponential_backoff=task.retry_multiplier,
            priority_weight=task.priority_weight,
            weight_rule=str(getattr(task.weight_rule, "value", task.weight_rule)),
            ui_color=task.ui_color,
            ui_fgcolor=task.ui_fgcolor,
            template_fields=list(task.template_fields),
            downstream_task_ids=sorted(graph.downstream_ids(task.task_id)),
            doc_md=task.doc_md,
            operator_name=task.operator,
            params={name: dict(declared) for name, declared in task.params.items()},
            class_ref={"module_path": task.module or None, "class_name": task.operator},
            is_mapped=task.is_mapped,
            extra_links=list(task.extra_links),
        )


class Tasks(Answer):
    tasks: list[Task]
    total_entries: int


# --- runs --------------------------------------------------------------------------------------------------------------


class DagRun(Answer):
    dag_run_id: str
    dag_id: str
    logical_date: datetime | None
    queued_at: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    last_scheduling_decision: datetime | None
    run_type: RunType
    state: RunState
    triggered_by: str | None
    triggering_user_name: str | None
    conf: dict[str, Any] | None
    note: str | None
    dag_versions: list[DagVersion]
    bundle_version: str | None = None
    dag_display_name: str
    partition_key: str | None = None
    partition_date: datetime | None = None

    @classmethod
    def of(cls, run: RunRecord, conf: dict[str, Any], versions: Mapping[str, Version]) -> DagRun:
        version = versions.get(run.version_id)
        duration = None
        if run.start_date is not None and run.end_date is not None:
            duration = (run.end_date - run.start_date).total_seconds()
        return cls(
            dag_run_id=run.run_id,
            dag_id=run.dag_id,
            logical_date=run.logical_date,
            queued_at=run.queued_at,
            start_date=run.start_date,
            end_date=run.end_date,
            duration=duration,
            data_interval_start=run.data_interval_start,
            data_interval_end=run.data_interval_end,
            run_after=run.run_after,
            last_scheduling_decision=run.start_date,
            run_type=run.run_type.value,
            state=run.state.value,
            triggered_by=_TRIGGERED_BY.get(run.triggered_by),
            triggering_user_name=run.triggering_user,
            conf=conf,
            note=run.note,
            dag_versions=[] if version is None else [DagVersion.of(version)],
            dag_display_name=(version.spec.display_name if version is not None else "") or run.dag_id,
        )


_TRIGGERED_BY = {
    "cli": "cli",
    "api": "rest_api",
    "ui": "ui",
    "engine": "timetable",
    "schedule": "timetable",
    "operator": "operator",
    "backfill": "backfill",
}


class DagRuns(Answer):
    dag_runs: list[DagRun]
    total_entries: int


class TriggerBody(Body):
    dag_run_id: Annotated[Text, Field(max_length=250)] | None = None
    data_interval_start: Moment | None = None
    data_interval_end: Moment | None = None
    logical_date: Moment | None
    """Must be there, and may be null."""
    run_after: Moment | None = None
    conf: dict[str, Any] | None = None
    note: Annotated[Text, Field(max_length=1000)] | None = None
    partition_key: Text | None = None


class DagRunPatch(Body):
    state: Literal["queued", "success", "failed"] | None = None
    note: Annotated[Text, Field(max_length=1000)] | None = None


class DagRunClear(Body):
    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool = False
    note: Annotated[Text, Field(max_length=1000)] | None = None


# --- task instances ----------------------------------------------------------------------------------------------------


class TaskInstance(Answer):
    id: uuid.UUID
    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int
    logical_date: datetime | None
    run_after: datetime
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: str | None
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
    executor_config: str = "{}"
    note: str | None
    rendered_map_index: str | None
    rendered_fields: dict[str, Any] = Field(default_factory=dict)
    trigger: None = None
    triggerer_job: None = None
    dag_version: DagVersion | None

    @classmethod
    def of(cls, run: RunRecord, instance: InstanceRecord, version: Version | None) -> TaskInstance:
        state = instance.state.value
        task = None
        if version is not None:
            task = next((one for one in version.spec.tasks if one.task_id == instance.task_id), None)
        return cls(
            id=uuid_of("instance", str(run.run_key), instance.task_id, str(instance.map_index)),
            task_id=instance.task_id,
            dag_id=run.dag_id,
            dag_run_id=run.run_id,
            map_index=instance.map_index,
            logical_date=run.logical_date,
            run_after=run.run_after,
            start_date=instance.start_date,
            end_date=instance.end_date,
            duration=instance.duration_s,
            state=None if state == "none" else state,
            try_number=instance.try_number,
            max_tries=instance.max_tries,
            task_display_name=(task.display_name if task is not None else "") or instance.task_id,
            dag_display_name=(version.spec.display_name if version is not None else "") or run.dag_id,
            hostname=instance.hostname,
            unixname=instance.unixname,
            pool=instance.pool,
            pool_slots=instance.pool_slots,
            queue=instance.queue,
            priority_weight=instance.priority_weight,
            operator=instance.operator,
            operator_name=instance.operator,
            queued_when=instance.queued_at,
            scheduled_when=instance.scheduled_at,
            pid=instance.pid,
            note=instance.note,
            rendered_map_index=instance.rendered_map_index,
            dag_version=None if version is None else DagVersion.of(version),
        )


class TaskInstances(Answer):
    task_instances: list[TaskInstance]
    total_entries: int


class TaskTry(Answer):
    task_id: str
    dag_id: str
    dag_run_id: str
    map_index: int
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    state: str | None
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
    executor: str | None
    executor_config: str = "{}"
    dag_version: DagVersion | None

    @classmethod
    def of(cls, run: RunRecord, instance: InstanceRecord, made: TryRecord, version: Version | None) -> TaskTry:
        whole = TaskInstance.of(run, instance, version).model_dump()
        spent = None
        if made.start_date is not None and made.end_date is not None:
            spent = (made.end_date - made.start_date).total_seconds()
        own = {
            "start_date": made.start_date,
            "end_date": made.end_date,
            "duration": spent,
            "state": made.state.value,
            "try_number": made.try_number,
            "hostname": made.hostname,
            "unixname": made.unixname,
            "pool": made.pool,
            "queue": made.queue,
            "queued_when": made.queued_at,
            "pid": made.pid,
            "executor": made.executor,
        }
        return cls(**{name: value for name, value in {**whole, **own}.items() if name in cls.model_fields})


class TaskTries(Answer):
    task_instances: list[TaskTry]
    total_entries: int


class ClearBody(Body):
    dry_run: bool = True
    start_date: Moment | None = None
    end_date: Moment | None = None
    only_failed: bool = True
    only_running: bool = False
    reset_dag_runs: bool = True
    task_ids: list[Text | tuple[Text, int]] | None = None
    dag_run_id: Text | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    run_on_latest_version: bool = False
    prevent_running_task: bool = False
    note: Annotated[Text, Field(max_length=1000)] | None = None


class InstancePatch(Body):
    new_state: Literal["success", "failed", "skipped"] | None = None
    note: Annotated[Text, Field(max_length=1000)] | None = None
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False


class LogLines(Answer):
    content: list[dict[str, Any]]
    continuation_token: str | None


class XCom(Answer):
    key: str
    timestamp: datetime
    logical_date: datetime | None
    map_index: int
    task_id: str
    dag_id: str
    run_id: str
    dag_display_name: str
    task_display_name: str
    run_after: datetime

    @classmethod
    def fields_of(cls, run: RunRecord, found: XComRecord) -> dict[str, Any]:
        return {
            "key": found.key,
            "timestamp": found.created_at or run.run_after,
            "logical_date": run.logical_date,
            "map_index": found.map_index,
            "task_id": found.task_id,
            "dag_id": run.dag_id,
            "run_id": run.run_id,
            "dag_display_name": run.dag_id,
            "task_display_name": found.task_id,
            "run_after": run.run_after,
        }

    @classmethod
    def of(cls, run: RunRecord, found: XComRecord) -> XCom:
        return cls(**cls.fields_of(run, found))


class XComs(Answer):
    xcom_entries: list[XCom]
    total_entries: int


class XComWithValue(XCom):
    value: Any
