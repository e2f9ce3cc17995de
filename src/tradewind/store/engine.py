"""`store.engine`: the engine's door to the store, its writes and its reads in one place."""

from __future__ import annotations

from datetime import datetime

from tradewind.store.database import Database
from tradewind.store.engine_reads import EngineReads, LoadedRun
from tradewind.store.engine_writes import EngineWrites
from tradewind.store.jobs import Jobs
from tradewind.store.leases import Leases


class EngineStore(EngineReads):
    """Batches, the reads that decisions need, the lease and the heartbeat."""

    def __init__(self, database: Database, leases: Leases, jobs: Jobs) -> None:
        super().__init__(database)
        self.commit = EngineWrites(database).commit
        self._leases = leases
        self._jobs = jobs

    def acquire_lease(self, engine_id: str, host: str, pid: int, ttl_s: float, now: datetime) -> int:
        """See `Leases.acquire`."""
        return self._leases.acquire(engine_id, host, pid, ttl_s, now)

    def refresh_lease(self, epoch: int, ttl_s: float, now: datetime) -> bool:
        """See `Leases.refresh`."""
        return self._leases.refresh(epoch, ttl_s, now)

    def release_lease(self, epoch: int) -> None:
        """See `Leases.release`."""
        self._leases.release(epoch)

    def heartbeat(self, job_id: str, kind: str, hostname: str, pid: int, state: str, at: datetime) -> None:
        """See `Jobs.heartbeat`."""
        self._jobs.heartbeat(job_id, kind, hostname, pid, state, at)


__all__ = ["EngineStore", "LoadedRun"]
