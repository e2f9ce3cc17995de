"""The grid of a DAG: runs as columns, tasks as rows, a state for each cell."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

from tradewind.core.states import RunState, RunType
from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.views.cursors import place_cursor, place_of
from tradewind.services.views.run_bars import RECENT, bar_of, durations, median_of, stored_next
from tradewind.services.views.task_tree import STATE_BYTES, STATE_NAMES, RunStates, members_of, nodes_of, worst
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.bars import BarRecord, Cell, Place, Version

MAX_COLUMNS: Final = 400
ABSENT: Final = 255


def get_grid(
    viewer: Viewer,
    dag_id: str,
    *,
    limit: int = 25,
    cursor: str | None = None,
    run_types: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    around: str | None = None,
) -> View:
    """`shapes.GridPage`: the newest runs, those behind `cursor`, or those around the run `around`.

    Raises Unknown for the DAG or that run, and Invalid for a state, type or cursor that there is not.
    """
    services = viewer.services
    bars = services.store.bars
    seq = services.store.outbox.last_seq()
    dag = get_dag(services, dag_id)
    limit = min(max(limit, 1), MAX_COLUMNS)
    in_states, of_types = run_states(states), types_of_runs(run_types)
    up_to = None
    if around is not None:
        up_to = _newest_around(viewer, dag_id, around, limit, in_states, of_types)
    found = bars.page(
        dag_id, limit=limit + 1, before=place_of(cursor), up_to=up_to, states=in_states, run_types=of_types
    )
    runs = found[:limit]
    versions = bars.versions([dag.version_id, *(run.version_id for run in runs)])
    used = {run.version_id for run in runs} | ({dag.version_id} if not runs else set())
    rows = _rows([versions[key] for key in used if key in versions])
    by_run: dict[int, list[Cell]] = {}
    for cell in bars.cells(run.run_key for run in runs):
        by_run.setdefault(cell.run_key, []).append(cell)
    columns = list(reversed(runs))
    of_runs = [RunStates(by_run.get(run.run_key, ())) for run in columns]
    recent = bars.newest([dag_id], RECENT)[dag_id]
    return {
        "runs": [bar_of(run, versions) for run in columns],
        "rows": rows,
        "state_names": STATE_NAMES,
        "states": _matrix(columns, of_runs, rows, versions),
        "mapped": {run.run_id: each.mapped for run, each in zip(columns, of_runs, strict=True) if each.mapped},
        "tries": {run.run_id: each.tries for run, each in zip(columns, of_runs, strict=True) if each.tries},
        "next_run": stored_next(dag),
        "total": bars.count(dag_id, states=in_states, run_types=of_types),
        "older_cursor": place_cursor(runs[-1].run_after, runs[-1].run_key) if len(found) > limit else None,
        "median_duration_s": median_of(durations(recent)),
        "seq": seq,
    }


def run_states(names: Sequence[str] | None) -> list[RunState] | None:
    """Raises Invalid for a name that is no state of a run."""
    known = {state.value: state for state in RunState}
    for name in names or ():
        if name not in known:
            raise Invalid(f"'{name}' is no state of a run. Choose from {', '.join(known)}.")
    return [known[name] for name in names] if names else None


def types_of_runs(names: Sequence[str] | None) -> list[RunType] | None:
    """Raises Invalid for a name that is no type of a run."""
    known = {kind.value: kind for kind in RunType}
    for name in names or ():
        if name not in known:
            raise Invalid(f"'{name}' is no type of a run. Choose from {', '.join(known)}.")
    return [known[name] for name in names] if names else None


def _newest_around(
    viewer: Viewer,
    dag_id: str,
    run_id: str,
    limit: int,
    states: Sequence[RunState] | None,
    run_types: Sequence[RunType] | None,
) -> Place:
    store = viewer.services.store
    run = store.runs.get(dag_id, run_id)
    if run is None:
        raise Unknown("run", run_id, where=f"DAG '{dag_id}'", hint="It may have been deleted.")
    place = Place(run.run_after, run.run_key)
    newer = store.bars.neighbours(dag_id, place, limit // 2, states=states, run_types=run_types)
    return Place(newer[-1].run_after, newer[-1].run_key) if newer else place


def _rows(versions: list[Version]) -> list[View]:
    """The nodes of the newest version, then what only older ones have."""
    rows: list[View] = []
    seen: set[tuple[str, str]] = set()
    for version in sorted(versions, key=lambda each: -each.number):
        for node in nodes_of(version):
            if (node["kind"], node["id"]) not in seen:
                seen.add((node["kind"], node["id"]))
                rows.append(node)
    return rows


def _matrix(columns: list[BarRecord], of_runs: list[RunStates], rows: list[View], versions: dict[str, Version]) -> str:
    members = {key: members_of(version.spec) for key, version in versions.items()}
    tasks = {key: {task.task_id for task in version.spec.tasks} for key, version in versions.items()}
    data = bytearray()
    for run, states in zip(columns, of_runs, strict=True):
        of_task = states.of_task
        has, groups = tasks.get(run.version_id, set()), members.get(run.version_id, {})
        for row in rows:
            name = row["id"]
            if row["kind"] == "task":
                state = of_task.get(name, "none" if name in has else None)
            elif name in groups:
                state = worst(of_task.get(member, "none") for member in groups[name]) or "none"
            else:
                state = None
            data.append(ABSENT if state is None else STATE_BYTES[state])
    return base64.b64encode(data).decode()
