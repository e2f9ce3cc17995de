"""Callbacks that run outside a try: those of a run's end, and those of a try whose process died.

A request is written with the change that calls for it, so a crash loses none; one that did not report back is started
again, at most `callback_attempts` times.
"""

from __future__ import annotations

import msgspec

from tradewind.core import messages
from tradewind.core.ids import new_try_id
from tradewind.core.records import CallbackRecord
from tradewind.engine.live import LiveRun, run_info
from tradewind.engine.state import EngineState


class Callbacks:
    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._open: dict[str, CallbackRecord] = {}

    def request_for_run(self, live: LiveRun, kind: str, reason: str) -> None:
        now = self._state.clock.now()
        record = CallbackRecord(
            callback_id=new_try_id(int(now.timestamp() * 1000)),
            run_key=live.run_key,
            kind=kind,
            reason=reason,
            created_at=now,
        )
        self.request(live, record, None)

    def request(self, live: LiveRun, record: CallbackRecord, task: messages.TaskTry | None) -> None:
        """Writes the request with the open batch and starts it afterwards."""
        batch = self._state.open_batch()
        batch.is_urgent = True
        record = msgspec.structs.replace(record, attempts=1)
        batch.changes.callbacks.append(record)
        info = live.info()
        batch.effects.append(lambda: self._start(record, info, live.version.file, live.version.source_digest, task))

    def resume(self) -> None:
        """Callbacks that are written down, not done, and not under way here: after a start, or a lost connection."""
        state = self._state
        for record in state.store.engine.pending_callbacks():
            if record.callback_id in self._open:
                continue
            run = state.store.runs.by_key(record.run_key)
            version = state.catalog.version(run.version_id) if run is not None else None
            if run is None or version is None or record.attempts >= state.settings.callback_attempts:
                self._finish(record, ok=False, error="given up")
                continue
            record = msgspec.structs.replace(record, attempts=record.attempts + 1)
            batch = state.open_batch()
            batch.is_urgent = True
            batch.changes.callbacks.append(record)
            info = run_info(run, version.number)
            task = None
            if record.task_id:
                task = messages.TaskTry(
                    try_id=record.try_id, run=info, task_id=record.task_id, map_index=record.map_index
                )
            file, digest = version.file, version.source_digest
            batch.effects.append(
                lambda record=record, info=info, file=file, digest=digest, task=task: self._start(  # type: ignore[misc]
                    record, info, file, digest, task
                )
            )

    def _start(
        self,
        record: CallbackRecord,
        info: messages.RunInfo,
        file: str,
        source_digest: str,
        task: messages.TaskTry | None,
    ) -> None:
        state = self._state
        self._open[record.callback_id] = record
        folder = state.settings.logs_folder / f"dag_id={info.dag_id}" / f"run_id={info.run_id}"
        callback = messages.CallbackRun(
            callback_id=record.callback_id,
            kind=record.kind,
            run=info,
            reason=record.reason,
            task=task,
            error=record.error,
            log_path=str(folder / f"callback={record.kind}.log") if task is None else task.log_path,
        )
        state.executor.run_callback(file, source_digest, lambda: state.store.dags.source(source_digest), callback)

    def ended(self, event: messages.CallbackEnded) -> None:
        record = self._open.pop(event.callback_id, None)
        if record is not None:
            self._finish(record, ok=event.ok, error=event.error)

    def _finish(self, record: CallbackRecord, *, ok: bool, error: str) -> None:
        batch = self._state.open_batch()
        error = "" if ok else error or record.error
        batch.changes.callbacks.append(msgspec.structs.replace(record, done_at=batch.now, error=error))
