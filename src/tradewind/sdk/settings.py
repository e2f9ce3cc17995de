"""`airflow.settings`, as far as DAG files read it."""

from __future__ import annotations

import json
from typing import Any

from tradewind.configuration import conf
from tradewind.sdk import timezone

__all__ = ["AIRFLOW_HOME", "DAGS_FOLDER", "PLUGINS_FOLDER", "TIMEZONE", "json"]

AIRFLOW_HOME: str
DAGS_FOLDER: str
PLUGINS_FOLDER: str
TIMEZONE: Any


def __getattr__(name: str) -> Any:
    # Read when asked for, so that a changed configuration counts.
    if name == "AIRFLOW_HOME":
        return str(conf.home)
    if name in ("DAGS_FOLDER", "PLUGINS_FOLDER"):
        return conf.get("core", name.lower())
    if name == "TIMEZONE":
        return timezone.default_timezone()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
