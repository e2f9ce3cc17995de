"""How the parts are: signs of life, and the command that starts what is dead."""

from __future__ import annotations

from typing import Final

from tradewind.services.health import HEALTHY, health
from tradewind.services.session import Services
from tradewind.services.views.viewer import View, Viewer

_START: Final = "airflow scheduler"
_BUILT_IN: Final = ("scheduler", "executor", "dag_processor", "triggerer")


def parts(services: Services) -> list[View]:
    """`shapes.HealthPart`s. The scheduler carries out tasks, reads files and serves triggers: they live and die with it."""
    report = health(services)
    alive = report.engine == HEALTHY
    rows: list[View] = [
        {
            "name": "database",
            "status": report.database,
            "heartbeat_at": None,
            "detail": services.store.address,
            "within": None,
            "remedy": None if report.database == HEALTHY else "airflow db check",
        }
    ]
    for name in _BUILT_IN:
        rows.append(
            {
                "name": name,
                "status": "healthy" if alive else "unhealthy" if report.heartbeat_at is not None else "absent",
                "heartbeat_at": report.heartbeat_at,
                "detail": "",
                "within": None if name == "scheduler" else "scheduler",
                "remedy": None if alive else _START,
            }
        )
    return rows


def get_health_page(viewer: Viewer, version: str) -> View:
    """`shapes.HealthPage`, with the files all of whose DAGs the viewer may read."""
    services = viewer.services
    store = services.store
    shown = _files(viewer)
    broken = {error.file for error in store.import_errors.list()}
    counts = store.history.counts_by_state()
    return {
        "parts": parts(services),
        "version": version,
        "database": store.address,
        "database_size": store.history.size(),
        "home": str(services.conf.home),
        "executor_running": counts.get("running", 0),
        "executor_slots": services.conf.getint("core", "parallelism"),
        "queued": counts.get("queued", 0),
        "files": [
            {
                "file": relative or file,
                "dags": dags,
                "parsed_at": parsed_at,
                "import_s": None,
                "has_error": file in broken,
            }
            for file, relative, parsed_at, dags in store.history.files()
            if shown is None or file in shown
        ],
    }


def _files(viewer: Viewer) -> frozenset[str] | None:
    """None: all."""
    visible = viewer.visible_dags
    if visible is None:
        return None
    dags = viewer.services.store.dags.list(include_stale=True)
    return frozenset(dag.fileloc for dag in dags) - {dag.fileloc for dag in dags if dag.dag_id not in visible}
