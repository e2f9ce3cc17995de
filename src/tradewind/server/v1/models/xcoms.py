from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.server.bodies import Answer
from tradewind.store.xcom_pages import XComPlace


class XComCollectionItem(Answer):
    key: str
    timestamp: datetime
    execution_date: datetime
    map_index: int
    task_id: str
    dag_id: str

    @classmethod
    def of(cls, place: XComPlace) -> XComCollectionItem:
        return cls(**fields_of(place))


class XCom(XComCollectionItem):
    value: Any


class XComCollection(Answer):
    xcom_entries: list[XComCollectionItem]
    total_entries: int


def fields_of(place: XComPlace) -> dict[str, Any]:
    run = place.run
    return {
        "key": place.key,
        "timestamp": place.created_at or run.run_after,
        "execution_date": run.logical_date or run.run_after,
        "map_index": place.map_index,
        "task_id": place.task_id,
        "dag_id": run.dag_id,
    }
