"""The list of DAGs: filtered, counted by facet, ordered, and one page of it with runs and statistics.

Filters and facets work on the DAGs themselves, which the store keeps decoded in memory; only the DAGs of the page cost
reads of runs, and each a fixed number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from tradewind.core.records import DagRecord
from tradewind.core.states import RunState, TaskState
from tradewind.services.views import actions
from tradewind.services.views.cursors import from_cursor, to_cursor
from tradewind.services.views.favourites import favourites_of
from tradewind.services.views.run_bars import (
    RECENT,
    bar_of,
    lengths,
    median_of,
    stored_next,
    success_rate,
)
from tradewind.services.views.schedules import schedule_text
from tradewind.services.views.task_tree import RunStates
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.bars import BarRecord

Order = Literal["dag_id", "next_run", "last_run", "median_duration"]

MAX_PAGE: Final = 200
MAX_BARS: Final = 100
_ORDERING_RUNS: Final = 10
"""Runs of each DAG that are read to order all of them by their median."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class DagFilter:
    """None and empty match everything; of several values in one field, any is enough."""

    search: str = ""
    """Words that all occur in the id, the display name, a tag, an owner or the description."""
    tags: Sequence[str] | None = None
    owners: Sequence[str] | None = None
    folder: str | None = None
    """With the folders below it."""
    states: Sequence[str] | None = None
    paused: bool | None = None
    favourite: bool | None = None


@dataclass(slots=True)
class _Known:
    """What is known of all DAGs before any is looked at closely."""

    unfinished: dict[str, dict[str, int]]
    last: dict[str, tuple[str, datetime]]
    favourites: frozenset[str]
    medians: dict[str, float | None] = field(default_factory=dict)

    def states(self, dag: DagRecord) -> set[str]:
        found = {"paused" if dag.is_paused else "active"}
        if "running" in self.unfinished.get(dag.dag_id, {}):
            found.add("running")
        if self.last.get(dag.dag_id, ("",))[0] == RunState.FAILED:
            found.add("failed")
        if dag.dag_id in self.favourites:
            found.add("favourite")
        if dag.has_import_error:
            found.add("import_error")
        return found


STATES: Final = ("active", "paused", "running", "failed", "favourite", "import_error")


def list_dags(
    viewer: Viewer,
    wanted: DagFilter,
    *,
    order_by: Order = "dag_id",
    descending: bool = False,
    cursor: str | None = None,
    limit: int = 50,
    bars: int = 14,
) -> View:
    """`shapes.DagList`. Raises Invalid for a cursor of something else."""
    services = viewer.services
    store = services.store
    seq = store.outbox.last_seq()
    visible = viewer.visible_dags
    dags = [dag for dag in store.dags.list() if visible is None or dag.dag_id in visible]
    known = _Known(store.bars.unfinished(), store.bars.last_states(), favourites_of(viewer))
    states = {dag.dag_id: known.states(dag) for dag in dags}
    found = [dag for dag in dags if _matches(dag, wanted, states[dag.dag_id])]
    if order_by == "median_duration":
        outcomes = store.bars.outcomes(_ORDERING_RUNS)
        known.medians = {dag_id: median_of(lengths(each)) for dag_id, each in outcomes.items()}
    ordered = sorted(found, key=_sort_key(known, order_by), reverse=descending)
    page, next_cursor = _page(ordered, _sort_key(known, order_by), descending, cursor, min(max(limit, 1), MAX_PAGE))
    return {
        "dags": _rows(viewer, page, known, min(max(bars, 0), MAX_BARS)),
        "total": len(found),
        "next_cursor": next_cursor,
        "tags": _facet(tag for dag in dags for tag in dag.spec.tags),
        "owners": _facet(owner for dag in dags for owner in dag.spec.owners),
        "folders": _facet(folder_of(dag) for dag in dags),
        "states": [{"value": name, "count": sum(name in states[dag.dag_id] for dag in dags)} for name in STATES],
        "dags_folder": services.conf.get("core", "dags_folder"),
        "load_examples": services.conf.getboolean("core", "load_examples"),
        "seq": seq,
    }


def folder_of(dag: DagRecord) -> str:
    """Of its file below the DAGs folder, empty at the top."""
    return _folder(dag.relative_fileloc)


@lru_cache(maxsize=10_000)
def _folder(relative: str) -> str:
    parent = PurePosixPath(relative).parent.as_posix()
    return "" if parent == "." else parent.strip("/")


