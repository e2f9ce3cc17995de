"""A database as `airflow db migrate` of the real Airflow makes it: its tables by name, its revision, its journal mode."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class AirflowDatabase:
    """What identifies one. The columns play no part: nobody of ours gets as far as reading them."""

    version: str
    revision: str
    tables: tuple[str, ...]
    journal_mode: str

    def __str__(self) -> str:
        return self.version

    def statements(self) -> list[str]:
        made = [f"CREATE TABLE {name} (id INTEGER PRIMARY KEY)" for name in self.tables if name != "alembic_version"]
        made.append("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        return [*made, f"INSERT INTO alembic_version VALUES ('{self.revision}')"]

    def make(self, path: Path) -> None:
        """The file as an Airflow leaves it that was killed: in WAL mode, what it wrote last is only in the log beside it."""
        with sqlite3.connect(path) as connection:
            connection.execute(f"PRAGMA journal_mode = {self.journal_mode}")
            for statement in self.statements():
                connection.execute(statement)
        connection.close()
        if self.journal_mode == "wal":
            subprocess.run([sys.executable, "-c", _LAST_WORDS, str(path)], check=True)
            assert path.with_name(f"{path.name}-wal").stat().st_size > 0


def digests(folder: Path) -> dict[str, str]:
    """Name → sha256 of the database's files in `folder`."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("airflow.db*"))}


# Leaves without closing: nothing is written from the log into the file.
_LAST_WORDS: Final = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("INSERT INTO slot_pool VALUES (7)")
os._exit(0)
"""
_TABLES_2: Final = """
    ab_permission ab_permission_view ab_permission_view_role ab_register_user ab_role ab_user ab_user_role
    ab_view_menu alembic_version callback_request connection dag dag_code dag_owner_attributes dag_pickle
    dag_priority_parsing_request dag_run dag_run_note dag_schedule_dataset_alias_reference
    dag_schedule_dataset_reference dag_tag dag_warning dagrun_dataset_event dataset dataset_alias
    dataset_alias_dataset dataset_alias_dataset_event dataset_dag_run_queue dataset_event import_error job log
    log_template rendered_task_instance_fields serialized_dag session sla_miss slot_pool task_fail task_instance
    task_instance_history task_instance_note task_map task_outlet_dataset_reference task_reschedule trigger variable
    xcom
"""
_TABLES_3: Final = """
    alembic_version asset asset_active asset_alias asset_alias_asset asset_alias_asset_event asset_dag_run_queue
    asset_event asset_partition_dag_run asset_state_store asset_watcher backfill backfill_dag_run callback
    connection connection_test_request dag dag_bundle dag_bundle_team dag_code dag_favorite dag_owner_attributes
    dag_priority_parsing_request dag_run dag_run_note dag_schedule_asset_alias_reference
    dag_schedule_asset_name_reference dag_schedule_asset_reference dag_schedule_asset_uri_reference dag_tag
    dag_version dag_warning dagrun_asset_event deadline deadline_alert hitl_detail hitl_detail_history import_error
    job log log_template partitioned_asset_key_log rendered_task_instance_fields revoked_token serialized_dag
    slot_pool task_inlet_asset_reference task_instance task_instance_history task_instance_note task_map
    task_outlet_asset_reference task_reschedule task_state_store team trigger variable xcom
"""
AIRFLOW_2: Final = AirflowDatabase("2.11.2", "5f2621c13b39", tuple(_TABLES_2.split()), "delete")
AIRFLOW_3: Final = AirflowDatabase("3.3.2", "d2f4e1b3c5a7", tuple(_TABLES_3.split()), "wal")
DATABASES: Final = (AIRFLOW_2, AIRFLOW_3)
