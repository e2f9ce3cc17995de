"""Signs of life of the scheduler and the other long-running parts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tradewind.services.session import Services

if TYPE_CHECKING:
    from tradewind.store.jobs import JobRecord

ENGINE: Final = "engine"

# Airflow's names of jobs, and the part that does their work here.
JOB_TYPES: Final = {
    "SchedulerJob": ENGINE,
    "TriggererJob": ENGINE,
    "DagProcessorJob": ENGINE,
    "LocalTaskJob": ENGINE,
    "BackfillJob": ENGINE,
}


def alive_jobs(services: Services, *, kind: str | None = None, hostname: str | None = None) -> list[JobRecord]:
    """Running jobs with a sign of life within [scheduler] scheduler_health_check_threshold, latest first."""
    threshold = timedelta(seconds=services.conf.getint("scheduler", "scheduler_health_check_threshold"))
    return list(services.store.jobs.list(kind=kind, hostname=hostname, alive_since=services.now() - threshold))


def is_alive(services: Services, kind: str) -> bool:
    return bool(alive_jobs(services, kind=kind))
