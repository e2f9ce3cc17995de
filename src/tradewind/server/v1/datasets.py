"""Datasets, as DAG files declare them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends

from tradewind.core.lists import Pattern
from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV1, listed, order_by_v1, pattern
from tradewind.server.v1.models.datasets import Dataset, DatasetCollection
from tradewind.services import assets as service

router = APIRouter(prefix="/api/v1/datasets", tags=["Dataset"])

_NAMES: Final = ("id", "uri", "created_at", "updated_at")


@router.get("", operation_id="get_datasets")
def get_datasets(
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "id"))],
    uri: Annotated[tuple[Pattern, ...], Depends(pattern("uri_pattern"))],
    dag_ids: str | None = None,
) -> DatasetCollection:
    wanted = service.AssetFilter(uri=uri, dag_ids=listed([dag_ids] if dag_ids else None))
    found = service.asset_page(caller.services, page, order, wanted, readable=caller.visible_dags)
    return DatasetCollection(datasets=[Dataset.of(asset) for asset in found.items], total_entries=found.total)


@router.get("/{uri:path}", operation_id="get_dataset")
def get_dataset(uri: str, caller: CallerOf) -> Dataset:
    return Dataset.of(service.asset_by_uri(caller.services, uri, readable=caller.visible_dags))
