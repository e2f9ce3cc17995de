"""FSHook: the base path that a connection of type `fs` names."""

from __future__ import annotations

import os
from typing import Any

from tradewind.hooks.base import BaseHook
from tradewind.sdk.exceptions import AirflowNotFoundException


class FSHook(BaseHook):
    """Path of connection `fs_conn_id`: `{"path": "/data"}` in its extra.

    When nobody made the connection `fs_default`, it stands for `/`, as in a fresh Airflow 2.
    """

    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"
    conn_type = "fs"
    hook_name = "File (path)"

    def __init__(self, fs_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn: Any = None
        self.basepath = "/"
        try:
            self.conn = self.get_connection(fs_conn_id)
        except AirflowNotFoundException:
            if fs_conn_id != self.default_conn_name:
                raise
        else:
            self.basepath = str(self.conn.extra_dejson.get("path", ""))

    def get_conn(self) -> None:
        """There is nothing to connect to."""

    def get_path(self) -> str:
        return self.basepath

    def test_connection(self) -> tuple[bool, str]:
        """Whether the path exists, and a sentence that says so."""
        if not self.basepath:
            return False, "The connection's extra has no path."
        if not os.path.exists(self.basepath):
            return False, f"Path {self.basepath} does not exist."
        return True, f"Path {self.basepath} exists."

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        return {
            "hidden_fields": ["host", "schema", "port", "login", "password", "extra"],
            "relabeling": {},
            "placeholders": {},
        }
