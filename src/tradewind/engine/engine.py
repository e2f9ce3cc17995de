"""The engine: events in, one transaction for each batch of them, then the effects.

`drain` is the whole of it. It has no loop and never waits: a loop (`tradewind.engine.service`, or a test with a virtual
clock) calls it when it was woken and when `next_wake` says so.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from tradewind.core import messages
from tradewind.core.changes import Conflict
from tradewind.engine import events
from tradewind.engine.answers import Answers
from tradewind.engine.automated import AutomatedRuns
from tradewind.engine.batch import Batch, Effect
from tradewind.engine.callbacks import Callbacks
from tradewind.engine.files import DagFiles
from tradewind.engine.heartbeat import Heartbeat
from tradewind.engine.outside import Outside
from tradewind.engine.runs import Runs
from tradewind.engine.state import EngineState
from tradewind.engine.tries import Tries
from tradewind.engine.waiting import WaitingNotes
from tradewind.executors import base as executor_events
from tradewind.store.errors import PASSING, StoreFault

_EVENTS_PER_BATCH: Final = 256

log = logging.getLogger(__name__)


class Engine:
    """One engine on one store. Not thread-safe: every method is called from the loop's thread."""

    def __init__(self, state: EngineState) -> None:
        self.state = state
        callbacks = Callbacks(state)
        self.runs = Runs(state, callbacks)
        self.tries = Tries(state, self.runs)
        self.automated = AutomatedRuns(state, self.runs)
        self.files = DagFiles(state, self.runs)
        self.outside = Outside(state, self.runs, self.automated, self.files)
        self.answers = Answers(state, self.runs, self.tries, self.outside)
        self.heartbeat = Heartbeat(state)
        self.waiting = WaitingNotes(state)
        self.callbacks = callbacks
        self.last_end: messages.Ended | None = None
        """The end of a try that was reported last."""
        self._effects: deque[Effect] = deque()
        self._is_store_away = False
        self._unwritten: list[Batch] = []
        """Batches whose transaction met a database that was away."""
        self._handled: list[object] = []
        """Events of the open batch, to decide again from when its transaction does not go through."""
        self._handlers: dict[type, Callable[[Any], None]] = {
            messages.Started: self.tries.started,
            messages.Ended: self._ended,
            messages.Exited: self.tries.exited,
            messages.Parsed: self.files.parsed,
            messages.CallbackEnded: callbacks.ended,
            messages.ScheduleAnswer: self.automated.answered,
            executor_events.ImportOutput: lambda _event: None,
            executor_events.Asked: self.answers.asked,
            executor_events.HostFailed: self.files.failed,
            executor_events.Adopted: lambda _event: None,
            events.InstanceDue: self.runs.due,
            events.RunDue: lambda _event: None,
            events.RunTimedOut: self.runs.timed_out,
            events.ScheduleDue: lambda event: self.automated.due(event.dag_id),
            events.OutsideChanges: lambda _event: self.outside.look(),
            events.FilesChanged: self.files.changed,
            events.SaveFiles: lambda _event: self.files.save(),
            events.Reparse: self.files.reparse,
            events.FlushDue: self._flush_due,
        }

    # --- life --------------------------------------------------------------------------------------------------------

    def start(self, *, watch_files: bool = True) -> None:
        """Reads the unfinished runs, asks the executor for their tries, and looks at the DAG files."""
        state = self.state
        self.outside.start_from_here()
        state.catalog.reload()
        self.runs.read_pools()
        if state.settings.schedules:
            self.runs.load_unfinished()
            state.executor.recover(state.store.engine.running_tries(None))
            self.callbacks.resume()
            self.automated.plan_all()
            self.heartbeat.start()
        else:
            state.executor.recover([])
        if watch_files:
            self.files.start()
        state.wake()

    def stop(self) -> None:
        """Writes what waits to be written. The executor is stopped by whoever started it."""
        try:
            self._flush()
        except PASSING:
            log.warning("The database is away; what was not written will be decided again at the next start.")
        self.heartbeat.stop()

    def next_wake(self) -> datetime | None:
        """When `drain` is to be called at the latest; None: when something happens."""
        return self.state.timers.next_at()

    # --- the heart ---------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Handles everything that has happened, decides, writes, and carries out.

        While the database is away everything waits, and nothing is lost: what was decided and not written is forgotten —
        the transaction may or may not have gone through — and its events come again when the store answers.
        """
        state = self.state
        try:
            if self._is_store_away:
                self._come_back()
            self._carry_out()
            state.timers.fire(state.clock.now())
            while state.inbox:
                self._handle_some()
                self._decide()
                if state.batch is not None and state.batch.is_urgent:
                    self._flush()
                state.timers.fire(state.clock.now())
        except PASSING as problem:
            self._store_is_away(problem)
        if state.batch is not None and "flush" not in state.timers:
            at = state.clock.now() + timedelta(seconds=state.settings.started_flush_s)
            state.at("flush", at, events.FlushDue())

    def _handle_some(self) -> None:
        inbox = self.state.inbox
        for _ in range(min(len(inbox), _EVENTS_PER_BATCH)):
            self._handled.append(inbox.popleft())
            self._handle(self._handled[-1])

    def _handle(self, event: object) -> None:
        try:
            self._handlers[type(event)](event)
        except PASSING:
            raise
        except Exception:
            # A mistake of ours about one event must not stop all the others.
            log.exception("The engine could not handle %s; it goes on without it.", type(event).__name__)

    def _ended(self, event: messages.Ended) -> None:
        self.last_end = event
        self.tries.ended(event)

    def _decide(self) -> None:
        """What can start now: queued runs first, then waiting tasks."""
        if self.state.is_stopping:
            return
        self.runs.promote()
        self.tries.grant_slots()
        self.waiting.after_grants()

    def _flush_due(self, _event: events.FlushDue) -> None:
        if self.state.batch is not None:
            self.state.batch.is_urgent = True

    # --- transactions ------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Writes the open batch and carries out its effects. When the store has moved on, decides again."""
        state = self.state
        while (batch := state.batch) is not None:
            conflict = state.store.engine.commit(batch.sealed())
            state.batch = None
            state.timers.cancel("flush")
            if conflict is None:
                self._handled.clear()
                self._effects.extend(batch.effects)
                return self._carry_out()
            self._read_again(batch, conflict)
            handled, self._handled = self._handled, []
            for event in handled:
                self._handled.append(event)
                self._handle(event)
            self._decide()

    def _carry_out(self) -> None:
        """Effects of committed batches, in order. One that finds the store away stays for later, with those after it."""
        while self._effects:
            self._effects[0]()
            self._effects.popleft()

    def _read_again(self, batch: Batch, conflict: Conflict | None) -> None:
        """Nothing of `batch` was written: forget what it decided and read every run that it touched."""
        state = self.state
        keys = set(batch.touched)
        if conflict is not None:
            keys |= conflict.run_keys
        for record in batch.changes.new_tries:
            state.tries.pop(record.try_id, None)
        for run in batch.changes.new_runs:
            self.automated.forget(run.dag_id)
        for dag_id, _ in batch.changes.dag_next_runs:
            state.catalog.refresh(dag_id)
        for run_key in keys:
            self.runs.reload(run_key)

    def _resume(self, batch: Batch) -> None:
        """The transaction of `batch` may have gone through when the connection broke: then its effects are due."""
        self._read_again(batch, None)
        for run in batch.changes.new_runs:
            self.runs.reload(run.run_key)
        for try_id in batch.granted:
            self.tries.start_again(try_id)
        for live in batch.touched.values():
            self.runs.after_end(live)
        self.callbacks.resume()

    def _store_is_away(self, problem: StoreFault) -> None:
        state = self.state
        if not self._is_store_away:
            log.warning("The database cannot be used: tasks go on, everything else waits for it. %s", problem)
            self._is_store_away = True
        if state.batch is not None:
            self._unwritten.append(state.batch)
            state.batch = None
        handled, self._handled = self._handled, []
        state.inbox.extendleft(reversed(handled))
        retry_at = state.clock.now() + timedelta(seconds=state.settings.store_retry_s)
        state.timers.set("store", retry_at, lambda _now: None)

    def _come_back(self) -> None:
        """Raises StoreFault while the database still cannot be used."""
        self.heartbeat.probe()
        while self._unwritten:
            self._resume(self._unwritten[-1])
            self._unwritten.pop()
        self._is_store_away = False
        self.state.timers.cancel("store")
        self.state.inbox.append(events.OutsideChanges())
        log.warning("The database is back.")
