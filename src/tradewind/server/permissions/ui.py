"""Operation id → what it needs, for the API `ui`. None: public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.permissions import Need
from tradewind.server.permissions.words import PUBLIC

UI: Final[Mapping[str, tuple[Need, ...] | None]] = {
    "get_health": PUBLIC,
}
