"""Airflow 3's DAG bundles: here the DAGs folder is the only one."""

from __future__ import annotations

from typing import Final

BUNDLE: Final = "dags-folder"
