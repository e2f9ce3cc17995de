"""Operation id → what it needs, for the API `v2`. None: public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradewind.core.permissions import Need
from tradewind.server.permissions.words import PUBLIC

V2: Final[Mapping[str, tuple[Need, ...] | None]] = {
    "get_health": PUBLIC,
}
