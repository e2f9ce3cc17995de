"""Signs of life: a row that `airflow jobs check` and the health page read, and the look for lost rings."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from tradewind.engine.events import OutsideChanges
from tradewind.engine.state import EngineState
from tradewind.services import jobs
from tradewind.store.errors import PASSING


class Heartbeat:
    def __init__(self, state: EngineState) -> None:
        self._state = state

    def start(self) -> None:
        self._beat(self._state.clock.now())
        self._poll(self._state.clock.now())

    def stop(self) -> None:
        """Says goodbye, when the store is there to hear it."""
        try:
            self._write("success")
        except PASSING:
            return

    def probe(self) -> None:
        """Raises StoreFault while nothing can be written."""
        if self._state.settings.schedules:
            self._write("running")
        else:
            self._state.store.outbox.last_seq()

    def _beat(self, now: datetime) -> None:
        state = self._state
        state.timers.set("heartbeat", now + timedelta(seconds=state.settings.heartbeat_interval_s), self._beat)
        self._write("running")

    def _poll(self, now: datetime) -> None:
        state = self._state
        state.timers.set("safety poll", now + timedelta(seconds=state.settings.safety_poll_s), self._poll)
        state.inbox.append(OutsideChanges())

    def _write(self, job_state: str) -> None:
        state = self._state
        state.store.jobs.heartbeat(
            state.engine_id, jobs.ENGINE, state.settings.hostname, os.getpid(), job_state, state.clock.now()
        )
