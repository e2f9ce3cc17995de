from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import Field

from tradewind.core.records import DagRecord
from tradewind.core.spec import DagSpec
from tradewind.server.bodies import Answer, Body
from tradewind.services.dag_lists import file_token


class TimeDelta(Answer):
    type: str = Field(default="TimeDelta", alias="__type")
    days: int
    seconds: int
    microseconds: int

    @classmethod
    def of(cls, seconds: float | None) -> TimeDelta | None:
        if seconds is None:
            return None
        delta = timedelta(seconds=seconds)
        return cls(days=delta.days, seconds=delta.seconds, microseconds=delta.microseconds)


class CronExpression(Answer):
    type: str = Field(default="CronExpression", alias="__type")
    value: str | None


class Tag(Answer):
    name: str


class DAGPatch(Body):
    is_paused: bool


class DAG(Answer):
    dag_id: str
    dag_display_name: str
    root_dag_id: str | None = None
    is_paused: bool | None
    is_active: bool | None
    is_subdag: bool = False
    last_parsed_time: datetime | None
    last_pickled: datetime | None = None
    last_expired: datetime | None = None
    scheduler_lock: bool | None = None
    pickle_id: str | None = None
    default_view: str | None
    fileloc: str
    file_token: str
    owners: list[str]
    description: str | None
    schedule_interval: CronExpression | TimeDelta | None
    timetable_description: str | None
    tags: list[Tag] | None
    max_active_tasks: int | None
    max_active_runs: int | None
    max_consecutive_failed_dag_runs: int | None
    has_task_concurrency_limits: bool | None
    has_import_errors: bool | None
    next_dagrun: datetime | None
    next_dagrun_data_interval_start: datetime | None
    next_dagrun_data_interval_end: datetime | None
    next_dagrun_create_after: datetime | None

    @classmethod
    def of(cls, dag: DagRecord) -> DAG:
        return cls(**_fields(dag))


class DAGDetail(DAG):
    timezone: str
    catchup: bool | None
    orientation: str | None
    concurrency: float | None
    start_date: datetime | None
    dag_run_timeout: TimeDelta | None
    dataset_expression: dict[str, Any] | None = None
    doc_md: str | None
    params: dict[str, Any]
    end_date: datetime | None
    is_paused_upon_creation: bool | None
    last_parsed: datetime | None
    template_search_path: list[str] | None
    render_template_as_native_obj: bool | None

    @classmethod
    def of(cls, dag: DagRecord) -> DAGDetail:
        spec = dag.spec
        return cls(
            **_fields(dag),
            timezone=spec.timezone,
            catchup=spec.catchup,
            orientation=spec.orientation,
            concurrency=spec.max_active_tasks,
            start_date=spec.start_date,
            dag_run_timeout=TimeDelta.of(spec.dagrun_timeout_s),
            doc_md=spec.doc_md,
            params=dict(spec.params),
            end_date=spec.end_date,
            is_paused_upon_creation=spec.is_paused_upon_creation,
            last_parsed=dag.last_parsed_at,
            template_search_path=list(spec.template_searchpath) or None,
            render_template_as_native_obj=spec.render_template_as_native_obj,
        )


class DAGCollection(Answer):
    dags: list[DAG]
    total_entries: int


def _fields(dag: DagRecord) -> dict[str, Any]:
    spec = dag.spec
    return {
        "dag_id": dag.dag_id,
        "dag_display_name": spec.display_name or dag.dag_id,
        "is_paused": dag.is_paused,
        "is_active": not dag.is_stale,
        "last_parsed_time": dag.last_parsed_at,
        "default_view": spec.default_view,
        "fileloc": dag.fileloc,
        "file_token": file_token(dag.fileloc),
        "owners": list(spec.owners),
        "description": spec.description or None,
        "schedule_interval": _schedule(spec),
        "timetable_description": spec.timetable.description or None,
        "tags": [Tag(name=tag) for tag in spec.tags],
        "max_active_tasks": spec.max_active_tasks,
        "max_active_runs": spec.max_active_runs,
        "max_consecutive_failed_dag_runs": spec.max_consecutive_failed_dag_runs,
        "has_task_concurrency_limits": any(
            task.max_active_tis_per_dag is not None or task.max_active_tis_per_dagrun is not None for task in spec.tasks
        ),
        "has_import_errors": dag.has_import_error,
        "next_dagrun": dag.next_logical_date,
        "next_dagrun_data_interval_start": dag.next_interval_start,
        "next_dagrun_data_interval_end": dag.next_interval_end,
        "next_dagrun_create_after": dag.next_run_after,
    }


_NO_SCHEDULE: Final = frozenset({"", "None"})


def _schedule(spec: DagSpec) -> CronExpression | TimeDelta | None:
    """What `schedule` says; of a schedule that is neither cron nor a time, its summary."""
    summary = spec.timetable.summary
    if not spec.timetable.can_be_scheduled or summary in _NO_SCHEDULE:
        return None
    return CronExpression(value=summary)


class DagStatsStateCollectionItem(Answer):
    state: str
    count: int


class DagStatsCollectionItem(Answer):
    dag_id: str
    stats: list[DagStatsStateCollectionItem] | None


class DagStatsCollection(Answer):
    dags: list[DagStatsCollectionItem]
    total_entries: int


class DagWarning(Answer):
    dag_id: str
    warning_type: str
    message: str
    timestamp: datetime


class DagWarningCollection(Answer):
    dag_warnings: list[DagWarning]
    total_entries: int


class DAGSource(Answer):
    content: str
