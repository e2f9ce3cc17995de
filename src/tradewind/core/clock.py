"""What time it is, as a port: the engine asks, and tests and `tradewind simulate` turn the hands themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...
