from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from tradewind.core.lists import Span
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState
from tradewind.server.bodies import Answer, Body, Text
from tradewind.server.conventions import LARGEST, Moment
from tradewind.server.v2.models.dag_versions import DagVersionResponse
from tradewind.server.v2.models.dags import DagRunType
from tradewind.store.bars import Version
from tradewind.store.run_pages import RunQuery

Note = Annotated[Text, Field(max_length=1000)]
Seconds = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]


class DagRunTriggeredByType(str, Enum):
    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    BACKFILL = "backfill"


_TRIGGERED_BY: Final = {each.value: each for each in DagRunTriggeredByType} | {"api": DagRunTriggeredByType.REST_API}


class DagRunMutableStates(str, Enum):
    QUEUED = "queued"
    SUCCESS = "success"
    FAILED = "failed"


class TriggerDAGRunPostBody(Body):
    dag_run_id: Text | None = None
    data_interval_start: Moment | None = None
    data_interval_end: Moment | None = None
    logical_date: Moment | None
    run_after: Moment | None = None
    conf: dict[str, Any] | None = None
    note: Text | None = None
    partition_key: Text | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> TriggerDAGRunPostBody:
        if (self.data_interval_start is None) != (self.data_interval_end is None):
            raise ValueError(
                "Either both data_interval_start and data_interval_end must be provided or both must be None"
            )
        return self


class DAGRunPatchBody(Body):
    state: DagRunMutableStates | None = None
    note: Note | None = None


class DAGRunClearBody(Body):
    dry_run: bool = True
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool | None = None
    note: Note | None = None


class BulkDAGRunBody(Body):
    dag_run_id: Text
    dag_id: Text | None = None
    state: DagRunMutableStates | None = None
    note: Note | None = None


class BulkDAGRunClearBody(Body):
    dry_run: bool = True
    dag_runs: list[BulkDAGRunBody] | None = None
    only_failed: bool = False
    only_new: bool = False
    run_on_latest_version: bool | None = None
    note: Note | None = None
    partition_key: Text | None = None
    partition_date_start: Moment | None = None
    partition_date_end: Moment | None = None


class DAGRunsBatchBody(Body):
    order_by: str | None = None
    page_offset: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    page_limit: Annotated[int, Field(ge=0, le=LARGEST)] = 100
    dag_ids: list[Text] | None = None
    states: list[RunState | None] | None = None
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
    conf_contains: Text | None = None

    def span(self, name: str) -> Span[Any]:
        return Span(**{end: getattr(self, f"{name}_{end}") for end in ("gte", "gt", "lte", "lt")})

    def query(self, readable: frozenset[str] | None) -> RunQuery:
        return RunQuery(
            readable=readable,
            dag_ids=self.dag_ids,
            states=[state for state in self.states or () if state is not None],
            run_after=self.span("run_after"),
            logical_date=self.span("logical_date"),
            start_date=self.span("start_date"),
            end_date=self.span("end_date"),
            duration_s=self.span("duration"),
            conf_contains=self.conf_contains or "",
        )


class DAGRunResponse(Answer):
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
    last_scheduling_decision: datetime | None = None
    run_type: DagRunType
    state: RunState
    triggered_by: DagRunTriggeredByType | None
    triggering_user_name: str | None
    conf: dict[str, Any] | None
    note: str | None
    dag_versions: list[DagVersionResponse]
    bundle_version: str | None = None
    dag_display_name: str
    partition_key: str | None = None
    partition_date: datetime | None = None

    @classmethod
    def of(cls, run: RunRecord, versions: Mapping[str, Version]) -> DAGRunResponse:
        version = versions.get(run.version_id)
        is_over = run.start_date is not None and run.end_date is not None
        return cls(
            dag_run_id=run.run_id,
            dag_id=run.dag_id,
            logical_date=run.logical_date,
            queued_at=run.queued_at,
            start_date=run.start_date,
            end_date=run.end_date,
            duration=(run.end_date - run.start_date).total_seconds() if is_over else None,  # type: ignore[operator]
            data_interval_start=run.data_interval_start,
            data_interval_end=run.data_interval_end,
            run_after=run.run_after,
            run_type=DagRunType(run.run_type.value),
            state=run.state,
            triggered_by=_TRIGGERED_BY.get(run.triggered_by),
            triggering_user_name=run.triggering_user,
            conf=json.loads(run.conf),
            note=run.note,
            dag_versions=[] if version is None else [DagVersionResponse.of(version)],
            dag_display_name=(version.spec.display_name if version is not None else "") or run.dag_id,
        )


class DAGRunCollectionResponse(Answer):
    dag_runs: list[DAGRunResponse]
    total_entries: int | None = None
    total_entries_limit: int | None = None
    """Where counting stops: a total that reaches it means "at least that many"."""
    next_cursor: str | None = None
    previous_cursor: str | None = None


AllDags = Literal["~"]
