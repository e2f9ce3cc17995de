"""One engine for one home: an advisory lock on a file that names its holder.

The kernel lets go of the lock when the holder dies, however it dies, so a killed engine never keeps the next one out.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import datetime, timezone
from pathlib import Path

from tradewind.core.errors import TradewindError


class HomeInUse(TradewindError):
    """Another engine runs on this home. `holder` says which, as far as the lock file tells."""

    def __init__(self, home: Path, holder: dict[str, object]) -> None:
        self.home = home
        self.holder = holder
        who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}, since {holder.get('since', '?')}"
        super().__init__(
            f"The home {home} already has a scheduler: {who}. It schedules this home's DAGs, so nothing more is needed; "
            f"to run another one beside it, set AIRFLOW_HOME to a different directory."
        )


class HomeLock:
    """Held from `acquire` until `release` or the end of the process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / "tradewind-engine.lock"
        self._fd: int | None = None

    def acquire(self) -> None:
        """Raises HomeInUse when another process holds it, OSError when the home cannot be written."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read(fd)
            os.close(fd)
            raise HomeInUse(self.home, holder) from None
        os.ftruncate(fd, 0)
        since = datetime.now(timezone.utc).isoformat(timespec="seconds")
        os.pwrite(fd, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}).encode(), 0)
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None


def _read(fd: int) -> dict[str, object]:
    try:
        found = json.loads(os.pread(fd, 4096, 0) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
