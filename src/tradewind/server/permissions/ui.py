"""Operation id → what it needs, for the API `ui`. None: public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.permissions import Need
from tradewind.core.permissions import Resource as R
from tradewind.server.permissions.words import LOGIN, PUBLIC, create, delete, edit, read

UI: Final[Mapping[str, tuple[Need, ...] | None]] = {
    "get_health": PUBLIC,
    # --- views -------------------------------------------------------------------------------------------------------
    "get_home": read(R.DAG),
    "list_dags": read(R.DAG),
    "pause_dags": edit(R.DAG),
    "set_examples": edit(R.CONFIG),
    "add_favourite": read(R.DAG),
    "remove_favourite": read(R.DAG),
    "get_dag_page": read(R.DAG),
    "delete_dag": delete(R.DAG),
    "reparse_dag": edit(R.DAG),
    "preview_unpause": read(R.DAG),
    "why_dag": read(R.DAG),
    "get_grid": read(R.DAG, R.DAG_RUN, R.TASK_INSTANCE),
    "get_graph": read(R.DAG, R.TASK_INSTANCE),
    "get_calendar": read(R.DAG, R.DAG_RUN),
    "get_durations": read(R.DAG, R.DAG_RUN, R.TASK_INSTANCE),
    "get_code": read(R.DAG, R.DAG_CODE),
    "get_code_diff": read(R.DAG, R.DAG_CODE, R.DAG_VERSION),
    "list_dag_events": (*read(R.DAG), *read(R.AUDIT_LOG)),
    "list_backfills": read(R.DAG, R.BACKFILL),
    "create_backfill": create(R.BACKFILL),
    # Checked again for the DAG that the backfill is of.
    "change_backfill": edit(R.BACKFILL),
    "trigger_run": create(R.DAG_RUN),
    "preview_trigger": create(R.DAG_RUN),
    "clear_instances": edit(R.TASK_INSTANCE),
    "mark_instances": edit(R.TASK_INSTANCE),
    "list_runs": read(R.DAG, R.DAG_RUN),
    "get_run_page": read(R.DAG_RUN, R.TASK_INSTANCE),
    "delete_run": delete(R.DAG_RUN),
    "set_run_note": edit(R.DAG_RUN),
    "get_gantt": read(R.DAG_RUN, R.TASK_INSTANCE),
    "why_run": read(R.DAG_RUN),
    "get_run_log": read(R.TASK_LOG),
    "get_task_page": read(R.TASK_INSTANCE),
    "get_cell": read(R.TASK_INSTANCE),
    "list_mapped": read(R.TASK_INSTANCE),
    "why_task": read(R.TASK_INSTANCE),
    "set_task_note": edit(R.TASK_INSTANCE),
    "list_task_events": read(R.TASK_INSTANCE),
    "list_task_xcoms": read(R.XCOM),
    "get_rendered": read(R.TASK_INSTANCE),
    "get_log_window": read(R.TASK_LOG),
    "search_log": read(R.TASK_LOG),
    "download_log": read(R.TASK_LOG),
    "list_import_errors": read(R.IMPORT_ERROR),
    "get_health_page": read(R.JOB),
    "get_config": read(R.CONFIG),
    "list_pools": read(R.POOL),
    "list_connection_types": read(R.CONNECTION),
    "test_connection": edit(R.CONNECTION),
    "list_assets": read(R.ASSET),
    "search_palette": LOGIN,
    "stream": LOGIN,
}
