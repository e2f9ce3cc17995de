from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from tradewind.core.records import BackfillRecord
from tradewind.server.bodies import MOST_INT, Answer, Body, Text
from tradewind.server.conventions import Moment
from tradewind.services.backfills import Reprocess, Request


class BackfillPostBody(Body):
    dag_id: Text
    from_date: Moment
    to_date: Moment
    run_backwards: bool = False
    dag_run_conf: dict[str, Any] = Field(default_factory=dict)
    reprocess_behavior: Reprocess = Reprocess.NONE
    max_active_runs: Annotated[int, Field(ge=1, le=MOST_INT)] = 10
    run_on_latest_version: bool | None = None
    """Accepted: new runs always start on the newest version."""

    def request(self) -> Request:
        return Request(
            dag_id=self.dag_id,
            first=self.from_date,
            last=self.to_date,
            conf=self.dag_run_conf,
            max_active_runs=self.max_active_runs,
            reprocess=self.reprocess_behavior,
            run_backwards=self.run_backwards,
        )


class BackfillResponse(Answer):
    id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    dag_run_conf: dict[str, Any] | None
    is_paused: bool
    reprocess_behavior: Reprocess
    max_active_runs: int
    created_at: datetime
    completed_at: datetime | None
    updated_at: datetime
    dag_display_name: str

    @classmethod
    def of(cls, backfill: BackfillRecord, display_name: str) -> BackfillResponse:
        return cls(
            id=backfill.backfill_id,
            dag_id=backfill.dag_id,
            from_date=backfill.from_date,
            to_date=backfill.to_date,
            dag_run_conf=json.loads(backfill.conf),
            is_paused=backfill.is_paused,
            reprocess_behavior=Reprocess(backfill.reprocess),
            max_active_runs=backfill.max_active_runs,
            created_at=backfill.created_at,
            completed_at=backfill.completed_at,
            updated_at=backfill.completed_at or backfill.created_at,
            dag_display_name=display_name,
        )


class BackfillCollectionResponse(Answer):
    backfills: list[BackfillResponse]
    total_entries: int


class DryRunBackfillResponse(Answer):
    logical_date: datetime | None
    partition_key: str | None = None
    partition_date: datetime | None = None


class DryRunBackfillCollectionResponse(Answer):
    backfills: list[DryRunBackfillResponse]
    total_entries: int
