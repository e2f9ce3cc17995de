"""What `/api/v1` of Airflow 2 has and this one does not have yet."""

from __future__ import annotations

from typing import Final

from tradewind.server.not_built import Missing, not_built_routes

_EVENTS: Final = "Keeping dataset events, and starting runs by them,"
_PARSING: Final = "Asking for a DAG file to be parsed at once (the scheduler parses it as soon as it is saved)"
_DATASETS: Final = "/api/v1/datasets"
_OF_DAG: Final = "/api/v1/dags/{dag_id}/datasets/queuedEvent"

MISSING: Final = (
    Missing("PUT", "/api/v1/parseDagFile/{file_token}", "reparse_dag_file", _PARSING),
    Missing("GET", f"{_DATASETS}/events", "get_dataset_events", _EVENTS),
    Missing("POST", f"{_DATASETS}/events", "create_dataset_event", _EVENTS),
    Missing("GET", f"{_DATASETS}/queuedEvent/{{uri:path}}", "get_dataset_queued_events", _EVENTS),
    Missing("DELETE", f"{_DATASETS}/queuedEvent/{{uri:path}}", "delete_dataset_queued_events", _EVENTS),
    Missing("GET", _OF_DAG, "get_dag_dataset_queued_events", _EVENTS),
    Missing("DELETE", _OF_DAG, "delete_dag_dataset_queued_events", _EVENTS),
    Missing("GET", f"{_OF_DAG}/{{uri:path}}", "get_dag_dataset_queued_event", _EVENTS),
    Missing("DELETE", f"{_OF_DAG}/{{uri:path}}", "delete_dag_dataset_queued_event", _EVENTS),
    Missing(
        "GET",
        "/api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamDatasetEvents",
        "get_upstream_dataset_events",
        _EVENTS,
    ),
)

router = not_built_routes(MISSING)
