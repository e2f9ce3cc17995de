"""The audit log: who did what, and when."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from tradewind.core.lists import Pattern, Span
from tradewind.server.access import CallerOf
from tradewind.server.bodies import Id
from tradewind.server.conventions import Moment, Number, Orderings, PageOfV2, order_by_v2, pattern
from tradewind.server.v2.models.event_logs import EventLogCollectionResponse, EventLogResponse
from tradewind.services import event_logs as service
from tradewind.store.audit import AuditFilter

router = APIRouter(prefix="/api/v2/eventLogs", tags=["Event Log"])

_NAMES: Final = {
    **{name: "seq" for name in ("id", "event_log_id")},
    **{name: "at" for name in ("dttm", "when")},
    **{name: name for name in ("dag_id", "task_id", "run_id", "logical_date")},
    "event": "why",
    "extra": "why",
    "owner": "who",
}
Patterns = tuple[Pattern, ...]


@router.get("", operation_id="get_event_logs")
def get_event_logs(
    caller: CallerOf,
    page: PageOfV2,
    order: Annotated[Orderings, Depends(order_by_v2(_NAMES, "id"))],
    dag_ids: Annotated[Patterns, Depends(pattern("dag_id_pattern", "dag_id_prefix_pattern"))],
    task_ids: Annotated[Patterns, Depends(pattern("task_id_pattern", "task_id_prefix_pattern"))],
    run_ids: Annotated[Patterns, Depends(pattern("run_id_pattern", "run_id_prefix_pattern"))],
    owners: Annotated[Patterns, Depends(pattern("owner_pattern", "owner_prefix_pattern"))],
    events: Annotated[Patterns, Depends(pattern("event_pattern", "event_prefix_pattern"))],
    dag_id: str | None = None,
    task_id: str | None = None,
    run_id: str | None = None,
    map_index: Number | None = None,
    try_number: Number | None = None,
    owner: str | None = None,
    event: str | None = None,
    excluded_events: Annotated[list[str] | None, Query()] = None,
    included_events: Annotated[list[str] | None, Query()] = None,
    before: Moment | None = None,
    after: Moment | None = None,
) -> EventLogCollectionResponse:
    equal: dict[str, Any] = {
        "dag_id": dag_id,
        "task_id": task_id,
        "run_id": run_id,
        "map_index": map_index,
        "try_number": try_number,
        "why": event,
    }
    wanted = AuditFilter(
        equal={name: value for name, value in equal.items() if value is not None},
        user=owner,
        patterns={"dag_id": dag_ids, "task_id": task_ids, "run_id": run_ids, "who": owners, "why": events},
        at=Span(lt=before, gt=after),
        included=included_events or (),
        excluded=excluded_events or (),
        readable=caller.visible_dags,
    )
    found = service.event_log_page(caller.services, page, order, wanted)
    return EventLogCollectionResponse(
        event_logs=[EventLogResponse.of(log) for log in found.items], total_entries=found.total
    )


@router.get("/{event_log_id}", operation_id="get_event_log")
def get_event_log(event_log_id: Id, caller: CallerOf) -> EventLogResponse:
    return EventLogResponse.of(service.get_event_log(caller.services, event_log_id, readable=caller.visible_dags))
