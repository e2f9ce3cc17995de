from __future__ import annotations

import json
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from pydantic import Field, model_validator

from tradewind.core.lists import Span
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, RunType
from tradewind.server.bodies import Answer, Body, Text
from tradewind.server.conventions import LARGEST, Moment
from tradewind.store.run_pages import RunQuery

Note = Annotated[Text, Field(max_length=1000)]


class DagRunType(str, Enum):
    BACKFILL = "backfill"
    MANUAL = "manual"
    SCHEDULED = "scheduled"
    DATASET_TRIGGERED = "dataset_triggered"


class SettableState(str, Enum):
    SUCCESS = "success"
    FAILED = "failed"
    QUEUED = "queued"


class DAGRunBody(Body):
    """Of a new run. What only an answer has may stand here and does not count, as in Airflow 2."""

    dag_run_id: Text | None = None
    logical_date: Moment | None = None
    execution_date: Moment | None = None
    data_interval_start: Moment | None = None
    data_interval_end: Moment | None = None
    conf: dict[str, Any] | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _agree(self) -> DAGRunBody:
        dates = {date for date in (self.logical_date, self.execution_date) if date is not None}
        if len(dates) > 1:
            raise ValueError("logical_date conflicts with execution_date")
        if (self.data_interval_start is None) != (self.data_interval_end is None):
            raise ValueError("Both 'data_interval_start' and 'data_interval_end' must be specified together")
        return self


class UpdateDagRunState(Body):
    state: SettableState


class ClearDagRun(Body):
    dry_run: bool = True


class SetDagRunNote(Body):
    note: Note | None = None


class ListDagRunsForm(Body):
    order_by: str | None = None
    page_offset: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    page_limit: Annotated[int, Field(ge=1, le=LARGEST)] = 100
    dag_ids: list[Text] | None = None
    states: list[RunState] | None = None
    execution_date_gte: Moment | None = None
    execution_date_lte: Moment | None = None
    start_date_gte: Moment | None = None
    start_date_lte: Moment | None = None
    end_date_gte: Moment | None = None
    end_date_lte: Moment | None = None
    updated_at_gte: Moment | None = None
    updated_at_lte: Moment | None = None

    def query(self, readable: frozenset[str] | None) -> RunQuery:
        return RunQuery(
            readable=readable,
            dag_ids=self.dag_ids or None,
            states=self.states or (),
            logical_date=Span(gte=self.execution_date_gte, lte=self.execution_date_lte),
            start_date=Span(gte=self.start_date_gte, lte=self.start_date_lte),
            end_date=Span(gte=self.end_date_gte, lte=self.end_date_lte),
            changed=Span(gte=self.updated_at_gte, lte=self.updated_at_lte),
        )


class DAGRun(Answer):
    dag_run_id: str | None
    dag_id: str
    logical_date: datetime | None
    execution_date: datetime | None
    start_date: datetime | None
    end_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    last_scheduling_decision: datetime | None = None
    run_type: DagRunType
    state: RunState
    external_trigger: bool
    conf: dict[str, Any]
    note: str | None

    @classmethod
    def of(cls, run: RunRecord) -> DAGRun:
        # Airflow 2 knows no run without a date: one that has none is told by when it was due.
        date = run.logical_date or run.run_after
        kind = "dataset_triggered" if run.run_type is RunType.ASSET_TRIGGERED else run.run_type.value
        return cls(
            dag_run_id=run.run_id,
            dag_id=run.dag_id,
            logical_date=date,
            execution_date=date,
            start_date=run.start_date,
            end_date=run.end_date,
            data_interval_start=run.data_interval_start,
            data_interval_end=run.data_interval_end,
            run_type=DagRunType(kind),
            state=run.state,
            external_trigger=run.run_type is RunType.MANUAL,
            conf=json.loads(run.conf) or {},
            note=run.note,
        )


class DAGRunCollection(Answer):
    dag_runs: list[DAGRun]
    total_entries: int
