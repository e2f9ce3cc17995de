"""Operation id → what it needs, for the API `v2`. None: public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.permissions import Need, Resource
from tradewind.server.permissions.words import PUBLIC, create, delete, edit, read

V2: Final[Mapping[str, tuple[Need, ...] | None]] = {
    "get_health": PUBLIC,
    "login": PUBLIC,
    "logout": PUBLIC,
    # --- DAGs
    "get_dags": read(Resource.DAG),
    "get_dag": read(Resource.DAG),
    "get_dag_details": read(Resource.DAG),
    "patch_dag": edit(Resource.DAG),
    "patch_dags": edit(Resource.DAG),
    "delete_dag": delete(Resource.DAG),
    "favorite_dag": read(Resource.DAG),
    "unfavorite_dag": read(Resource.DAG),
    # --- DAG runs
    "get_dag_runs": read(Resource.DAG_RUN),
    "get_list_dag_runs_batch": read(Resource.DAG_RUN),
    "trigger_dag_run": create(Resource.DAG_RUN),
    "get_dag_run": read(Resource.DAG_RUN),
    "patch_dag_run": edit(Resource.DAG_RUN),
    "delete_dag_run": delete(Resource.DAG_RUN),
    "wait_dag_run_until_finished": read(Resource.DAG_RUN),
    # --- variables
    "get_variables": read(Resource.VARIABLE),
    "get_variable": read(Resource.VARIABLE),
    "post_variable": create(Resource.VARIABLE),
    "patch_variable": edit(Resource.VARIABLE),
    "delete_variable": delete(Resource.VARIABLE),
    "bulk_variables": edit(Resource.VARIABLE),
    # --- pools
    "get_pools": read(Resource.POOL),
    "get_pool": read(Resource.POOL),
    "post_pool": create(Resource.POOL),
    "patch_pool": edit(Resource.POOL),
    "delete_pool": delete(Resource.POOL),
    "bulk_pools": edit(Resource.POOL),
    # --- connections
    "get_connections": read(Resource.CONNECTION),
    "get_connection": read(Resource.CONNECTION),
    "post_connection": create(Resource.CONNECTION),
    "patch_connection": edit(Resource.CONNECTION),
    "delete_connection": delete(Resource.CONNECTION),
    "test_connection": create(Resource.CONNECTION),
    "bulk_connections": edit(Resource.CONNECTION),
    "create_default_connections": create(Resource.CONNECTION),
    "enqueue_connection_test": create(Resource.CONNECTION),
    "get_connection_test": create(Resource.CONNECTION),
    # --- the installation
    "get_version": PUBLIC,
    "get_import_errors": read(Resource.IMPORT_ERROR),
    "get_import_error": read(Resource.IMPORT_ERROR),
    "get_event_logs": read(Resource.AUDIT_LOG),
    "get_event_log": read(Resource.AUDIT_LOG),
    "get_config": read(Resource.CONFIG),
    "get_config_value": read(Resource.CONFIG),
    "get_providers": read(Resource.PROVIDER),
    "get_plugins": read(Resource.PLUGIN),
    "import_errors": read(Resource.PLUGIN),
    "get_jobs": read(Resource.JOB),
    # --- assets
    "get_assets": read(Resource.ASSET),
    "get_asset": read(Resource.ASSET),
    "get_asset_aliases": read(Resource.ASSET),
    "get_asset_alias": read(Resource.ASSET),
    "get_asset_events": read(Resource.ASSET),
    "create_asset_event": create(Resource.ASSET),
    "materialize_asset": create(Resource.DAG_RUN) + read(Resource.ASSET),
    "get_asset_queued_events": read(Resource.ASSET),
    "delete_asset_queued_events": delete(Resource.ASSET),
    "get_dag_asset_queued_events": read(Resource.ASSET, Resource.DAG),
    "delete_dag_asset_queued_events": delete(Resource.ASSET) + read(Resource.DAG),
    "get_dag_asset_queued_event": read(Resource.ASSET, Resource.DAG),
    "delete_dag_asset_queued_event": delete(Resource.ASSET) + read(Resource.DAG),
    "get_upstream_asset_events": read(Resource.ASSET, Resource.DAG_RUN),
    "list_asset_state_store": read(Resource.ASSET),
    "clear_asset_state_store": delete(Resource.ASSET),
    "get_asset_state_store": read(Resource.ASSET),
    "set_asset_state_store": edit(Resource.ASSET),
    "delete_asset_state_store": delete(Resource.ASSET),
    # --- what belongs to a task instance and is not built yet
    "list_task_state_store": read(Resource.TASK_INSTANCE),
    "clear_task_state_store": delete(Resource.TASK_INSTANCE),
    "get_task_state_store": read(Resource.TASK_INSTANCE),
    "set_task_state_store": edit(Resource.TASK_INSTANCE),
    "patch_task_state_store": edit(Resource.TASK_INSTANCE),
    "delete_task_state_store": delete(Resource.TASK_INSTANCE),
    "get_hitl_details": read(Resource.TASK_INSTANCE),
    "get_hitl_detail": read(Resource.TASK_INSTANCE),
    "update_hitl_detail": edit(Resource.TASK_INSTANCE),
    "get_hitl_detail_try_detail": read(Resource.TASK_INSTANCE),
    "clear_dag_run_partitions": edit(Resource.DAG_RUN),
}
