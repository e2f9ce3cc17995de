"""Import errors of DAG files, as far as the caller may see them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends

from tradewind.server.access import CallerOf
from tradewind.server.bodies import Id
from tradewind.server.conventions import Orderings, PageOfV1, order_by_v1
from tradewind.server.v1.models import import_errors as models
from tradewind.services import import_errors as service

router = APIRouter(prefix="/api/v1/importErrors", tags=["ImportError"])

_NAMES: Final = {"import_error_id": "id", "id": "id", "timestamp": "at", "filename": "file", "stacktrace": "message"}


@router.get("", operation_id="get_import_errors")
def get_import_errors(
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "import_error_id"))],
) -> models.ImportErrorCollection:
    found = service.import_error_page(caller.services, page, order, readable=caller.visible_dags)
    return models.ImportErrorCollection(
        import_errors=[models.ImportError.of(record) for record in found.items], total_entries=found.total
    )


@router.get("/{import_error_id}", operation_id="get_import_error")
def get_import_error(import_error_id: Id, caller: CallerOf) -> models.ImportError:
    return models.ImportError.of(
        service.get_import_error(caller.services, import_error_id, readable=caller.visible_dags)
    )
