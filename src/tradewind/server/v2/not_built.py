"""What `/api/v2` of Airflow 3 has and this one does not have yet."""

from __future__ import annotations

from typing import Final

from tradewind.server.not_built import Missing, not_built_routes

_EVENTS: Final = "Keeping asset events, and starting runs by them,"
_HUMAN: Final = "Asking a human in the middle of a run"
_TASK_STORE: Final = "The state store of tasks"
_ASSET_STORE: Final = "The state store of assets"
_PARSING: Final = "Asking for a DAG file to be parsed at once (the scheduler parses it as soon as it is saved)"
_PARTITIONS: Final = "Running partitions of a DAG"

_ASSETS: Final = "/api/v2/assets"
_TASK: Final = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"
_HITL: Final = _TASK + "/{map_index}/hitlDetails"
_DAG_EVENTS: Final = "/api/v2/dags/{dag_id}/assets"

MISSING: Final = (
    Missing("GET", f"{_ASSETS}/events", "get_asset_events", _EVENTS),
    Missing("POST", f"{_ASSETS}/events", "create_asset_event", _EVENTS),
    Missing("POST", f"{_ASSETS}/{{asset_id}}/materialize", "materialize_asset", _EVENTS),
    Missing("GET", f"{_ASSETS}/{{asset_id}}/queuedEvents", "get_asset_queued_events", _EVENTS),
    Missing("DELETE", f"{_ASSETS}/{{asset_id}}/queuedEvents", "delete_asset_queued_events", _EVENTS),
    Missing("GET", f"{_DAG_EVENTS}/queuedEvents", "get_dag_asset_queued_events", _EVENTS),
    Missing("DELETE", f"{_DAG_EVENTS}/queuedEvents", "delete_dag_asset_queued_events", _EVENTS),
    Missing("GET", f"{_DAG_EVENTS}/{{asset_id}}/queuedEvents", "get_dag_asset_queued_event", _EVENTS),
    Missing("DELETE", f"{_DAG_EVENTS}/{{asset_id}}/queuedEvents", "delete_dag_asset_queued_event", _EVENTS),
    Missing(
        "GET",
        "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents",
        "get_upstream_asset_events",
        _EVENTS,
    ),
    Missing("GET", f"{_ASSETS}/{{asset_id}}/state-store", "list_asset_state_store", _ASSET_STORE),
    Missing("DELETE", f"{_ASSETS}/{{asset_id}}/state-store", "clear_asset_state_store", _ASSET_STORE),
    Missing("GET", f"{_ASSETS}/{{asset_id}}/state-store/{{key}}", "get_asset_state_store", _ASSET_STORE),
    Missing("PUT", f"{_ASSETS}/{{asset_id}}/state-store/{{key}}", "set_asset_state_store", _ASSET_STORE),
    Missing("DELETE", f"{_ASSETS}/{{asset_id}}/state-store/{{key}}", "delete_asset_state_store", _ASSET_STORE),
    Missing("GET", f"{_TASK}/state-store", "list_task_state_store", _TASK_STORE),
    Missing("DELETE", f"{_TASK}/state-store", "clear_task_state_store", _TASK_STORE),
    Missing("GET", f"{_TASK}/state-store/{{key}}", "get_task_state_store", _TASK_STORE),
    Missing("PUT", f"{_TASK}/state-store/{{key}}", "set_task_state_store", _TASK_STORE),
    Missing("PATCH", f"{_TASK}/state-store/{{key}}", "patch_task_state_store", _TASK_STORE),
    Missing("DELETE", f"{_TASK}/state-store/{{key}}", "delete_task_state_store", _TASK_STORE),
    Missing("GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/hitlDetails", "get_hitl_details", _HUMAN),
    Missing("GET", _HITL, "get_hitl_detail", _HUMAN),
    Missing("PATCH", _HITL, "update_hitl_detail", _HUMAN),
    Missing("GET", _HITL + "/tries/{try_number}", "get_hitl_detail_try_detail", _HUMAN),
    Missing("PUT", "/api/v2/parseDagFile/{file_token}", "reparse_dag_file", _PARSING),
    Missing("POST", "/api/v2/dags/{dag_id}/clearPartitions", "clear_dag_run_partitions", _PARTITIONS),
)

router = not_built_routes(MISSING)
