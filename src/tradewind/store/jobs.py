"""Heartbeats of the long-running parts: what `jobs check` and the health page read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from tradewind.core.records import Record
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.rows import RecordRows, upsert


class JobRecord(Record, frozen=True, kw_only=True):
    """One engine, api or other part that lives or lived."""

    job_id: str
    kind: str
    """`engine`, `api` …"""
    hostname: str
    pid: int
    state: str
    """`running`, `success` after an orderly end, `failed`."""
    started_at: datetime
    heartbeat_at: datetime


_JOBS = RecordRows(JobRecord, schema.job)


class Jobs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def heartbeat(self, job_id: str, kind: str, hostname: str, pid: int, state: str, at: datetime) -> None:
        """Says that the job was alive at `at`; the first call also notes its start."""
        row = {"job_id": job_id, "kind": kind, "hostname": hostname, "pid": pid, "state": state}
        job = schema.job
        with self._database.write() as connection:
            known = connection.execute(
                sa.update(job).where(job.c.job_id == job_id).values(state=state, heartbeat_at=at)
            ).rowcount
            if not known:
                values = {**row, "started_at": at, "heartbeat_at": at}
                connection.execute(upsert(job, connection.dialect.name, values=values))

    def list(
        self, *, kind: str | None = None, hostname: str | None = None, alive_since: datetime | None = None
    ) -> list[JobRecord]:
        """Jobs, latest heartbeat first. `alive_since`: only running ones with a heartbeat at or after it."""
        job = schema.job.c
        query = _JOBS.select().order_by(job.heartbeat_at.desc())
        if kind is not None:
            query = query.where(job.kind == kind)
        if hostname is not None:
            query = query.where(job.hostname == hostname)
        if alive_since is not None:
            query = query.where(job.state == "running", job.heartbeat_at >= alive_since)
        with self._database.read() as connection:
            return _JOBS.all(connection.execute(query))
