"""Which hook class belongs to a type of connection: told by the providers that are installed."""

from __future__ import annotations

import functools
import importlib
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from tradewind.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from tradewind.sdk.connection import Connection

_OWN = {"fs": "tradewind.hooks.filesystem.FSHook"}


@functools.lru_cache(maxsize=1)
def hook_classes() -> dict[str, str]:
    """Import path of the hook class for each type of connection. Reads every installed provider's description."""
    found = dict(_OWN)
    for entry in entry_points(group="apache_airflow_provider"):
        try:
            described = entry.load()()
        except Exception:
            # A provider that cannot describe itself serves no hooks; importing from it will say why.
            continue
        for one in described.get("connection-types", ()):
            found[one["connection-type"]] = one["hook-class-name"]
    return found


def hook_for(connection: Connection, hook_params: dict[str, Any]) -> Any:
    """A hook for `connection`. Raises AirflowException when no installed package has one for its type."""
    path = hook_classes().get(connection.conn_type or "")
    if path is None:
        raise AirflowException(
            f"No installed package has a hook for connections of type {connection.conn_type!r} (connection "
            f"{connection.conn_id!r}): install its provider (pip install apache-airflow-providers-…), or use its hook class."
        )
    module, _, name = path.rpartition(".")
    hook_class = getattr(importlib.import_module(module), name)
    argument = getattr(hook_class, "conn_name_attr", "") or "conn_id"
    return hook_class(**{argument: connection.conn_id, **hook_params})
