"""Runs that the schedule creates."""

from __future__ import annotations

from datetime import datetime, timedelta

from tradewind.core.ids import new_run_key
from tradewind.core.messages import ScheduleAnswer
from tradewind.core.records import DagRecord, RunRecord
from tradewind.core.runs import DataInterval, Planned, as_utc, next_run, run_id_for
from tradewind.core.states import RunState, RunType
from tradewind.engine.events import ScheduleDue
from tradewind.engine.foreign_timetables import ForeignTimetables
from tradewind.engine.runs import Runs
from tradewind.engine.state import EngineState
from tradewind.timetables.base import Timetable
from tradewind.timetables.registry import from_spec


class AutomatedRuns:
    """Plans the next run of each DAG, creates it when it is due and there is room, and waits for the one after."""

    def __init__(self, state: EngineState, runs: Runs) -> None:
        self._state = state
        self._runs = runs
        self._timetables: dict[str, tuple[str, Timetable]] = {}
        self._last: dict[str, DataInterval | None] = {}
        self._foreign = ForeignTimetables(state)

    def plan_all(self) -> None:
        for dag_id in list(self._state.catalog.dags):
            self._state.emit(ScheduleDue(dag_id))

    def forget(self, dag_id: str) -> None:
        """Reads the DAG's last run from the store again before the next decision."""
        self._last.pop(dag_id, None)
        self._foreign.forget(dag_id)

    def answered(self, event: ScheduleAnswer) -> None:
        """A host has asked a custom timetable."""
        dag_id = self._foreign.answered(event)
        if dag_id is not None:
            self.due(dag_id)

    def due(self, dag_id: str) -> None:
        """Creates every run of the DAG that is due and has room, then sets a timer for the next one."""
        state = self._state
        if not state.settings.schedules:
            return
        state.timers.cancel(("schedule", dag_id))
        dag = state.catalog.dags.get(dag_id)
        if dag is None or not dag.spec.timetable.can_be_scheduled:
            return
        now = state.clock.now()
        room = dag.spec.max_active_runs - self._active(dag)
        planned = self._next(dag, now)
        while not dag.is_paused and planned is not None and planned.run_after <= now and room > 0:
            if self._create(dag, planned, now):
                room -= 1
            self._moved_past(dag, planned)
            planned = self._next(dag, now)
        self._show_next(dag, planned)
        if not dag.is_paused and planned is not None and planned.run_after > now:
            state.at(("schedule", dag_id), planned.run_after, ScheduleDue(dag_id))

    def _active(self, dag: DagRecord) -> int:
        limit = dag.spec.timetable.active_runs_limit
        active = self._runs.queue.active(dag.dag_id) + self._unwritten(dag.dag_id)
        # A timetable such as @continuous allows fewer runs than the DAG does.
        return active if limit is None else max(active, active + dag.spec.max_active_runs - limit)

    def _unwritten(self, dag_id: str) -> int:
        """Runs that the open batch is about to write: they are not in the queue before they are."""
        batch = self._state.batch
        return 0 if batch is None else sum(1 for run in batch.changes.new_runs if run.dag_id == dag_id)

    def _next(self, dag: DagRecord, now: datetime) -> Planned | None:
        if dag.spec.timetable.kind == "custom":
            return self._foreign.next_run(dag, self._last_interval(dag))
        return next_run(
            self._timetable(dag),
            last=self._last_interval(dag),
            start=dag.spec.start_date,
            end=dag.spec.end_date,
            catchup=dag.spec.catchup,
            now=now,
        )

    def _timetable(self, dag: DagRecord) -> Timetable:
        known = self._timetables.get(dag.dag_id)
        if known is None or known[0] != dag.version_id:
            known = (dag.version_id, from_spec(dag.spec.timetable))
            self._timetables[dag.dag_id] = known
        return known[1]

    def _last_interval(self, dag: DagRecord) -> DataInterval | None:
        if dag.dag_id not in self._last:
            run = self._state.store.engine.last_automated_run(dag.dag_id)
            self._last[dag.dag_id] = None if run is None else _interval_of(run)
        return self._last[dag.dag_id]

    def _moved_past(self, dag: DagRecord, planned: Planned) -> None:
        self._foreign.moved_past(dag.dag_id)
        start = planned.data_interval_start or planned.run_after
        self._last[dag.dag_id] = DataInterval(as_utc(start), as_utc(planned.data_interval_end or start))

    def _create(self, dag: DagRecord, planned: Planned, now: datetime) -> bool:
        """False when a run of that date exists already, as after a manual run for it."""
        if planned.logical_date is not None and (
            self._state.store.runs.by_logical_date(dag.dag_id, planned.logical_date) is not None
        ):
            return False
        record = RunRecord(
            run_key=new_run_key(int(now.timestamp() * 1000)),
            dag_id=dag.dag_id,
            run_id=run_id_for(
                RunType.SCHEDULED,
                dialect=dag.spec.dialect,
                run_after=planned.run_after,
                logical_date=planned.logical_date,
            ),
            run_type=RunType.SCHEDULED,
            state=RunState.QUEUED,
            version_id=dag.version_id,
            run_after=planned.run_after,
            logical_date=planned.logical_date,
            data_interval_start=planned.data_interval_start,
            data_interval_end=planned.data_interval_end,
            queued_at=now,
            triggered_by="timetable",
        )
        self._runs.create(record, "schedule")
        return True

    def _show_next(self, dag: DagRecord, planned: Planned | None) -> None:
        values: dict[str, object] = {
            "next_logical_date": planned.logical_date if planned else None,
            "next_interval_start": planned.data_interval_start if planned else None,
            "next_interval_end": planned.data_interval_end if planned else None,
            "next_run_after": planned.run_after if planned else None,
        }
        if any(not _same(getattr(dag, name), value) for name, value in values.items()):
            self._state.open_batch().changes.dag_next_runs.append((dag.dag_id, values))
            self._state.catalog.shown(dag.dag_id, values)


def _interval_of(run: RunRecord) -> DataInterval:
    start = run.data_interval_start or run.logical_date or run.run_after
    return DataInterval(as_utc(start), as_utc(run.data_interval_end or start))


def _same(shown: object, planned: object) -> bool:
    if isinstance(shown, datetime) and isinstance(planned, datetime):
        return abs(shown - planned) < timedelta(microseconds=1)
    return shown == planned
