"""Unfinished runs: read into memory, started when there is room, carried to their end."""

from __future__ import annotations

from datetime import timedelta

from tradewind.core import advance
from tradewind.core.dispatch import Candidate
from tradewind.core.plan import Plan
from tradewind.core.records import OutboxRecord, RunRecord
from tradewind.core.run_view import Instance, RunView
from tradewind.core.states import ACTIVE, RunState, RunType, TaskState
from tradewind.engine.batch import Effect
from tradewind.engine.callbacks import Callbacks
from tradewind.engine.events import InstanceDue, RunDue, RunTimedOut, ScheduleDue
from tradewind.engine.live import LiveRun
from tradewind.engine.past import Past
from tradewind.engine.run_queue import QueuedRun, RunQueue
from tradewind.engine.state import EngineState
from tradewind.store.engine_reads import LoadedRun
from tradewind.store.errors import StoreFault


class Runs:
    def __init__(self, state: EngineState, callbacks: Callbacks) -> None:
        self._state = state
        self.callbacks = callbacks
        self.queue = RunQueue()
        self._past = Past(state)
        self._pools: set[str] = set()

    # --- memory and store --------------------------------------------------------------------------------------------

    def get(self, run_key: int) -> LiveRun | None:
        return self._state.live.get(run_key)

    def read_pools(self) -> None:
        """Pools as they are in the store."""
        pools = {pool.name: pool.slots for pool in self._state.store.pools.list()}
        for gone in self._pools - pools.keys():
            self._state.dispatcher.set_pool(gone, None)
        for name, slots in pools.items():
            self._state.dispatcher.set_pool(name, slots)
        self._pools = set(pools)

    def load_unfinished(self) -> None:
        """Everything that is not finished, as it is in the store: at start, and after a long time without it."""
        state = self._state
        for loaded in state.store.engine.load_runs(state.store.engine.unfinished_runs()):
            self._admit(loaded)

    def reload(self, run_key: int) -> LiveRun | None:
        """Forgets what is known of a run and reads it again.

        Tries that the store no longer stands for (their instance was cleared or marked while they ran) are killed.
        """
        self.drop(run_key)
        loaded = self._state.store.engine.load_run(run_key)
        live = None if loaded is None else self._admit(loaded)
        self._kill_disowned(run_key, live)
        return live

    def drop(self, run_key: int) -> None:
        """Takes a run out of memory; its tries, if any, stay with the executor."""
        live = self._state.live.pop(run_key, None)
        self.queue.remove(run_key)
        if live is None:
            return
        for instance in live.view.instances.values():
            if instance.state is TaskState.SCHEDULED:
                self._state.dispatcher.withdraw(_name(live, instance))
            elif instance.state in ACTIVE:
                self._state.dispatcher.released(_name(live, instance))
            if instance.due_at is not None:
                self._state.timers.cancel(_timer(live, instance))
        self._state.timers.cancel(("timeout", run_key))

    def _admit(self, loaded: LoadedRun) -> LiveRun | None:
        record = loaded.run
        if record.state is RunState.QUEUED:
            self._enqueue(record)
            return None
        if record.state is not RunState.RUNNING:
            return None
        live = self._live(loaded)
        if live is None:
            return None
        self.queue.occupy(record)
        for instance in live.view.instances.values():
            if instance.state in ACTIVE:
                self._state.dispatcher.occupied(self._candidate(live, instance))
                if instance.try_id is not None:
                    self._state.tries.setdefault(instance.try_id, _name(live, instance))
            elif instance.state is TaskState.SCHEDULED:
                self._state.dispatcher.offer(self._candidate(live, instance))
            elif instance.due_at is not None:
                self._time(live, instance)
        self._watch_timeout(live)
        self.apply(live, advance.advance(live.view, None, self._state.clock.now()))
        return live

    def _live(self, loaded: LoadedRun) -> LiveRun | None:
        state = self._state
        record = loaded.run
        version = state.catalog.version(record.version_id)
        if version is None:
            return None
        dag = state.catalog.dags.get(record.dag_id)
        view = RunView.from_records(
            version.graph, record, loaded.instances, lengths=loaded.lengths, decisions=loaded.decisions
        )
        view.paused = dag is not None and dag.is_paused and record.run_type is not RunType.BACKFILL
        live = LiveRun(record=record, version=version, view=view)
        self._past.attach(live)
        state.live[record.run_key] = live
        return live

    def _kill_disowned(self, run_key: int, live: LiveRun | None) -> None:
        state = self._state
        for try_id, (owner, task_id, map_index) in list(state.tries.items()):
            if owner != run_key:
                continue
            instance = live.view.instances.get((task_id, map_index)) if live is not None else None
            if (
                instance is None
                or instance.try_id != try_id
                or instance.state
                not in (
                    TaskState.QUEUED,
                    TaskState.RUNNING,
                )
            ):
                cause = "cleared" if instance is not None and instance.state is TaskState.RESTARTING else "marked"
                state.executor.kill(try_id, cause, state.settings.kill_grace_s)

    # --- from queued to running --------------------------------------------------------------------------------------

    def _enqueue(self, record: RunRecord) -> None:
        self.queue.push(QueuedRun(record.run_after, record.run_key, record.dag_id, record.run_type, record.backfill_id))
        if record.run_after > self._state.clock.now():
            self._state.at(("run", record.run_key), record.run_after, RunDue(record.run_key))

    def created(self, record: RunRecord) -> None:
        """A run that was written as QUEUED, by this engine or by somebody else."""
        self._enqueue(record)

    def create(self, record: RunRecord, why: str) -> None:
        """Writes a new run with the open batch."""
        batch = self._state.open_batch()
        batch.is_urgent = True
        batch.changes.new_runs.append(record)
        batch.changes.outbox.append(
            OutboxRecord(
                at=batch.now,
                kind="run",
                dag_id=record.dag_id,
                run_id=record.run_id,
                run_key=record.run_key,
                new=RunState.QUEUED.value,
                why=why,
            )
        )
        batch.effects.append(lambda: self.created(record))
        batch.effects.append(lambda: self._state.emit(RunDue(record.run_key)))

    def promote(self) -> None:
        """Starts queued runs of DAGs that have room, oldest first."""
        state = self._state
        for queued in self.queue.promotable(self._room, state.clock.now()):
            try:
                loaded = state.store.engine.load_run(queued.run_key)
                live = self._live(loaded) if loaded is not None and loaded.run.state is RunState.QUEUED else None
            except StoreFault:
                # It keeps its place until the store answers.
                self.queue.push(queued)
                raise
            if loaded is not None and live is not None:
                self._start(live, first_time=not loaded.instances)

    def _room(self, dag_id: str, backfill_id: int | None) -> int:
        """How many runs of this DAG (of this backfill) may run at once; 0 while it is paused."""
        dag = self._state.catalog.dags.get(dag_id)
        if dag is None:
            return 0
        if backfill_id is not None:
            backfill = self._state.store.backfills.get(backfill_id)
            return 0 if backfill is None or backfill.is_paused else backfill.max_active_runs
        return 0 if dag.is_paused else dag.spec.max_active_runs

    def _start(self, live: LiveRun, *, first_time: bool) -> None:
        now = self._state.clock.now()
        self.queue.occupy(live.record)
        live.set(
            state=RunState.RUNNING,
            start_date=live.record.start_date if live.record.clear_number and live.record.start_date else now,
            end_date=None,
            end_reason="",
            expanded=True,
        )
        self._state.open_batch().run_changed(live, RunState.QUEUED, RunState.RUNNING, now, "started")
        self._state.open_batch().is_urgent = True
        self._watch_timeout(live)
        decide = advance.begin(live.view, now) if first_time else advance.advance(live.view, None, now)
        self.apply(live, decide)

    # --- plans -------------------------------------------------------------------------------------------------------

    def apply(self, live: LiveRun, plan: Plan) -> None:
        """Takes a plan of the core into the batch, and into the queues and timers."""
        if not plan:
            return
        state = self._state
        batch = state.open_batch()
        batch.plan(live, plan)
        if plan.transitions or plan.created or plan.run:
            batch.is_urgent = True
        for instance in plan.unready:
            if instance.state is not TaskState.SCHEDULED:
                state.dispatcher.withdraw(_name(live, instance))
        for instance in plan.ready:
            if instance.state is TaskState.SCHEDULED:
                state.dispatcher.offer(self._candidate(live, instance))
        for instance in plan.retime:
            self._time(live, instance)
        for instance, cause in plan.kill:
            if instance.try_id is not None:
                batch.effects.append(_killing(state, instance.try_id, cause))
        if plan.run is not None:
            self._ended(live, plan.run.old, plan.run.new, plan.run.reason)
        elif plan.transitions:
            self._past.changed(live, plan, self.apply)

    def _candidate(self, live: LiveRun, instance: Instance) -> Candidate:
        return Candidate.of(live.version.graph, live.record, instance)

    def _time(self, live: LiveRun, instance: Instance) -> None:
        key = _timer(live, instance)
        if instance.due_at is None:
            self._state.timers.cancel(key)
        else:
            self._state.at(key, instance.due_at, InstanceDue(live.run_key, instance.task_id, instance.map_index))

    def _watch_timeout(self, live: LiveRun) -> None:
        timeout_s = live.version.spec.dagrun_timeout_s
        if timeout_s is not None and live.record.start_date is not None:
            at = live.record.start_date + timedelta(seconds=timeout_s)
            live.view.timeout_at = at
            self._state.at(("timeout", live.run_key), at, RunTimedOut(live.run_key))

    def due(self, event: InstanceDue) -> None:
        live = self.get(event.run_key)
        instance = live.view.instances.get((event.task_id, event.map_index)) if live is not None else None
        now = self._state.clock.now()
        if live is not None and instance is not None and instance.due_at is not None and instance.due_at <= now:
            self.apply(live, advance.due(live.view, instance, now))

    def timed_out(self, event: RunTimedOut) -> None:
        live = self.get(event.run_key)
        if live is not None and live.is_running:
            self.apply(live, advance.time_out(live.view, self._state.clock.now()))

    # --- the end of a run --------------------------------------------------------------------------------------------

    def _ended(self, live: LiveRun, old: RunState, new: RunState, reason: str) -> None:
        state = self._state
        now = state.clock.now()
        if not new.is_final:
            return
        live.set(state=new, end_date=now, end_reason=reason)
        batch = state.open_batch()
        batch.run_changed(live, old, new, now, reason)
        kind = "success" if new is RunState.SUCCESS else "failure"
        if kind in live.version.spec.callbacks:
            self.callbacks.request_for_run(live, kind, reason)
        self._past.run_ended(live, self.apply)
        self._state.live.pop(live.run_key, None)
        self.queue.remove(live.run_key)
        state.timers.cancel(("timeout", live.run_key))
        if new is RunState.FAILED:
            self._pause_after_failures(live)
        batch.effects.append(lambda: self.after_end(live))

    def after_end(self, live: LiveRun) -> None:
        """What the end of a run makes room for. Harmless when it has not ended."""
        backfill_id = live.record.backfill_id
        if backfill_id is None:
            self._state.emit(ScheduleDue(live.dag_id))
            return
        store = self._state.store
        if not store.runs.count(backfill_id=backfill_id, states=[RunState.QUEUED, RunState.RUNNING]):
            store.backfills.update(backfill_id, completed_at=self._state.clock.now())

    def _pause_after_failures(self, live: LiveRun) -> None:
        """max_consecutive_failed_dag_runs: the DAG pauses itself, and says why."""
        limit = live.version.spec.max_consecutive_failed_dag_runs
        if limit <= 0:
            return
        earlier = self._state.store.engine.last_outcomes(live.dag_id, limit - 1) if limit > 1 else []
        if len(earlier) == limit - 1 and all(outcome is RunState.FAILED for outcome in earlier):
            reason = f"the last {limit} runs failed (max_consecutive_failed_dag_runs={limit})"
            batch = self._state.open_batch()
            batch.changes.paused.append((live.dag_id, reason))
            batch.effects.append(lambda: self.pause_changed(live.dag_id))

    def pause_changed(self, dag_id: str) -> None:
        """The DAG was paused or un-paused: its running runs go on or stand still."""
        dag = self._state.catalog.refresh(dag_id)
        for live in [live for live in self._state.live.values() if live.dag_id == dag_id]:
            paused = dag is not None and dag.is_paused and live.record.run_type is not RunType.BACKFILL
            if live.view.paused != paused:
                live.view.paused = paused
                if paused:
                    self._hold(live)
                self.apply(live, advance.advance(live.view, None, self._state.clock.now()))
        if dag is not None and not dag.is_paused:
            self._state.emit(ScheduleDue(dag_id))

    def _hold(self, live: LiveRun) -> None:
        for instance in live.view.instances.values():
            if instance.state is TaskState.SCHEDULED:
                self._state.dispatcher.withdraw(_name(live, instance))


def _name(live: LiveRun, instance: Instance) -> tuple[int, str, int]:
    return (live.run_key, instance.task_id, instance.map_index)


def _timer(live: LiveRun, instance: Instance) -> tuple[str, int, str, int]:
    return ("due", live.run_key, instance.task_id, instance.map_index)


def _killing(state: EngineState, try_id: str, cause: str) -> Effect:
    return lambda: state.executor.kill(try_id, cause, state.settings.kill_grace_s)
