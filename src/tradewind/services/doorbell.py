"""Waking the engine: one datagram after each change, so that it acts within milliseconds.

The doorbell is a Unix datagram socket that the engine listens on. Ringing never waits and never fails: an engine that
does not run, or is too busy to take another ring, finds the change in the store anyway.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
from pathlib import Path

from tradewind.services.errors import ServiceError

_RING = b"\x01"


def doorbell_path(home: Path, uid: int | None = None) -> Path:
    """Where the engine of `home` listens when user `uid` (default: this one) runs it.

    Not in the home itself: the path of a Unix socket may have about 100 bytes, and homes are often deeper than that.
    """
    owner = os.geteuid() if uid is None else uid
    digest = hashlib.sha256(os.path.realpath(home).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Path(f"/tmp/tradewind-{owner}") / digest / "doorbell"


def prepare_doorbell(home: Path) -> Path:
    """The path to listen on, with its private folder made and an abandoned socket taken away.

    For the engine, which holds the lock of the home. Raises ServiceError when somebody else owns the folder: whoever
    can write there could take the rings.
    """
    path = doorbell_path(home)
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise ServiceError(
                f"{folder} is not a private folder of this user, so the engine's doorbell cannot be put there. "
                f"Remove it: rm -r {folder}"
            )
    path.unlink(missing_ok=True)
    return path


def ring(home: Path) -> bool:
    """Tell the engine of `home` that something changed. True when one took it. Never blocks, never raises."""
    owners = {os.geteuid()}
    with contextlib.suppress(OSError):
        # The engine may run as the owner of the home while root types the command.
        owners.add(os.stat(home).st_uid)
    return any([_send(doorbell_path(home, uid)) for uid in sorted(owners)])


def _send(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(_RING, str(path))
            return True
    except OSError:
        return False
