"""Runs as bars, and what can be said about many of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final

from tradewind.core.records import DagRecord
from tradewind.core.runs import Planned
from tradewind.core.states import RunState
from tradewind.services.views.viewer import View
from tradewind.store.bars import BarRecord, Version

Outcome = tuple[str, float | None]
"""State of a run and, when it has ended, how many seconds it took."""
_FINAL: Final = frozenset(state.value for state in RunState if state.is_final)
RECENT = 50
"""So many runs back the statistics look."""


def bar_of(run: BarRecord, versions: Mapping[str, Version]) -> View:
    """`shapes.RunBar`."""
    version = versions.get(run.version_id)
    return {
        "run_id": run.run_id,
        "run_type": run.run_type.value,
        "state": run.state.value,
        "logical_date": run.logical_date,
        "data_interval_start": run.data_interval_start,
        "data_interval_end": run.data_interval_end,
        "run_after": run.run_after,
        "queued_at": run.queued_at,
        "start_date": run.start_date,
        "end_date": run.end_date,
        "duration_s": run.duration_s,
        "version_number": version.number if version is not None else 0,
        "note": run.note,
        "triggered_by": run.triggered_by,
        "triggering_user": run.triggering_user,
        "backfill_id": run.backfill_id,
    }


def planned_of(planned: Planned) -> View:
    """`shapes.PlannedRun`."""
    return {
        "logical_date": planned.logical_date,
        "data_interval_start": planned.data_interval_start,
        "data_interval_end": planned.data_interval_end,
        "run_after": planned.run_after,
    }


def stored_next(dag: DagRecord) -> View | None:
    """The next run as the engine noted it."""
    if dag.next_run_after is None:
        return None
    return {
        "logical_date": dag.next_logical_date,
        "data_interval_start": dag.next_interval_start,
        "data_interval_end": dag.next_interval_end,
        "run_after": dag.next_run_after,
    }


def durations(runs: Iterable[BarRecord]) -> list[float]:
    """Of the successes among finished runs; of all finished ones when none succeeded."""
    return lengths((run.state.value, run.duration_s) for run in runs)


def lengths(outcomes: Iterable[Outcome]) -> list[float]:
    """As `durations`."""
    good: list[float] = []
    others: list[float] = []
    for state, seconds in outcomes:
        if seconds is not None and state in _FINAL:
            (good if state == RunState.SUCCESS else others).append(seconds)
    return good or others


def median_of(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def p95_of(values: Sequence[float]) -> float | None:
    """The smallest value that 95 % of all do not exceed."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * 95 // 100) - 1)]


def success_rate(outcomes: Iterable[Outcome]) -> float | None:
    ended = [state for state, _ in outcomes if state in _FINAL]
    return ended.count(RunState.SUCCESS) / len(ended) if ended else None
