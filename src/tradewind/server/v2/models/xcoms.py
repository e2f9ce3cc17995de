from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tradewind.core.records import RunRecord
from tradewind.server.bodies import Answer, Body, Text
from tradewind.server.v2.models.task_instances import MapIndex
from tradewind.store.bars import Version
from tradewind.store.xcom_pages import XComPlace


class XComCreateBody(Body):
    key: Text
    value: Any
    map_index: MapIndex = -1


class XComUpdateBody(Body):
    value: Any
    map_index: MapIndex = -1


class XComResponse(Answer):
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
    def of(cls, place: XComPlace, versions: Mapping[str, Version]) -> XComResponse:
        return cls(**fields_of(place, versions))


class XComResponseNative(XComResponse):
    value: Any


class XComResponseString(XComResponse):
    value: str | None


class XComCollectionResponse(Answer):
    xcom_entries: list[XComResponse]
    total_entries: int


def fields_of(place: XComPlace, versions: Mapping[str, Version]) -> dict[str, Any]:
    run: RunRecord = place.run
    version = versions.get(run.version_id)
    tasks = () if version is None else version.spec.tasks
    task = next((task for task in tasks if task.task_id == place.task_id), None)
    return {
        "key": place.key,
        "timestamp": place.created_at or run.run_after,
        "logical_date": run.logical_date,
        "map_index": place.map_index,
        "task_id": place.task_id,
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "dag_display_name": (version.spec.display_name if version is not None else "") or run.dag_id,
        "task_display_name": (task.display_name if task is not None else "") or place.task_id,
        "run_after": run.run_after,
    }
