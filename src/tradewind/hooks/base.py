"""BaseHook: what talks to an outside system through a connection."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.connection import Connection
from tradewind.sdk.logging_mixin import LoggingMixin


class BaseHook(LoggingMixin):
    """Base of hooks: finds connections, and gives `self.log`."""

    _log_config_logger_name = "airflow.task.hooks"

    conn_name_attr: str = ""
    default_conn_name: str = ""
    conn_type: str = ""
    hook_name: str = ""

    def __init__(self, logger_name: str | None = None, **_ignored: Any) -> None:
        super().__init__()
        if logger_name:
            self._logger_name = logger_name

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """The connection `conn_id`: from the environment, a secrets backend, or the store.

        Raises AirflowNotFoundException when nobody defined it.
        """
        return Connection.get(conn_id)

    @classmethod
    def get_connections(cls, conn_id: str) -> list[Connection]:
        """A list of one: several connections with one id are a thing of Airflow 1."""
        return [cls.get_connection(conn_id)]

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """The hook for the type of this connection. Raises AirflowException when no installed package has one."""
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    def get_conn(self) -> Any:
        """The client object of the outside system."""
        raise NotImplementedError(f"{type(self).__name__} must implement get_conn().")

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Extra fields of the connection's form."""
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Which fields of the connection's form are hidden or renamed."""
        return {}
