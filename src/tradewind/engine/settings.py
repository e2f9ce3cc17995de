"""What an engine is told about its home. Read from the configuration in `tradewind.wiring`, never here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineSettings:
    home: Path
    logs_folder: Path
    dags_folder: Path
    """Where users put DAG files."""
    plugins_folder: Path
    doorbell: Path | None = None
    """Where other processes ring (Unix datagram socket); None: nobody rings, as in a simulation."""
    example_folders: Callable[[], tuple[Path, ...]] = tuple
    """Asked again and again: `[core] load_examples` takes effect without a restart."""
    schedules: bool = True
    """False for an engine that only imports files, or only runs what it is told to: it leaves unfinished runs alone."""
    parallelism: int = 32
    paused_at_creation: bool = True
    ignore_syntax: str = "regexp"
    safe_mode: bool = True
    reparse_interval_s: float = 30.0
    """Shortest time between two imports of an unchanged file; stretched so that all of them stay cheap."""
    kill_grace_s: float = 60.0
    """From SIGTERM to SIGKILL."""
    heartbeat_interval_s: float = 5.0
    hostname: str = "localhost"
    marks_success: Callable[[str], bool] = lambda _task_id: False
    """Tasks that are marked as success instead of being run."""
    started_flush_s: float = 0.02
    """How long a `started` may wait to be written together with what follows it."""
    store_retry_s: float = 0.25
    """Pause between two attempts to write while the database is away."""
    callback_attempts: int = 3
    safety_poll_s: float = 5.0
    """How often the outbox is looked at without a ring, in case one was lost."""
