"""Names for a DAG's `access_control`."""

from __future__ import annotations

ACTION_CAN_CREATE = "can_create"
ACTION_CAN_READ = "can_read"
ACTION_CAN_EDIT = "can_edit"
ACTION_CAN_DELETE = "can_delete"
ACTION_CAN_ACCESS_MENU = "menu_access"

RESOURCE_DAG = "DAGs"
RESOURCE_DAG_RUN = "DAG Runs"
RESOURCE_DATASET = "Datasets"
RESOURCE_ASSET = "Assets"
