from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from tradewind.core.records import DagRecord
from tradewind.core.states import RunState
from tradewind.server.bodies import Answer, Body
from tradewind.server.v2.bundle import BUNDLE
from tradewind.server.v2.models.dag_versions import DagVersionResponse
from tradewind.services.dag_lists import file_token
from tradewind.store.bars import Version


class DagRunType(str, Enum):
    BACKFILL = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    OPERATOR_TRIGGERED = "operator_triggered"
    ASSET_TRIGGERED = "asset_triggered"
    ASSET_MATERIALIZATION = "asset_materialization"


class TagsMatchMode(str, Enum):
    ANY = "any"
    ALL = "all"


class DAGPatchBody(Body):
    is_paused: bool


class DagTagResponse(Answer):
    name: str
    dag_id: str
    dag_display_name: str


class DAGResponse(Answer):
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
    tags: list[DagTagResponse]
    max_active_tasks: int
    max_active_runs: int | None
    max_consecutive_failed_dag_runs: int
    has_task_concurrency_limits: bool
    has_import_errors: bool
    next_dagrun_logical_date: datetime | None
    next_dagrun_data_interval_start: datetime | None
    next_dagrun_data_interval_end: datetime | None
    next_dagrun_run_after: datetime | None
    allowed_run_types: list[DagRunType] | None = None
    owners: list[str]
    is_backfillable: bool
    file_token: str

    @classmethod
    def of(cls, dag: DagRecord) -> DAGResponse:
        return cls(**_fields(dag))


class DAGCollectionResponse(Answer):
    dags: list[DAGResponse]
    total_entries: int


class Details(NamedTuple):
    """A DAG and what stands around it."""

    dag: DagRecord
    version: Version | None
    is_favourite: bool
    active_runs: int


class DAGDetailsResponse(DAGResponse):
    catchup: bool
    dag_run_timeout: timedelta | None
    asset_expression: dict[str, Any] | None = None
    doc_md: str | None
    start_date: datetime | None
    end_date: datetime | None
    is_paused_upon_creation: bool | None
    params: dict[str, Any] | None
    render_template_as_native_obj: bool
    rerun_with_latest_version: bool | None = None
    template_search_path: list[str] | None
    timezone: str | None
    last_parsed: datetime | None
    default_args: dict[str, Any] | None = None
    """None: arguments are kept with the tasks that have them."""
    owner_links: dict[str, str] | None
    is_favorite: bool
    active_runs_count: int
    concurrency: int
    latest_dag_version: DagVersionResponse | None

    @classmethod
    def of_details(cls, details: Details) -> DAGDetailsResponse:
        dag, spec = details.dag, details.dag.spec
        return cls(
            **_fields(dag),
            catchup=spec.catchup,
            dag_run_timeout=None if spec.dagrun_timeout_s is None else timedelta(seconds=spec.dagrun_timeout_s),
            doc_md=spec.doc_md,
            start_date=spec.start_date,
            end_date=spec.end_date,
            is_paused_upon_creation=spec.is_paused_upon_creation,
            params=dict(spec.params),
            render_template_as_native_obj=spec.render_template_as_native_obj,
            template_search_path=list(spec.template_searchpath) or None,
            timezone=spec.timezone,
            last_parsed=dag.last_parsed_at,
            owner_links=dict(spec.owner_links),
            is_favorite=details.is_favourite,
            active_runs_count=details.active_runs,
            concurrency=spec.max_active_tasks,
            latest_dag_version=None if details.version is None else DagVersionResponse.of(details.version),
        )


def _fields(dag: DagRecord) -> dict[str, Any]:
    spec = dag.spec
    display_name = spec.display_name or dag.dag_id
    is_periodic = spec.timetable.can_be_scheduled and spec.timetable.kind not in ("once", "continuous")
    return {
        "dag_id": dag.dag_id,
        "dag_display_name": display_name,
        "is_paused": dag.is_paused,
        "is_stale": dag.is_stale,
        "last_parsed_time": dag.last_parsed_at,
        "relative_fileloc": dag.relative_fileloc or None,
        "fileloc": dag.fileloc,
        "description": spec.description or None,
        "timetable_summary": spec.timetable.summary or None,
        "timetable_description": spec.timetable.description or None,
        "timetable_periodic": is_periodic,
        "tags": [DagTagResponse(name=tag, dag_id=dag.dag_id, dag_display_name=display_name) for tag in spec.tags],
        "max_active_tasks": spec.max_active_tasks,
        "max_active_runs": spec.max_active_runs,
        "max_consecutive_failed_dag_runs": spec.max_consecutive_failed_dag_runs,
        "has_task_concurrency_limits": any(
            task.max_active_tis_per_dag is not None or task.max_active_tis_per_dagrun is not None for task in spec.tasks
        ),
        "has_import_errors": dag.has_import_error,
        "next_dagrun_logical_date": dag.next_logical_date,
        "next_dagrun_data_interval_start": dag.next_interval_start,
        "next_dagrun_data_interval_end": dag.next_interval_end,
        "next_dagrun_run_after": dag.next_run_after,
        "owners": list(spec.owners),
        "is_backfillable": is_periodic,
        "file_token": file_token(dag.fileloc),
    }


class DAGTagCollectionResponse(Answer):
    tags: list[str]
    total_entries: int


class DagStatsStateResponse(Answer):
    state: RunState
    count: int


class DagStatsResponse(Answer):
    dag_id: str
    dag_display_name: str
    stats: list[DagStatsStateResponse]


class DagStatsCollectionResponse(Answer):
    dags: list[DagStatsResponse]
    total_entries: int


class DagWarningType(str, Enum):
    ASSET_CONFLICT = "asset conflict"
    NON_EXISTENT_POOL = "non-existent pool"
    RUNTIME_VARYING_VALUE = "runtime varying value"


class DAGWarningResponse(Answer):
    dag_id: str
    warning_type: DagWarningType
    message: str
    timestamp: datetime
    dag_display_name: str


class DAGWarningCollectionResponse(Answer):
    dag_warnings: list[DAGWarningResponse]
    total_entries: int


class DAGSourceResponse(Answer):
    content: str | None
    dag_id: str
    version_number: int | None
    dag_display_name: str
