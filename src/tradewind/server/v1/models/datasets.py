from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.server.bodies import Answer
from tradewind.services.assets import Asset


class DagScheduleDatasetReference(Answer):
    dag_id: str
    created_at: datetime
    updated_at: datetime


class TaskOutletDatasetReference(DagScheduleDatasetReference):
    task_id: str


class Dataset(Answer):
    id: int
    uri: str
    extra: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    consuming_dags: list[DagScheduleDatasetReference]
    producing_tasks: list[TaskOutletDatasetReference]

    @classmethod
    def of(cls, asset: Asset) -> Dataset:
        return cls(
            id=asset.id,
            uri=asset.uri,
            extra={},
            created_at=asset.created_at,
            updated_at=asset.updated_at,
            consuming_dags=[
                DagScheduleDatasetReference(dag_id=one.dag_id, created_at=one.created_at, updated_at=one.updated_at)
                for one in asset.scheduled_dags
            ],
            producing_tasks=[TaskOutletDatasetReference(**one._asdict()) for one in asset.producing_tasks],
        )


class DatasetCollection(Answer):
    datasets: list[Dataset]
    total_entries: int
