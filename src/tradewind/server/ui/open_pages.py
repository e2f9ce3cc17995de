"""Which pages somebody may open: those whose answers he would get."""

from __future__ import annotations

from typing import Final

from tradewind.core.permissions import Grant, is_allowed
from tradewind.server.permissions import UI, V2

_OF_PAGES: Final = {
    "/": UI["get_home"],
    "/dags": UI["list_dags"],
    "/runs": UI["list_runs"],
    "/task-instances": UI["list_instances"],
    "/xcoms": UI["list_xcoms"],
    "/assets": UI["list_assets"],
    "/audit": UI["list_audit"],
    "/import-errors": UI["list_import_errors"],
    "/connections": V2["get_connections"],
    "/variables": V2["get_variables"],
    "/pools": UI["list_pools"],
    "/users": UI["list_users"],
    "/roles": UI["list_roles"],
    "/status": UI["get_health_page"],
    "/configuration": UI["get_config"],
    "/providers": V2["get_providers"],
    "/plugins": V2["get_plugins"],
}
"""Address → what its main list needs."""


def open_pages(grants: frozenset[Grant]) -> list[str]:
    """Addresses of the pages that `grants` open."""
    return [
        path for path, needs in _OF_PAGES.items() if needs is not None and all(is_allowed(grants, n) for n in needs)
    ]