def _matches(dag: DagRecord, wanted: DagFilter, states: set[str]) -> bool:
    spec = dag.spec
    if wanted.paused is not None and dag.is_paused is not wanted.paused:
        return False
    if wanted.favourite is not None and ("favourite" in states) is not wanted.favourite:
        return False
    if wanted.tags and not set(wanted.tags) & set(spec.tags):
        return False
    if wanted.owners and not set(wanted.owners) & set(spec.owners):
        return False
    if wanted.states and not set(wanted.states) & states:
        return False
    if wanted.folder is not None and wanted.folder.strip("/"):
        top = wanted.folder.strip("/")
        if folder_of(dag) != top and not folder_of(dag).startswith(top + "/"):
            return False
    if wanted.search:
        text = "\n".join([dag.dag_id, spec.display_name, spec.description, *spec.tags, *spec.owners]).casefold()
        return all(word in text for word in wanted.search.casefold().split())
    return True


def _facet(values: Iterable[str]) -> list[View]:
    """Values by how often they occur, then by name."""
    counts = Counter(values)
    return [
        {"value": value, "count": counts[value]} for value in sorted(counts, key=lambda each: (-counts[each], each))
    ]


# --- order and pages --------------------------------------------------------------------------------------------------

_Key = tuple[bool, float, str]


def _sort_key(known: _Known, order_by: Order) -> Callable[[DagRecord], _Key]:
    """(whether there is a value, the value as a number, id): unique for each DAG, so that a cursor can name its place."""

    def key(dag: DagRecord) -> _Key:
        value: float | None = 0.0
        if order_by == "next_run":
            value = _number(dag.next_run_after if not dag.is_paused else None)
        elif order_by == "last_run":
            last = known.last.get(dag.dag_id)
            value = _number(last[1] if last is not None else None)
        elif order_by == "median_duration":
            value = known.medians.get(dag.dag_id)
        return value is None, value or 0.0, dag.dag_id

    return key


def _number(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - _EPOCH).total_seconds()


def _page(
    ordered: list[DagRecord], key: Callable[[DagRecord], _Key], descending: bool, cursor: str | None, limit: int
) -> tuple[list[DagRecord], str | None]:
    rest = ordered
    if cursor:
        at: _Key = from_cursor(cursor, tuple[bool, float, str])
        rest = [dag for dag in ordered if (key(dag) < at if descending else key(dag) > at)]
    page = rest[:limit]
    return page, to_cursor(key(page[-1])) if len(rest) > limit else None


# --- rows -------------------------------------------------------------------------------------------------------------


def _rows(viewer: Viewer, page: list[DagRecord], known: _Known, bars: int) -> list[View]:
    store = viewer.services.store
    dag_ids = [dag.dag_id for dag in page]
    newest = store.bars.newest(dag_ids, max(bars, 1))
    outcomes = store.bars.outcomes(RECENT, dag_ids)
    versions = store.bars.versions(run.version_id for runs in newest.values() for run in runs)
    firsts = {runs[0].run_key for runs in newest.values() if runs}
    cells: dict[int, list[Any]] = {}
    for cell in store.bars.cells(firsts):
        cells.setdefault(cell.run_key, []).append(cell)
    rows = []
    for dag in page:
        runs: list[BarRecord] = newest[dag.dag_id]
        counts, failed = _newest_run(cells.get(runs[0].run_key, []) if runs else [])
        running = known.unfinished.get(dag.dag_id, {})
        rows.append(
            {
                "dag_id": dag.dag_id,
                "display_name": dag.spec.display_name or dag.dag_id,
                "description": dag.spec.description or None,
                "folder": folder_of(dag),
                "fileloc": dag.fileloc,
                "owners": list(dag.spec.owners),
                "tags": list(dag.spec.tags),
                "dialect": dag.spec.dialect,
                "is_paused": dag.is_paused,
                "is_stale": dag.is_stale,
                "is_favourite": dag.dag_id in known.favourites,
                "has_import_error": dag.has_import_error,
                "schedule": schedule_text(dag.spec),
                "next_run": stored_next(dag),
                "runs": [bar_of(run, versions) for run in reversed(runs[:bars])],
                "run_counts": running,
                "task_counts": counts,
                "failed_tasks": failed[:5],
                "success_rate": success_rate(outcomes.get(dag.dag_id, ())),
                "median_duration_s": median_of(lengths(outcomes.get(dag.dag_id, ()))),
                "actions": actions.of_dag(viewer, dag, running.get("running", 0)),
            }
        )
    return rows


def _newest_run(cells: list[Any]) -> tuple[dict[str, int], list[str]]:
    """(state → instances, ids of failed tasks) of one run."""
    states = RunStates(cells)
    failed = sorted(
        task_id
        for task_id, state in states.of_task.items()
        if TaskState.FAILED.value in states.mapped.get(task_id, {state: 1})
    )
    return states.counts(), failed
