from __future__ import annotations

from datetime import datetime

from tradewind.server.bodies import Answer
from tradewind.services.event_logs import EventLog as FoundLog


class EventLog(Answer):
    event_log_id: int
    when: datetime
    dag_id: str | None
    task_id: str | None
    run_id: str | None
    map_index: int | None
    try_number: int | None
    event: str
    execution_date: datetime | None
    owner: str | None
    extra: str | None

    @classmethod
    def of(cls, log: FoundLog) -> EventLog:
        values = log._asdict()
        return cls(execution_date=values.pop("logical_date"), **values)


class EventLogCollection(Answer):
    event_logs: list[EventLog]
    total_entries: int
