"""Whether the database answers and the engine lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from tradewind.services import jobs
from tradewind.services.session import Services
from tradewind.store.errors import StoreError

Status = Literal["healthy", "unhealthy"]
HEALTHY: Final = "healthy"
UNHEALTHY: Final = "unhealthy"


@dataclass(frozen=True, slots=True)
class HealthReport:
    database: Status
    engine: Status
    heartbeat_at: datetime | None
    """The engine's last sign of life; None when there never was one, or the database does not tell."""


def health(services: Services) -> HealthReport:
    """Never raises for a database that is away: that is one of the answers."""
    try:
        known = services.store.jobs.list(kind=jobs.ENGINE)
        alive = jobs.alive_jobs(services, kind=jobs.ENGINE)
    except StoreError:
        return HealthReport(UNHEALTHY, UNHEALTHY, None)
    return HealthReport(HEALTHY, HEALTHY if alive else UNHEALTHY, known[0].heartbeat_at if known else None)
