from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tradewind.server.bodies import Answer
from tradewind.services.assets import Alias, Asset


class AssetAliasResponse(Answer):
    id: int
    name: str
    group: str

    @classmethod
    def of(cls, alias: Alias) -> AssetAliasResponse:
        return cls(**alias._asdict())


class AssetAliasCollectionResponse(Answer):
    asset_aliases: list[AssetAliasResponse]
    total_entries: int


class DagScheduleAssetReference(Answer):
    dag_id: str
    created_at: datetime
    updated_at: datetime


class TaskAssetReference(DagScheduleAssetReference):
    task_id: str


class AssetResponse(Answer):
    id: int
    name: str
    uri: str
    group: str
    extra: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    scheduled_dags: list[DagScheduleAssetReference]
    producing_tasks: list[TaskAssetReference]
    consuming_tasks: list[TaskAssetReference]
    aliases: list[AssetAliasResponse] = Field(default_factory=list)
    watchers: list[dict[str, Any]] = Field(default_factory=list)
    last_asset_event: None = None
    """There are no asset events yet."""

    @classmethod
    def of(cls, asset: Asset) -> AssetResponse:
        return cls(
            id=asset.id,
            name=asset.name,
            uri=asset.uri,
            group=asset.group,
            extra={},
            created_at=asset.created_at,
            updated_at=asset.updated_at,
            scheduled_dags=[
                DagScheduleAssetReference(dag_id=one.dag_id, created_at=one.created_at, updated_at=one.updated_at)
                for one in asset.scheduled_dags
            ],
            producing_tasks=[TaskAssetReference(**one._asdict()) for one in asset.producing_tasks],
            consuming_tasks=[TaskAssetReference(**one._asdict()) for one in asset.consuming_tasks],
        )


class AssetCollectionResponse(Answer):
    assets: list[AssetResponse]
    total_entries: int
