"""What each operation needs, by API: the one place where authorisation is declared.

`server.access` refuses to build an application with a route that is not named here. PUBLIC operations answer anybody;
an empty tuple asks for a login and nothing more.
"""

from __future__ import annotations

from typing import Final

from tradewind.core.permissions import Need
from tradewind.server.permissions.ui import UI
from tradewind.server.permissions.v1 import V1
from tradewind.server.permissions.v2 import V2

Needs = tuple[Need, ...]
BY_API: Final = {"v1": V1, "v2": V2, "ui": UI}

__all__ = ["BY_API", "UI", "V1", "V2", "Needs"]
