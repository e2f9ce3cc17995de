"""Tries: how they get a slot, start, end and are stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tradewind.core import advance, messages
from tradewind.core.dispatch import Candidate
from tradewind.core.ids import new_try_id
from tradewind.core.mapping import map_lengths, upstream_counts
from tradewind.core.records import NOT_MAPPED, CallbackRecord, TryRecord, XComRecord
from tradewind.core.run_view import Instance
from tradewind.core.states import TaskEvent, TaskState
from tradewind.engine.live import LiveRun
from tradewind.engine.runs import Runs
from tradewind.engine.state import EngineState, InstanceName

_LOST_IN_A_ROW: Final = 3
_ALIVE = (TaskState.QUEUED, TaskState.RUNNING)


class Tries:
    def __init__(self, state: EngineState, runs: Runs) -> None:
        self._state = state
        self._runs = runs
        self._lost_in_a_row: dict[InstanceName, int] = {}
        """How often an instance's host died under it, since a try of it ended otherwise."""

    # --- starting ----------------------------------------------------------------------------------------------------

    def grant_slots(self) -> None:
        """Gives free slots to waiting instances: QUEUED in the store first, then told to the executor."""
        state = self._state
        now = state.clock.now()
        for candidate in state.dispatcher.grant(now):
            live = state.live.get(candidate.run_key)
            instance = live.view.instances.get((candidate.task_id, candidate.map_index)) if live else None
            if live is None or instance is None or instance.state is not TaskState.SCHEDULED:
                state.dispatcher.released(candidate.key)
                continue
            self._queue(live, instance, candidate, now)

    def _queue(self, live: LiveRun, instance: Instance, candidate: Candidate, now: datetime) -> None:
        state = self._state
        batch = state.open_batch()
        batch.is_urgent = True
        goes_on = instance.reschedule_count > 0 and instance.try_id is not None
        transition = live.view.apply(instance, TaskEvent.SLOT_GRANTED, now)
        instance.queued_at = now
        instance.pid = None
        if goes_on:
            assert instance.try_id is not None
            batch.try_values(instance.try_id, state=TaskState.QUEUED, end_date=None)
        else:
            instance.try_number += 1
            instance.try_id = new_try_id(int(now.timestamp() * 1000))
            instance.start_date = instance.end_date = instance.first_started_at = None
            batch.new_try(self._try_record(live, instance, now))
            if instance.try_number > 1:
                # A new try starts without the XComs of the one before it.
                batch.changes.delete_xcoms(live.run_key, instance.task_id, instance.map_index)
        batch.transition(live, transition)
        live.view.run = live.record
        name = (live.run_key, instance.task_id, instance.map_index)
        assert instance.try_id is not None
        state.tries[instance.try_id] = name
        batch.granted.append(instance.try_id)
        batch.effects.append(lambda: self._start(live, instance))

    def _try_record(self, live: LiveRun, instance: Instance, now: datetime) -> TryRecord:
        assert instance.try_id is not None
        return TryRecord(
            try_id=instance.try_id,
            run_key=live.run_key,
            task_id=instance.task_id,
            map_index=instance.map_index,
            try_number=instance.try_number,
            state=TaskState.QUEUED,
            version_id=live.version.version_id,
            queued_at=now,
            engine_id=self._state.engine_id,
            executor=self._state.executor.name,
            hostname=self._state.settings.hostname,
            queue=instance.queue,
            pool=instance.pool,
            log_path=self._log_path(live, instance),
        )

    def _log_path(self, live: LiveRun, instance: Instance) -> str:
        """Airflow's folder layout below the logs folder."""
        folder = f"{self._state.settings.logs_folder}/dag_id={live.dag_id}/run_id={live.record.run_id}"
        folder += f"/task_id={instance.task_id}"
        if instance.map_index != NOT_MAPPED:
            folder += f"/map_index={instance.map_index}"
        return f"{folder}/attempt={instance.try_number}.log"

    def task_try(self, live: LiveRun, instance: Instance) -> messages.TaskTry:
        assert instance.try_id is not None
        return messages.TaskTry(
            try_id=instance.try_id,
            run=live.info(),
            task_id=instance.task_id,
            map_index=instance.map_index,
            try_number=instance.try_number,
            max_tries=instance.max_tries,
            log_path=self._log_path(live, instance),
            pool=instance.pool,
            queue=instance.queue,
            priority_weight=instance.priority_weight,
            queued_at=instance.queued_at,
            first_started_at=instance.first_started_at,
            reschedule_count=instance.reschedule_count,
            map_lengths=map_lengths(live.view, instance.task_id),
            upstream_counts=upstream_counts(live.view, instance.task_id),
            mark_success=self._state.settings.marks_success(instance.task_id),
            fresh_interpreter=instance.fresh_interpreter,
            fresh_reason="an earlier try of it hung on a lock inherited by its fork"
            if instance.fresh_interpreter
            else "",
        )

    def start_again(self, try_id: str) -> None:
        """Starts a try that was granted, if the store knows of it: nobody was told to start it before."""
        found = self._find(try_id)
        if found is not None and found[1].state is TaskState.QUEUED:
            self._start(*found)

    def _start(self, live: LiveRun, instance: Instance) -> None:
        version = live.version
        self._state.executor.run(
            version.file,
            version.source_digest,
            lambda: self._state.store.dags.source(version.source_digest),
            self.task_try(live, instance),
        )

    # --- what executors report ---------------------------------------------------------------------------------------

    def started(self, event: messages.Started) -> None:
        found = self._find(event.active.try_id)
        if found is None:
            return
        live, instance = found
        batch = self._state.open_batch()
        active = event.active
        batch.try_values(
            active.try_id,
            state=TaskState.RUNNING,
            start_date=instance.first_started_at or active.started_at,
            pid=active.pid,
            start_ticks=active.start_ticks,
            forked=not event.fresh_reason,
        )
        if instance.state is TaskState.QUEUED:
            batch.plan(
                live,
                advance.started(
                    live.view, instance, active.started_at, pid=active.pid, hostname=self._state.settings.hostname
                ),
            )

    def ended(self, event: messages.Ended) -> None:
        state = self._state
        batch = state.open_batch()
        batch.is_urgent = True
        if not event.exit_follows:
            batch.effects.append(lambda: state.executor.forget(event.try_id))
        now = state.clock.now()
        ended_at = event.exit.ended_at or now
        outcome = self._within_patience(event)
        found = self._find(event.try_id)
        name = state.tries.pop(event.try_id, None)
        if name is not None and (found is None or found[1].try_id == event.try_id):
            # Before anything is decided: the same instance may want the slot again.
            state.dispatcher.released(name)
        verdict = _verdict(outcome)
        if found is not None:
            live, instance = found
            self._keep_xcoms(live, outcome)
            if instance.state in _ALIVE:
                if instance.state is TaskState.QUEUED and event.exit.started_at is not None:
                    # The two reports came together: write the start down before the end.
                    hostname = state.settings.hostname
                    batch.plan(
                        live,
                        advance.started(
                            live.view, instance, event.exit.started_at, pid=event.exit.pid, hostname=hostname
                        ),
                    )
                plan = advance.ended(live.view, instance, outcome, ended_at, now)
                if instance.state.is_final or instance.state in (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE):
                    verdict = instance.state
                self._runs.apply(live, plan)
                self._callbacks_of_dead_process(live, instance, event)
            elif instance.state is TaskState.RESTARTING:
                self._runs.apply(live, advance.restart_ready(live.view, instance, now))
        values: dict[str, object] = {
            "state": verdict,
            "end_date": None if verdict is TaskState.UP_FOR_RESCHEDULE else ended_at,
            "exit_code": event.exit.exit_code,
            "signal": event.exit.signal,
            "peak_rss_kb": event.exit.peak_rss_kb or None,
            "cpu_s": event.exit.cpu_s,
            "forked": event.exit.forked,
            **_cause(outcome),
        }
        if event.exit.started_at is not None and (found is None or not found[1].reschedule_count):
            values["start_date"] = event.exit.started_at
            values["pid"] = event.exit.pid
        batch.try_values(event.try_id, **values)

    def exited(self, event: messages.Exited) -> None:
        """How the process of a try went whose end came before. Nobody waits for that: it goes with the next batch."""
        batch = self._state.open_batch()
        seen = event.exit
        values = {
            "exit_code": seen.exit_code,
            "signal": seen.signal,
            "peak_rss_kb": seen.peak_rss_kb or None,
            "cpu_s": seen.cpu_s or None,
        }
        known = {name: value for name, value in values.items() if value is not None}
        if known:
            batch.try_values(event.try_id, **known)
        batch.effects.append(lambda: self._state.executor.forget(event.try_id))

    def _within_patience(self, event: messages.Ended) -> messages.Outcome:
        """The outcome, unless the instance takes its host along again and again: then that is its own failure."""
        name = self._state.tries.get(event.try_id)
        outcome = event.outcome
        if name is None:
            return outcome
        if not isinstance(outcome, messages.Lost) or outcome.cause != "host_lost":
            self._lost_in_a_row.pop(name, None)
            return outcome
        times = self._lost_in_a_row[name] = self._lost_in_a_row.get(name, 0) + 1
        if times < _LOST_IN_A_ROW:
            return outcome
        del self._lost_in_a_row[name]
        error = (
            f"its DAG host died {times} times in a row while it ran; the task itself seems to end it. {outcome.detail}"
        )
        return messages.Failed(cause="host_lost", error=error)

    def _keep_xcoms(self, live: LiveRun, outcome: messages.Outcome) -> None:
        if isinstance(outcome, messages.Succeeded):
            for xcom in outcome.xcoms:
                self.keep_xcom(live.run_key, xcom)

    def keep_xcom(self, run_key: int, xcom: messages.SetXCom) -> None:
        batch = self._state.open_batch()
        batch.changes.xcoms.append(
            XComRecord(
                run_key=run_key,
                task_id=xcom.task_id,
                map_index=xcom.map_index,
                key=xcom.key,
                value=xcom.value,
                length=xcom.length,
                created_at=batch.now,
            )
        )

    def _callbacks_of_dead_process(self, live: LiveRun, instance: Instance, event: messages.Ended) -> None:
        """The task's own callbacks for an end that its process did not live to see."""
        if event.exit.callbacks_done or not isinstance(event.outcome, messages.Failed):
            return
        kind = "retry" if instance.state is TaskState.UP_FOR_RETRY else "failure"
        if kind not in instance.task.callbacks:
            return
        batch = self._state.open_batch()
        record = CallbackRecord(
            callback_id=new_try_id(int(batch.now.timestamp() * 1000)),
            run_key=live.run_key,
            kind=kind,
            task_id=instance.task_id,
            map_index=instance.map_index,
            try_id=event.try_id,
            reason=event.outcome.cause,
            error=event.outcome.error,
            created_at=batch.now,
        )
        self._runs.callbacks.request(live, record, self.task_try(live, instance))

    # --- stopping ----------------------------------------------------------------------------------------------------

    def kill(self, try_id: str, cause: str) -> None:
        """Asks for the try's end; its `Ended` comes as for any other."""
        self._state.executor.kill(try_id, cause, self._state.settings.kill_grace_s)

    def skip(self, try_id: str, task_ids: list[str]) -> None:
        """Tasks that a running branch has decided to skip."""
        found = self._find(try_id)
        if found is not None:
            live, instance = found
            now = self._state.clock.now()
            self._state.open_batch().is_urgent = True
            self._runs.apply(live, advance.skip_now(live.view, task_ids, instance, now))

    def _find(self, try_id: str) -> tuple[LiveRun, Instance] | None:
        """The run and instance whose newest try this is; None when it has moved on or is not in memory."""
        name = self._state.tries.get(try_id)
        if name is None:
            return None
        run_key, task_id, map_index = name
        live = self._runs.get(run_key)
        if live is None:
            return None
        instance = live.view.instances.get((task_id, map_index))
        if instance is None or instance.try_id != try_id:
            return None
        return live, instance


def _verdict(outcome: messages.Outcome) -> TaskState:
    """What the try's own row says, when its instance no longer listens."""
    match outcome:
        case messages.Succeeded():
            return TaskState.SUCCESS
        case messages.Skipped():
            return TaskState.SKIPPED
        case messages.Rescheduled():
            return TaskState.UP_FOR_RESCHEDULE
        case messages.Deferred():
            return TaskState.DEFERRED
        case _:
            return TaskState.FAILED


def _cause(outcome: messages.Outcome) -> dict[str, object]:
    match outcome:
        case messages.Failed():
            return {"cause": outcome.cause, "error": outcome.error}
        case messages.Lost():
            return {"cause": outcome.cause, "error": outcome.detail}
        case messages.Skipped():
            return {"cause": "skipped", "error": outcome.reason}
        case _:
            return {}
