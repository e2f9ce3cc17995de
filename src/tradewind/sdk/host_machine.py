"""Questions about the machine and its processes that DAG code imports from `airflow.utils`."""

from __future__ import annotations

import contextlib
import getpass as _getpass
import hashlib
import logging
import os
import shlex
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = [
    "TemporaryDirectory",
    "execute_in_subprocess",
    "get_host_ip_address",
    "get_hostname",
    "getfqdn",
    "getuser",
    "md5",
    "mkdirs",
    "patch_environ",
]

_log = logging.getLogger(__name__)


def execute_in_subprocess(cmd: list[str], cwd: str | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a command and log what it prints. Raises CalledProcessError unless it exits with 0."""
    _log.info("Executing cmd: %s", shlex.join(cmd))
    with subprocess.Popen(
        cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, env=dict(env) if env else None, close_fds=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            _log.info("%s", line.decode(errors="replace").rstrip())
        code = process.wait()
    if code != 0:
        raise subprocess.CalledProcessError(code, cmd)


def get_host_ip_address() -> str:
    return socket.gethostbyname(getfqdn())


def getfqdn(name: str = "") -> str:
    return socket.getfqdn(name)


def get_hostname() -> str:
    return getfqdn()


def getuser() -> str:
    """The user's name; the number when it has none."""
    try:
        return _getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def mkdirs(path: str | Path, mode: int = 0o777) -> None:
    """Make a folder and those above it; it may exist."""
    Path(path).mkdir(mode=mode, parents=True, exist_ok=True)


def md5(data: bytes = b"", *, usedforsecurity: bool = False) -> Any:
    return hashlib.md5(data, usedforsecurity=usedforsecurity)


@contextlib.contextmanager
def patch_environ(new_env_variables: Mapping[str, str]) -> Iterator[None]:
    """These environment variables, for the body."""
    before = {name: os.environ.get(name) for name in new_env_variables}
    os.environ.update(new_env_variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
