"""What stands behind the keys `var`, `conn`, `macros`, `inlet_events` and `outlet_events` of a context."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tradewind.sdk import macros as _macros
from tradewind.sdk.connection import Connection
from tradewind.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError
from tradewind.sdk.types import NOTSET
from tradewind.sdk.variable import Variable, VariableNotFound

macros = _macros


class VariableAccessor:
    """`var.value.NAME`, `var.json.NAME`, and `.get(NAME, default)`."""

    def __init__(self, *, as_json: bool, dialect: int) -> None:
        self._as_json = as_json
        self._dialect = dialect

    def __getattr__(self, key: str) -> Any:
        # Only names of variables: Jinja and copy look for Python's own names, too.
        if key.startswith("__"):
            raise AttributeError(key)
        return self._required(key)

    def _required(self, key: str) -> Any:
        """Raises what a template of this dialect gets: KeyError in 2, AirflowRuntimeError in 3, where bad JSON is one, too."""
        try:
            return Variable.get(key, deserialize_json=self._as_json)
        except VariableNotFound as missing:
            raise (AirflowRuntimeError if self._dialect >= 3 else KeyError)(str(missing)) from None
        except json.JSONDecodeError as error:
            if self._dialect < 3:
                raise
            raise AirflowRuntimeError(f"Variable {key} is no JSON: {error}") from None

    def get(self, key: str, default_var: Any = NOTSET, default: Any = NOTSET) -> Any:
        """The variable, or the default when there is none. Without a default raises as `var.value.NAME`."""
        fallback = default_var if default is NOTSET else default
        if fallback is NOTSET:
            return self._required(key)
        return Variable.get(key, default_var=fallback, deserialize_json=self._as_json)

    def __repr__(self) -> str:
        return "<VariableAccessor (dynamic access)>"


class ConnectionAccessor:
    """`conn.ID`, and `conn.get(ID, default)`."""

    def __getattr__(self, conn_id: str) -> Any:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        return Connection.get(conn_id)

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        """The connection, or the default when there is none."""
        try:
            return Connection.get(conn_id)
        except AirflowNotFoundException:
            return default_conn

    def __repr__(self) -> str:
        return "<ConnectionAccessor (dynamic access)>"


class OutletEvent:
    """What a task says about an event of one of its outlets."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.extra: dict[str, Any] = {}
        self.asset_events: list[tuple[Any, dict[str, Any]]] = []

    def add(self, asset: Any, extra: dict[str, Any] | None = None) -> None:
        """An event of `asset`, by way of an alias."""
        self.asset_events.append((asset, extra or {}))


class OutletEvents:
    """`outlet_events[asset].extra`: an event for whatever asset, alias or address is asked for."""

    def __init__(self) -> None:
        self._events: dict[Any, OutletEvent] = {}

    def __getitem__(self, key: Any) -> OutletEvent:
        name = _key_of(key)
        if name not in self._events:
            self._events[name] = OutletEvent(key)
        return self._events[name]

    def __iter__(self) -> Iterator[Any]:
        return iter([event.key for event in self._events.values()])

    def __len__(self) -> int:
        return len(self._events)


class InletEvents:
    """`inlet_events[asset]`: past events of an inlet. There are none as long as events are not stored."""

    def __init__(self, inlets: list[Any]) -> None:
        self._inlets = inlets

    def __getitem__(self, key: Any) -> list[Any]:
        if isinstance(key, int):
            key = self._inlets[key]
        if _key_of(key) not in {_key_of(inlet) for inlet in self._inlets}:
            raise KeyError(key)
        return []

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class NoStateStore:
    """`task_state_store` of Airflow 3.3: there, and it says what to use instead when somebody uses it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError("tradewind keeps no state of tasks besides XComs: use ti.xcom_push and ti.xcom_pull.")


def _key_of(key: Any) -> Any:
    return getattr(key, "uri", None) or getattr(key, "name", None) or key
