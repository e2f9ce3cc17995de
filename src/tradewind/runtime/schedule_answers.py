"""What a custom timetable says: it is user code, so it is asked in a process of its own, forked from the DAG's host."""

from __future__ import annotations

import os
import socket
import traceback
from datetime import datetime, timezone
from typing import Any, NoReturn

from tradewind.core.messages import AskSchedule, ScheduleAnswer
from tradewind.core.runs import DataInterval, as_utc, next_run
from tradewind.runtime.framing import frame

_Run = tuple[datetime | None, datetime | None, datetime | None, datetime]


def answer_schedule(dag: Any, ask: AskSchedule, channel: socket.socket) -> NoReturn:
    """Sends one `ScheduleAnswer` and ends the process. `dag` is the live DAG of the file."""
    try:
        answer = ScheduleAnswer(ask.number, runs=_runs(dag.timetable, ask))
    except Exception as error:
        traceback.print_exc()
        answer = ScheduleAnswer(ask.number, error=f"{type(error).__name__}: {error}")
    channel.sendall(frame(answer))
    os._exit(0)


def _runs(timetable: Any, ask: AskSchedule) -> list[_Run]:
    if ask.manual_run_after is not None:
        interval = timetable.infer_manual_data_interval(run_after=as_utc(ask.manual_run_after))
        return [(interval.start, interval.start, interval.end, ask.manual_run_after)]
    last = None
    if ask.last_start is not None:
        last = DataInterval(as_utc(ask.last_start), as_utc(ask.last_end or ask.last_start))
    found: list[_Run] = []
    now = datetime.now(timezone.utc)
    while len(found) < ask.limit:
        run = next_run(timetable, last=last, start=ask.earliest, end=ask.latest, catchup=ask.catchup, now=now)
        if run is None:
            break
        found.append((run.logical_date, run.data_interval_start, run.data_interval_end, run.run_after))
        if run.data_interval_start is None:
            break
        last = DataInterval(run.data_interval_start, run.data_interval_end or run.data_interval_start)
        if run.run_after > now:
            break
    return found
