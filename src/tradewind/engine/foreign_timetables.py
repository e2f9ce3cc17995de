"""Timetables that a user wrote: their next runs are asked of the DAG's host, because user code never runs in the engine."""

from __future__ import annotations

import logging
from collections import deque
from itertools import count
from typing import Final

from tradewind.core.messages import AskSchedule, ScheduleAnswer
from tradewind.core.records import DagRecord
from tradewind.core.runs import DataInterval, Planned, as_utc
from tradewind.engine.state import EngineState

_RUNS_PER_QUESTION: Final = 16

log = logging.getLogger(__name__)


class ForeignTimetables:
    """Keeps the answers until they are used up or forgotten; asks at most once at a time for each DAG."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._numbers = count(1)
        self._open: dict[int, tuple[str, str]] = {}
        """Number of a question → DAG and the version it was asked for."""
        self._planned: dict[str, tuple[str, deque[Planned], bool]] = {}
        """DAG → version, runs not yet used, whether there are more behind them."""

    def forget(self, dag_id: str) -> None:
        self._planned.pop(dag_id, None)

    def next_run(self, dag: DagRecord, last: DataInterval | None) -> Planned | None:
        """The next run as far as it is known; None also while the host is being asked."""
        known = self._planned.get(dag.dag_id)
        if known is not None and known[0] == dag.version_id:
            _, runs, has_more = known
            if runs:
                return runs[0]
            if not has_more:
                return None
        self._ask(dag, last)
        return None

    def moved_past(self, dag_id: str) -> None:
        known = self._planned.get(dag_id)
        if known is not None and known[1]:
            known[1].popleft()

    def answered(self, event: ScheduleAnswer) -> str | None:
        """The DAG that the answer is about, when it is still wanted."""
        asked = self._open.pop(event.number, None)
        if asked is None:
            return None
        dag_id, version_id = asked
        if event.error:
            log.error("The timetable of DAG %r could not say when it runs next: %s", dag_id, event.error)
        runs = deque(
            Planned(
                None if logical is None else as_utc(logical),
                None if start is None else as_utc(start),
                None if end is None else as_utc(end),
                as_utc(run_after),
            )
            for logical, start, end, run_after in event.runs
        )
        self._planned[dag_id] = (version_id, runs, bool(runs))
        return dag_id

    def _ask(self, dag: DagRecord, last: DataInterval | None) -> None:
        if any(asked == (dag.dag_id, dag.version_id) for asked in self._open.values()):
            return
        version = self._state.catalog.version(dag.version_id)
        if version is None:
            return
        number = next(self._numbers)
        self._open[number] = (dag.dag_id, dag.version_id)
        spec = dag.spec
        question = AskSchedule(
            number=number,
            dag_id=dag.dag_id,
            last_start=None if last is None else last.start,
            last_end=None if last is None else last.end,
            earliest=spec.start_date,
            latest=spec.end_date,
            catchup=spec.catchup,
            limit=_RUNS_PER_QUESTION,
        )
        source = version.source_digest
        self._state.executor.ask_schedule(version.file, source, lambda: self._state.store.dags.source(source), question)
