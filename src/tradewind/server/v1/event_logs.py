"""The audit log: who did what, and when."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends

from tradewind.core.lists import Span
from tradewind.server.access import CallerOf
from tradewind.server.bodies import Id
from tradewind.server.conventions import Moment, Number, Orderings, PageOfV1, listed, order_by_v1
from tradewind.server.v1.models.event_logs import EventLog, EventLogCollection
from tradewind.services import event_logs as service
from tradewind.store.audit import AuditFilter

router = APIRouter(prefix="/api/v1/eventLogs", tags=["EventLog"])

_NAMES: Final = {
    **{name: "seq" for name in ("id", "event_log_id")},
    **{name: "at" for name in ("dttm", "when")},
    **{name: name for name in ("dag_id", "task_id", "run_id")},
    "execution_date": "logical_date",
    "event": "why",
    "extra": "why",
    "owner": "who",
}


@router.get("", operation_id="get_event_logs")
def get_event_logs(
    caller: CallerOf,
    page: PageOfV1,
    order: Annotated[Orderings, Depends(order_by_v1(_NAMES, "event_log_id"))],
    dag_id: str | None = None,
    task_id: str | None = None,
    run_id: str | None = None,
    map_index: Number | None = None,
    try_number: Number | None = None,
    owner: str | None = None,
    event: str | None = None,
    excluded_events: str | None = None,
    included_events: str | None = None,
    before: Moment | None = None,
    after: Moment | None = None,
) -> EventLogCollection:
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
        at=Span(lt=before, gt=after),
        included=listed([included_events] if included_events else None),
        excluded=listed([excluded_events] if excluded_events else None),
        readable=caller.visible_dags,
    )
    found = service.event_log_page(caller.services, page, order, wanted)
    return EventLogCollection(event_logs=[EventLog.of(log) for log in found.items], total_entries=found.total)


@router.get("/{event_log_id}", operation_id="get_event_log")
def get_event_log(event_log_id: Id, caller: CallerOf) -> EventLog:
    return EventLog.of(service.get_event_log(caller.services, event_log_id, readable=caller.visible_dags))
