"""Where variables and connections are looked up: this process's environment first, then the platform."""

from __future__ import annotations

import os

VARIABLE_PREFIX = "AIRFLOW_VAR_"
CONNECTION_PREFIX = "AIRFLOW_CONN_"


def variable_from_environment(key: str) -> str | None:
    return os.environ.get(f"{VARIABLE_PREFIX}{key.upper()}")


def connection_from_environment(conn_id: str) -> str | None:
    return os.environ.get(f"{CONNECTION_PREFIX}{conn_id.upper()}")
