from __future__ import annotations

from datetime import datetime

from tradewind.server.bodies import Answer
from tradewind.services.event_logs import EventLog


class EventLogResponse(Answer):
    event_log_id: int
    when: datetime
    dag_id: str | None
    task_id: str | None
    run_id: str | None
    map_index: int | None
    try_number: int | None
    event: str
    logical_date: datetime | None
    owner: str | None
    extra: str | None
    dag_display_name: str | None = None
    task_display_name: str | None = None

    @classmethod
    def of(cls, log: EventLog) -> EventLogResponse:
        return cls(**log._asdict(), dag_display_name=log.dag_id, task_display_name=log.task_id)


class EventLogCollectionResponse(Answer):
    event_logs: list[EventLogResponse]
    total_entries: int
