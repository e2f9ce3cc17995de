"""The audit log as Airflow's APIs tell it: event logs."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from tradewind.core.lists import Found, Ordering, Page
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.store.audit import AuditEntry, AuditFilter


class EventLog(NamedTuple):
    """What was done, when, and by whom. None: it is not about a DAG, a run, a task."""

    event_log_id: int
    when: datetime
    event: str
    owner: str
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int | None
    try_number: int | None
    logical_date: datetime | None
    extra: str | None
    """JSON: from where, and what it was before and after."""


def event_log_page(services: Services, page: Page, order: Sequence[Ordering], wanted: AuditFilter) -> Found[EventLog]:
    """Some of the entries; ordered by seq, at, dag_id, run_id, task_id, why, who, logical_date."""
    found = services.store.audit.page(page, order, wanted)
    return Found([_event_log(entry) for entry in found.items], found.total)


def get_event_log(services: Services, event_log_id: int, *, readable: Collection[str] | None = None) -> EventLog:
    """Raises Unknown."""
    entry = services.store.audit.get(event_log_id, readable)
    if entry is None:
        raise Unknown("event log", str(event_log_id))
    return _event_log(entry)


def _event_log(entry: AuditEntry) -> EventLog:
    record = entry.record
    told = {name: value for name, value in record.detail.items() if value}
    return EventLog(
        event_log_id=record.seq,
        when=record.at,
        event=record.why,
        owner=record.who.partition(":")[2] or record.who,
        dag_id=record.dag_id or None,
        run_id=record.run_id or None,
        task_id=record.task_id or None,
        map_index=record.map_index if record.task_id else None,
        try_number=record.try_number or None,
        logical_date=entry.logical_date,
        extra=json.dumps(told) if told else None,
    )
