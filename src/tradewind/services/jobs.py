"""Signs of life of the scheduler and the other long-running parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.core.lists import Found, Ordering, Page, Span
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


class Job(NamedTuple):
    """A long-running part in Airflow's words."""

    id: int
    """Made of the job's own id, which is no number."""
    job_type: str
    state: str
    hostname: str
    executor_class: str | None
    start_date: datetime
    end_date: datetime | None
    latest_heartbeat: datetime
    is_alive: bool


class JobFilter(NamedTuple):
    """None, and an open span, match everything."""

    is_alive: bool | None = None
    state: str | None = None
    job_type: str | None = None
    hostname: str | None = None
    executor_class: str | None = None
    start_date: Span[datetime] = Span()
    end_date: Span[datetime] = Span()


ALL_JOBS: Final = JobFilter()


def job_page(
    services: Services, page: Page, order: Sequence[Ordering] = (), wanted: JobFilter = ALL_JOBS
) -> Found[Job]:
    """Some of the jobs, ordered by their fields; latest heartbeat first where those are equal.

    Reads all jobs: there is one for each start of a scheduler or web server.
    """
    alive = {record.job_id for record in alive_jobs(services)}
    jobs = [_as_job(record, record.job_id in alive) for record in services.store.jobs.list()]
    kept = [job for job in jobs if _fits(job, wanted)]
    for name, descending in reversed(order):
        # None below every value, whatever its type.
        kept.sort(key=lambda job: ((value := getattr(job, name)) is not None, value or ""), reverse=descending)
    return Found(kept[page.offset : page.offset + page.limit], len(kept))


def _as_job(record: JobRecord, is_alive: bool) -> Job:
    is_engine = record.kind == ENGINE
    return Job(
        id=int.from_bytes(hashlib.sha256(record.job_id.encode()).digest()[:6], "big"),
        job_type="SchedulerJob" if is_engine else record.kind,
        state=record.state,
        hostname=record.hostname,
        executor_class="LocalExecutor" if is_engine else None,
        start_date=record.started_at,
        end_date=None if record.state == "running" else record.heartbeat_at,
        latest_heartbeat=record.heartbeat_at,
        is_alive=is_alive,
    )


def _fits(job: Job, wanted: JobFilter) -> bool:
    texts = ("state", "job_type", "hostname", "executor_class")
    return (
        (wanted.is_alive is None or job.is_alive == wanted.is_alive)
        and all(getattr(wanted, name) in (None, getattr(job, name)) for name in texts)
        and _within(job.start_date, wanted.start_date)
        and _within(job.end_date, wanted.end_date)
    )


def _within(at: datetime | None, span: Span[datetime]) -> bool:
    if span.is_open:
        return True
    return (
        at is not None
        and (span.gte is None or at >= span.gte)
        and (span.gt is None or at > span.gt)
        and (span.lte is None or at <= span.lte)
        and (span.lt is None or at < span.lt)
    )
