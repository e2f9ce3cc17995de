"""The audit log: who did what, when, from where, and what it was before."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradewind.core.lists import Span
from tradewind.server.access import Caller, CallerOf
from tradewind.server.ui import shapes
from tradewind.services.errors import Invalid
from tradewind.store.audit import AuditEntry, AuditFilter

router = APIRouter()


@router.get("/ui/audit", operation_id="list_audit", response_model=shapes.AuditList)
def list_audit(
    caller: CallerOf,
    who: str | None = None,
    event: str | None = None,
    dag_id: str | None = None,
    run_id: str | None = None,
    task_id: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> shapes.AuditList:
    equal = {"why": event, "dag_id": dag_id, "run_id": run_id, "task_id": task_id}
    return _page(
        caller, cursor, limit, {name: value for name, value in equal.items() if value}, who, Span(after, before)
    )


@router.get("/ui/dags/{dag_id:name}/events", operation_id="list_dag_events", response_model=shapes.AuditList)
def list_dag_events(
    caller: CallerOf, dag_id: str, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> shapes.AuditList:
    return _page(caller, cursor, limit, {"dag_id": dag_id})


def _page(
    caller: Caller,
    cursor: str | None,
    limit: int,
    equal: dict[str, Any],
    who: str | None = None,
    at: Span[datetime] | None = None,
) -> shapes.AuditList:
    wanted = AuditFilter(
        equal=equal,
        user=who,
        at=at or Span(),
        below=_number(cursor),
        readable=caller.visible_dags,
    )
    found = caller.services.store.audit.newest(limit + 1, wanted)
    rows = [_row(entry) for entry in found[:limit]]
    more = len(found) > limit
    return shapes.AuditList(entries=rows, next_cursor=str(rows[-1].id) if more and rows else None)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdigit() or len(cursor) > 18:
        raise Invalid(f"'{cursor}' is no place in the audit log. Begin at its start, without a cursor.")
    return int(cursor)


def _row(entry: AuditEntry) -> shapes.AuditRow:
    record = entry.record
    return shapes.AuditRow(
        id=record.seq,
        at=record.at,
        who=record.who.partition(":")[2] or record.who,
        event=record.why,
        dag_id=record.dag_id or None,
        run_id=record.run_id or None,
        task_id=record.task_id or None,
        map_index=record.map_index if record.task_id else None,
        address=str(record.detail.get("from") or record.who.partition(":")[0]),
        before=record.detail.get("before"),
        after=record.detail.get("after"),
    )
