"""Backfills: planning and starting them, pausing, cancelling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from tradewind.core.permissions import Action, Resource
from tradewind.core.records import BackfillRecord
from tradewind.server.access import Caller, CallerOf
from tradewind.server.bodies import MOST_INT
from tradewind.server.conventions import Orderings, PageOfV2, order_by_v2
from tradewind.server.errors import Forbidden
from tradewind.server.v2.models.backfills import (
    BackfillCollectionResponse,
    BackfillPostBody,
    BackfillResponse,
    DryRunBackfillCollectionResponse,
    DryRunBackfillResponse,
)
from tradewind.services import backfills as service
from tradewind.services.backfills import Action as Does
from tradewind.services.errors import Invalid

router = APIRouter(prefix="/api/v2/backfills", tags=["Backfill"])

_NAMES: Final = {
    "id": "backfill_id",
    "dag_id": "dag_id",
    "from_date": "from_date",
    "to_date": "to_date",
    "created_at": "created_at",
    "completed_at": "completed_at",
    "is_paused": "is_paused",
    "max_active_runs": "max_active_runs",
}
Key = Annotated[int, Field(ge=0, le=MOST_INT)]


def _all(caller: Caller, backfills: Iterable[BackfillRecord]) -> list[BackfillResponse]:
    found = list(backfills)
    dag_ids = {backfill.dag_id for backfill in found}
    dags = caller.services.store.dags.list(include_stale=True, dag_ids=dag_ids)
    names = {dag.dag_id: dag.spec.display_name for dag in dags}
    return [BackfillResponse.of(backfill, names.get(backfill.dag_id) or backfill.dag_id) for backfill in found]


def _check(caller: Caller, action: Action, dag_id: str) -> None:
    """The DAG does not stand in the path, so the guard could not ask about it."""
    if not caller.may(action, Resource.BACKFILL, dag_id):
        raise Forbidden(
            f"User '{caller.username}' lacks the permission '{action.value} on {Resource.BACKFILL.value}' of DAG "
            f"'{dag_id}'. An administrator can give a role that has it."
        )


def _find(caller: Caller, action: Action, backfill_id: int) -> BackfillRecord:
    backfill = service.get_backfill(caller.services, backfill_id)
    _check(caller, action, backfill.dag_id)
    return backfill


@router.get("", operation_id="list_backfills")
def list_backfills(
    caller: CallerOf,
    page: PageOfV2,
    dag_id: str,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
) -> BackfillCollectionResponse:
    _check(caller, Action.READ, dag_id)
    found = caller.services.store.backfills.page(page, order, dag_id)
    return BackfillCollectionResponse(backfills=_all(caller, found.items), total_entries=found.total)


@router.post("", operation_id="create_backfill")
def create_backfill(body: BackfillPostBody, caller: CallerOf) -> BackfillResponse:
    _check(caller, Action.CREATE, body.dag_id)
    started = service.start_backfill(caller.services, body.request())
    if started.backfill_id is None:
        raise Invalid(
            f"There is nothing to do for DAG '{body.dag_id}' in this range: it has no dates there, or their runs exist. "
            "Give another range, or another reprocess_behavior."
        )
    return _all(caller, [service.get_backfill(caller.services, started.backfill_id)])[0]


@router.post("/dry_run", operation_id="create_backfill_dry_run")
def create_backfill_dry_run(body: BackfillPostBody, caller: CallerOf) -> DryRunBackfillCollectionResponse:
    _check(caller, Action.CREATE, body.dag_id)
    steps = service.plan_backfill(caller.services, body.request())
    dates = [step.planned.logical_date for step in steps if step.action not in (Does.SKIP, Does.WAIT)]
    return DryRunBackfillCollectionResponse(
        backfills=[DryRunBackfillResponse(logical_date=date) for date in dates], total_entries=len(dates)
    )


@router.get("/{backfill_id}", operation_id="get_backfill")
def get_backfill(backfill_id: Key, caller: CallerOf) -> BackfillResponse:
    return _all(caller, [_find(caller, Action.READ, backfill_id)])[0]


@router.put("/{backfill_id}/pause", operation_id="pause_backfill")
def pause_backfill(backfill_id: Key, caller: CallerOf) -> BackfillResponse:
    found = _find(caller, Action.EDIT, backfill_id)
    return _all(caller, [service.pause_backfill(caller.services, found, True)])[0]


@router.put("/{backfill_id}/unpause", operation_id="unpause_backfill")
def unpause_backfill(backfill_id: Key, caller: CallerOf) -> BackfillResponse:
    found = _find(caller, Action.EDIT, backfill_id)
    return _all(caller, [service.pause_backfill(caller.services, found, False)])[0]


@router.put("/{backfill_id}/cancel", operation_id="cancel_backfill")
def cancel_backfill(backfill_id: Key, caller: CallerOf) -> BackfillResponse:
    found = _find(caller, Action.EDIT, backfill_id)
    return _all(caller, [service.cancel_backfill(caller.services, found)])[0]
