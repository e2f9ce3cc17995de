"""Import errors of DAG files, as far as the caller may see them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends

from tradewind.core.lists import Found, Pattern
from tradewind.core.records import ImportErrorRecord
from tradewind.server.access import CallerOf
from tradewind.server.bodies import Id
from tradewind.server.conventions import Orderings, PageOfV2, order_by_v2, pattern
from tradewind.server.v2.bundle import BUNDLE
from tradewind.server.v2.models.import_errors import ImportErrorCollectionResponse, ImportErrorResponse
from tradewind.services import import_errors as service

router = APIRouter(prefix="/api/v2/importErrors", tags=["Import Error"])

_NAMES: Final = {
    "id": "id",
    "import_error_id": "id",
    "timestamp": "at",
    "filename": "file",
    "bundle_name": "file",
    "stacktrace": "message",
}


@router.get("", operation_id="get_import_errors")
def get_import_errors(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
    patterns: Annotated[tuple[Pattern, ...], Depends(pattern("filename_pattern", "filename_prefix_pattern"))],
    filename: str | None = None,
    bundle_name: str | None = None,
) -> ImportErrorCollectionResponse:
    if bundle_name not in (None, BUNDLE):
        found: Found[ImportErrorRecord] = Found([], 0)
    else:
        found = service.import_error_page(
            caller.services, page, order, patterns=patterns, file=filename, readable=caller.visible_dags
        )
    return ImportErrorCollectionResponse(
        import_errors=[ImportErrorResponse.of(record) for record in found.items], total_entries=found.total
    )


@router.get("/{import_error_id}", operation_id="get_import_error")
def get_import_error(import_error_id: Id, caller: CallerOf) -> ImportErrorResponse:
    return ImportErrorResponse.of(
        service.get_import_error(caller.services, import_error_id, readable=caller.visible_dags)
    )
