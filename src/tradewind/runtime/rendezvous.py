"""Where the engine of a home and its DAG hosts meet: a short, private folder, the same for every engine of that home.

Not in the home itself: the path of a Unix socket may have about 100 bytes only, and the home may be on a file system
without sockets.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
from typing import Final

SOCKET_NAME: Final = "engine.sock"
_MAX_SOCKET_PATH: Final = 100


class NoPrivateFolder(OSError):
    """No folder for the engine's socket can be used."""


def private_folder(home: str) -> str:
    """The folder (mode 0700, owned by us) for `home`; made when it is missing. Raises NoPrivateFolder."""
    name = hashlib.sha256(os.path.realpath(home).encode()).hexdigest()[:16]
    uid = os.getuid()
    tried: list[str] = []
    # /tmp before XDG_RUNTIME_DIR: that one disappears when the user logs out, and an engine may run on.
    for base in (f"/tmp/tradewind-{uid}", os.path.join(os.environ.get("XDG_RUNTIME_DIR") or "/run", "tradewind")):
        folder = os.path.join(base, name)
        if len(os.path.join(folder, SOCKET_NAME).encode()) > _MAX_SOCKET_PATH:
            continue
        try:
            _make_private(base, uid)
            _make_private(folder, uid)
        except OSError as error:
            tried.append(f"{base}: {error.strerror or error}")
            continue
        return folder
    raise NoPrivateFolder(
        f"tradewind needs a folder of its own for its socket, and none can be used ({'; '.join(tried)}). "
        "Make one of them writable, or set XDG_RUNTIME_DIR to a folder that only you can read."
    )


def _make_private(path: str, uid: int) -> None:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(f"{path} is not a folder")
    if found.st_uid != uid:
        raise OSError(f"{path} belongs to another user")
    if found.st_mode & 0o077:
        os.chmod(path, 0o700)


def listen(folder: str) -> socket.socket:
    """The engine's listening socket. One left by an engine that died is replaced; `open_home` of the store makes sure
    that there is one engine only."""
    path = os.path.join(folder, SOCKET_NAME)
    aside = f"{path}.{os.getpid()}"
    for stale in (aside,):
        if os.path.lexists(stale):
            os.unlink(stale)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    listener.bind(aside)
    listener.listen(1024)
    # Renamed into place: a host that connects at this moment finds the old one or the new one, never nothing.
    os.rename(aside, path)
    return listener


def is_own_user(connection: socket.socket) -> bool:
    """Whether the other end runs as our user (or as root). Where that cannot be asked the folder's mode has to do."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return uid in (os.getuid(), 0)
