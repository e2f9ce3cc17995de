"""One run: how it went, and what broke."""

from __future__ import annotations

import os
from typing import Final

from tradewind.core.graph import Graph
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord, TryRecord
from tradewind.core.states import TaskState
from tradewind.services.dags import get_dag
from tradewind.services.edits import spec_of_run
from tradewind.services.session import Services
from tradewind.services.views import why
from tradewind.services.views.dag_page import version_row
from tradewind.services.views.instances import run_of
from tradewind.services.views.log_window import line_of, read_window
from tradewind.services.views.run_bars import RECENT, durations, median_of, p95_of
from tradewind.services.views.runs import run_row
from tradewind.services.views.task_files import log_file
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.bars import Place

_MOST_FAILURES: Final = 25
_MOST_EVENTS: Final = 500
_EXCERPT_LINES: Final = 20
_EXCERPT_BYTES: Final = 16_384
_LOOK_BACK: Final = 20


def get_run_page(viewer: Viewer, dag_id: str, run_id: str) -> View:
    """`shapes.RunPage`. Raises Unknown."""
    services = viewer.services
    store = services.store
    seq = store.outbox.last_seq()
    run = run_of(services, dag_id, run_id)
    dag = get_dag(services, dag_id)
    seconds = durations(store.bars.newest([dag_id], RECENT)[dag_id])
    row = run_row(viewer, run)
    place = Place(run.run_after, run.run_key)
    older = store.bars.page(dag_id, limit=1, before=place)
    newer = store.bars.neighbours(dag_id, place)
    events = store.outbox.history(run.run_key, limit=_MOST_EVENTS)
    return {
        "run": row,
        "dag_display_name": dag.spec.display_name or dag_id,
        "version": version_row(services, store.bars.versions([run.version_id])[run.version_id]),
        "is_newest_version": run.version_id == dag.version_id,
        "median_duration_s": median_of(seconds),
        "p95_duration_s": p95_of(seconds),
        "failures": failures_of(services, run),
        "task_counts": row["task_counts"],
        "previous_run_id": older[0].run_id if older else None,
        "next_run_id": newer[0].run_id if newer else None,
        "why": [] if run.state.is_final else why.why_run(services, run)["reasons"],
        "events": [event_row(event) for event in events],
        "seq": seq,
    }


def event_row(event: OutboxRecord) -> View:
    """`shapes.EventRow`."""
    names = ("seq", "at", "kind", "dag_id", "run_id", "task_id", "map_index", "old", "new", "try_number", "why", "who")
    return {name: getattr(event, name) for name in names}


def failures_of(services: Services, run: RunRecord) -> list[View]:
    """`shapes.Failure`s of a run, the earliest first."""
    found = services.store.history.failed_instances(run.run_key, _MOST_FAILURES)
    if not found:
        return []
    graph = Graph(spec_of_run(services, run))
    stopped = {
        one.task_id
        for one in services.store.instances.of_run(run.run_key)
        if one.state in (TaskState.UPSTREAM_FAILED, TaskState.NONE)
    }
    rows = []
    for instance in found:
        made = services.store.tries.get(instance.try_id) if instance.try_id is not None else None
        excerpt = _excerpt(services, made)
        below = graph.flat_relatives(instance.task_id, upstream=False) if instance.task_id in graph else ()
        rows.append(
            {
                "task_id": instance.task_id,
                "map_index": instance.map_index,
                "try_number": instance.try_number,
                "ended_at": instance.end_date,
                "cause": made.cause if made is not None else "",
                "last_line": _last_line(made, excerpt),
                "excerpt": excerpt,
                "blocked": len(stopped.intersection(below)),
                "seen_before": _seen_before(services, run, instance, made),
            }
        )
    return rows


def _last_line(made: TryRecord | None, excerpt: list[str]) -> str:
    if made is not None and made.error:
        return [line for line in made.error.splitlines() if line.strip()][-1] if made.error.strip() else ""
    return next((line for line in reversed(excerpt) if line.strip()), "")


def _excerpt(services: Services, made: TryRecord | None) -> list[str]:
    """The last lines of a try's log."""
    path = log_file(services, made.log_path) if made is not None else None
    if path is None or not os.path.exists(path):
        return []
    window = read_window(path, at="tail", limit=_EXCERPT_BYTES, is_complete=True)
    lines: list[str] = []
    for piece in window.pieces:
        lines += line_of(piece)["text"].splitlines()
    return lines[-_EXCERPT_LINES:]


def _seen_before(services: Services, run: RunRecord, instance: InstanceRecord, made: TryRecord | None) -> str | None:
    """The newest earlier run in which the same task failed with the same error."""
    if made is None or not made.error:
        return None
    store = services.store
    earlier = store.bars.page(run.dag_id, limit=_LOOK_BACK, before=Place(run.run_after, run.run_key))
    for other in earlier:
        for one in store.tries.of_instance(other.run_key, instance.task_id, instance.map_index):
            if one.state is TaskState.FAILED and one.error == made.error:
                return other.run_id
    return None
