"""How quickly pages show what they are for, in Debian's Chromium on the loopback address, and how smoothly they move."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final
from urllib.parse import quote

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row
from benchmarks.browser import Sight, Tab, tab
from benchmarks.history import SMALL, PlannedRun, chain, save_dags, sqlite_history, write_runs
from benchmarks.web import WebServer
from tradewind.core.changes import Changes
from tradewind.core.ids import new_run_key, new_try_id
from tradewind.core.records import InstanceRecord, RunRecord, TryRecord
from tradewind.core.spec import DagSpec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import Store, open_store
from tradewind.store.column_types import to_microseconds

UI: Final = Path(__file__).parents[1] / "ui"
GRID: Final = "[role=grid]"
CELL: Final = "[role=gridcell][data-state]"
SMOOTH_FPS: Final = 50.0
LOG_LINES: Final = 1_000_000


@contextmanager
def _site(bench: Bench, fill: Callable[[Store, Path], object]) -> Iterator[Tab]:
    """A server over a store that `fill` filled, and a browser that is logged in."""
    with bench.home("pages") as home:
        url = f"sqlite:///{home}/airflow.db"
        with open_store(url, create=True) as store:
            store.schema.migrate()
            fill(store, home)
        with WebServer(home) as server, tab(server) as one:
            yield one


def _runs(store: Store, spec: DagSpec, count: int) -> list[PlannedRun]:
    """One DAG with its newest `count` runs, a day apart."""
    now = datetime.now(timezone.utc)
    save_dags(store, [spec], now)
    dag = store.dags.get(spec.dag_id)
    assert dag is not None
    runs = []
    for number in range(count):
        at = now - timedelta(days=count - number)
        key = new_run_key(int(at.timestamp() * 1000))
        runs.append(PlannedRun(key, spec.dag_id, dag.version_id, to_microseconds(at), number % 50 == 7))
    write_runs(store, runs, lambda dag_id: len(spec.tasks))
    return runs


def _median(measure: Callable[[], dict[str, float]], rounds: int) -> dict[str, float]:
    found = [measure() for _ in range(rounds)]
    return {name: round(statistics.median(one[name] for one in found), 1) for name in found[0]}


def _bare() -> Numbers:
    return {"fork_and_wait_ms": round(reference.one_after_another(20, reference.nothing) / 20 * 1000, 2)}


def dag_list(bench: Bench) -> Row:
    with (
        bench.home("pages") as home,
        WebServer(home, f"sqlite:///{sqlite_history(SMALL)}") as server,
        tab(server) as one,
    ):
        rows = Sight("interactive", "tbody tr input[role=switch]", 10)
        first = one.open("/dags", rows, data="/ui/dags?")
        found = _median(lambda: one.open("/dags", rows, data="/ui/dags?"), bench.rounds)
        scrolled = one.scroll("section:has(> table)", dy=40)
    ours: Numbers = {
        "first_ms": first["interactive"],
        **{f"{name}_ms": value for name, value in found.items()},
        **scrolled,
    }
    met = ours["interactive_ms"] <= 500
    return Row("list of 1,000 DAGs: navigation to rows that can be used", "≤ 500 ms", met, {}, ours, _bare())


def grid(bench: Bench) -> Row:
    with _site(bench, lambda store, home: _runs(store, chain("wide", 200, width=8), 365)) as one:
        cells = Sight("drawn", CELL, 300)
        found = _median(lambda: one.open("/dags/wide?n=365", cells, data="/grid?"), min(bench.rounds, 3))
        down = one.scroll(GRID, dy=33)
        across = one.scroll(GRID, dx=33)
    ours: Numbers = {
        "drawn_ms": found["drawn"],
        "page_cpu_ms": found["cpu"],
        "data_ms": found["data"],
        "after_data_ms": round(found["drawn"] - found["data"], 1),
        **{f"down_{key}": value for key, value in down.items()},
        **{f"across_{key}": value for key, value in across.items()},
    }
    met = ours["after_data_ms"] <= 300 and min(down["fps"], across["fps"]) >= SMOOTH_FPS
    bar = f"first paint ≤ 300 ms after data, scrolling ≥ {SMOOTH_FPS:g} fps"
    return Row("grid of 365 runs × 200 tasks", bar, met, {}, ours, _bare())


def graph(bench: Bench) -> Row:
    with _site(bench, lambda store, home: _runs(store, chain("thousand", 1000, width=20), 3)) as one:
        nodes = Sight("drawn", ".react-flow__node", 1)
        found = _median(lambda: one.open("/dags/thousand?view=graph", nodes, data="/graph"), min(bench.rounds, 3))
        moving = one.drag_and_zoom(".react-flow__pane")
    ours: Numbers = {
        "drawn_ms": found["drawn"],
        "page_cpu_ms": found["cpu"],
        "data_ms": found["data"],
        "after_data_ms": round(found["drawn"] - found["data"], 1),
        **moving,
    }
    met = ours["drawn_ms"] <= 5000 and moving["fps"] >= 30
    return Row("graph of 1,000 tasks", "drawn ≤ 5 s, dragging and zooming ≥ 30 fps", met, {}, ours, _bare())


def many_tasks(bench: Bench) -> Row:
    with _site(bench, lambda store, home: _runs(store, chain("huge", 10_000, width=100), 3)) as one:
        found = _median(
            lambda: one.open("/dags/huge", Sight("drawn", CELL, 40), data="/ui/dags/huge"), min(bench.rounds, 3)
        )
        down = one.scroll(GRID, dy=60)
    ours: Numbers = {"drawn_ms": found["drawn"], "page_cpu_ms": found["cpu"], "data_ms": found["data"],
                     **{f"down_{key}": value for key, value in down.items()}}  # fmt: skip
    met = ours["drawn_ms"] <= 3000 and down["fps"] >= SMOOTH_FPS
    return Row("page of a DAG with 10,000 tasks", "opens (≤ 3 s), ≥ 50 fps", met, {}, ours, _bare())


def _long_log(store: Store, home: Path) -> None:
    now = datetime.now(timezone.utc)
    spec = chain("talks", 1)
    save_dags(store, [spec], now)
    dag = store.dags.get("talks")
    assert dag is not None
    path = home / "logs" / "talks.log"
    path.parent.mkdir()
    stamp = now.isoformat(timespec="microseconds")
    with path.open("w", encoding="utf-8") as out:
        for number in range(LOG_LINES):
            out.write(f'{{"timestamp":"{stamp}","level":"info","logger":"task","event":"this is line {number:07}"}}\n')
    key = new_run_key(int(now.timestamp() * 1000))
    try_id = new_try_id(int(now.timestamp() * 1000))
    run = RunRecord(
        run_key=key, dag_id="talks", run_id="long", run_type=RunType.MANUAL, state=RunState.SUCCESS,
        version_id=dag.version_id, run_after=now, queued_at=now, start_date=now, end_date=now, expanded=True,
    )  # fmt: skip
    instance = InstanceRecord(
        run_key=key, task_id="task_00000", state=TaskState.SUCCESS, try_number=1, try_id=try_id,
        operator="PythonOperator", queued_at=now, start_date=now, end_date=now, duration_s=1.0,
    )  # fmt: skip
    one = TryRecord(
        try_id=try_id, run_key=key, task_id="task_00000", try_number=1, state=TaskState.SUCCESS,
        version_id=dag.version_id, queued_at=now, start_date=now, end_date=now, log_path=str(path),
    )  # fmt: skip
    store.edit(Changes(new_runs=[run], new_instances=[instance], new_tries=[one]))


def log(bench: Bench) -> Row:
    page = f"/dags/talks/runs/{quote('long')}/tasks/task_00000"
    last = Sight("tail", "[role=log]", 1, f"this is line {LOG_LINES - 1:07}")
    with _site(bench, _long_log) as one:

        def once() -> dict[str, float]:
            one.open(f"{page}?tab=details", Sight("tabs", "[role=tab]", 2))
            opened = one.click("[role=tab]", last)
            whole = one.open(f"{page}?tab=logs", last, data="/log?")
            return {"opened": opened, "page": whole["tail"], "data": whole["data"]}

        found = _median(once, min(bench.rounds, 3))
        scrolled = one.scroll("[role=log]", dy=-60)
    ours: Numbers = {"opened_ms": found["opened"], "page_ms": found["page"], "page_data_ms": found["data"], **scrolled}
    met = ours["opened_ms"] <= 300
    what = f"log of {LOG_LINES:,} lines: from the click on its tab to its last line"
    return Row(what, "≤ 300 ms", met, {}, ours, _bare())


def size(bench: Bench) -> Row:
    """What a browser loads before the first page; the bars are those of `npm run size`."""
    done = subprocess.run(["node", "scripts/check-size.mjs"], cwd=UI, capture_output=True, text=True, check=False)
    numbers = {}
    for line in done.stdout.splitlines():
        kilobytes, _, rest = line.strip().partition(" kB")
        numbers[rest.split("  ")[-1].replace("OVER", "").strip() + "_kb"] = float(kilobytes)
    first = {name: value for name, value in numbers.items() if name.startswith("initial")}
    return Row("first load, gzip", "≤ 260 kB of JavaScript", done.returncode == 0, {}, first, _bare())


PAGES: Final[dict[str, Callable[[Bench], Row]]] = {
    "page_dags": dag_list,
    "page_grid": grid,
    "page_graph": graph,
    "page_many_tasks": many_tasks,
    "page_log": log,
    "page_size": size,
}
