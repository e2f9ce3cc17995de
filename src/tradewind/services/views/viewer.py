"""On whose behalf a page is put together."""

from __future__ import annotations

from typing import Any, Protocol

from tradewind.core.permissions import Action, Resource
from tradewind.services.session import Services

View = dict[str, Any]
"""A JSON object whose fields are those of a shape of `tradewind.server.ui.shapes`."""


class Viewer(Protocol):
    """Somebody who is logged in."""

    @property
    def services(self) -> Services:
        """Records changes as this user's."""

    @property
    def username(self) -> str: ...

    @property
    def visible_dags(self) -> frozenset[str] | None:
        """DAGs that may be read; None: all of them."""

    def may(self, action: Action, resource: Resource, dag_id: str | None = None) -> bool: ...

    def sees(self, dag_id: str) -> bool: ...
