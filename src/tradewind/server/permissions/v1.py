"""Operation id → what it needs, for the API `v1`. None: public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.permissions import Need, Resource
from tradewind.server.permissions.words import PUBLIC, create, delete, edit, read

V1: Final[Mapping[str, tuple[Need, ...] | None]] = {
    "get_health": PUBLIC,
    # --- DAGs
    "get_dags": read(Resource.DAG),
    "get_dag": read(Resource.DAG),
    "get_dag_details": read(Resource.DAG),
    "patch_dag": edit(Resource.DAG),
    "patch_dags": edit(Resource.DAG),
    "delete_dag": delete(Resource.DAG),
    "get_dag_stats": read(Resource.DAG_RUN),
    "get_dag_warnings": read(Resource.DAG_WARNING),
    "get_dag_source": read(Resource.DAG_CODE),
    # --- DAG runs
    "get_dag_runs": read(Resource.DAG_RUN),
    "get_dag_runs_batch": read(Resource.DAG_RUN),
    "post_dag_run": create(Resource.DAG_RUN),
    "get_dag_run": read(Resource.DAG_RUN),
    "update_dag_run_state": edit(Resource.DAG_RUN),
    "set_dag_run_note": edit(Resource.DAG_RUN),
    "delete_dag_run": delete(Resource.DAG_RUN),
    "clear_dag_run": edit(Resource.DAG_RUN),
    # --- task instances
    "get_task_instances": read(Resource.TASK_INSTANCE),
    "get_task_instances_batch": read(Resource.TASK_INSTANCE),
    "get_task_instance": read(Resource.TASK_INSTANCE),
    "get_mapped_task_instance": read(Resource.TASK_INSTANCE),
    "get_mapped_task_instances": read(Resource.TASK_INSTANCE),
    "get_task_instance_dependencies": read(Resource.TASK_INSTANCE),
    "get_mapped_task_instance_dependencies": read(Resource.TASK_INSTANCE),
    "get_task_instance_tries": read(Resource.TASK_INSTANCE),
    "get_task_instance_try_details": read(Resource.TASK_INSTANCE),
    "get_mapped_task_instance_tries": read(Resource.TASK_INSTANCE),
    "get_mapped_task_instance_try_details": read(Resource.TASK_INSTANCE),
    "get_extra_links": read(Resource.TASK_INSTANCE),
    "post_clear_task_instances": edit(Resource.TASK_INSTANCE),
    "post_set_task_instances_state": edit(Resource.TASK_INSTANCE),
    "patch_task_instance": edit(Resource.TASK_INSTANCE),
    "patch_mapped_task_instance": edit(Resource.TASK_INSTANCE),
    "set_task_instance_note": edit(Resource.TASK_INSTANCE),
    "set_mapped_task_instance_note": edit(Resource.TASK_INSTANCE),
    "get_log": read(Resource.TASK_LOG),
    # --- variables
    "get_variables": read(Resource.VARIABLE),
    "get_variable": read(Resource.VARIABLE),
    "post_variables": create(Resource.VARIABLE),
    "patch_variable": edit(Resource.VARIABLE),
    "delete_variable": delete(Resource.VARIABLE),
    # --- pools
    "get_pools": read(Resource.POOL),
    "get_pool": read(Resource.POOL),
    "post_pool": create(Resource.POOL),
    "patch_pool": edit(Resource.POOL),
    "delete_pool": delete(Resource.POOL),
    # --- connections
    "get_connections": read(Resource.CONNECTION),
    "get_connection": read(Resource.CONNECTION),
    "post_connection": create(Resource.CONNECTION),
    "patch_connection": edit(Resource.CONNECTION),
    "delete_connection": delete(Resource.CONNECTION),
    "test_connection": create(Resource.CONNECTION),
    # --- the installation
    "get_version": PUBLIC,
    "get_import_errors": read(Resource.IMPORT_ERROR),
    "get_import_error": read(Resource.IMPORT_ERROR),
    "get_event_logs": read(Resource.AUDIT_LOG),
    "get_event_log": read(Resource.AUDIT_LOG),
    "get_config": read(Resource.CONFIG),
    "get_value": read(Resource.CONFIG),
    "get_providers": read(Resource.PROVIDER),
    "get_plugins": read(Resource.PLUGIN),
    # --- datasets
    "get_datasets": read(Resource.ASSET),
    "get_dataset": read(Resource.ASSET),
    "get_dataset_events": read(Resource.ASSET),
    "create_dataset_event": create(Resource.ASSET),
    "get_dataset_queued_events": read(Resource.ASSET),
    "delete_dataset_queued_events": delete(Resource.ASSET),
    "get_dag_dataset_queued_events": read(Resource.ASSET, Resource.DAG),
    "delete_dag_dataset_queued_events": delete(Resource.ASSET) + read(Resource.DAG),
    "get_dag_dataset_queued_event": read(Resource.ASSET, Resource.DAG),
    "delete_dag_dataset_queued_event": delete(Resource.ASSET) + read(Resource.DAG),
    "get_upstream_dataset_events": read(Resource.ASSET, Resource.DAG_RUN),
    # --- accounts
    "get_users": read(Resource.USER),
    "get_user": read(Resource.USER),
    "post_user": create(Resource.USER),
    "patch_user": edit(Resource.USER),
    "delete_user": delete(Resource.USER),
    "get_roles": read(Resource.ROLE),
    "get_role": read(Resource.ROLE),
    "post_role": create(Resource.ROLE),
    "patch_role": edit(Resource.ROLE),
    "delete_role": delete(Resource.ROLE),
    "get_permissions": read(Resource.PERMISSION),
}
