"""What differs between SQLite and PostgreSQL outside the statements: addresses, sessions, and how a transaction begins.

SQLite      WAL with synchronous=FULL: one fsync for each commit, readers never wait for a writer. Writers take the
            write lock at BEGIN, so a transaction never fails half way for lack of it.
PostgreSQL  psycopg 3. Sessions that hang inside a transaction are ended by the server.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL, Dialect, Engine, make_url
from sqlalchemy.pool import StaticPool

from tradewind.store.errors import BadAddress

BUSY_TIMEOUT_S: Final = 30.0
"""How long anything waits for a lock before it gives up with `StoreBusy`."""
IDLE_CHECK_S: Final = 1.0
"""A PostgreSQL connection that lay unused for longer is asked whether it still lives before it is used."""

_POSTGRES_NAMES: Final = frozenset(
    {"postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg", "postgres+psycopg2"}
)
_POSTGRES_SESSION: Final = (
    "SET idle_in_transaction_session_timeout = '60s'",
    f"SET lock_timeout = '{int(BUSY_TIMEOUT_S)}s'",
    "SET timezone = 'UTC'",
)
# A server that vanished without a word (power, network) is noticed within about half a minute, not after two hours.
_POSTGRES_DEFAULTS: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "application_name": "tradewind",
}


@dataclass(frozen=True)
class Address:
    """Where a database is. `path` is set for an SQLite file, None for memory and for PostgreSQL."""

    url: URL
    path: Path | None
    is_sqlite: bool

    @property
    def is_memory(self) -> bool:
        return self.is_sqlite and self.path is None

    def __str__(self) -> str:
        """For people: the path, or the URL without its password."""
        if self.path is not None:
            return str(self.path)
        shown = self.url.set(drivername="postgresql").difference_update_query(_POSTGRES_DEFAULTS)
        return shown.render_as_string(hide_password=True)


def parse_address(url: str) -> Address:
    """Reads an Airflow `sql_alchemy_conn`. Raises BadAddress; its text never repeats a password."""
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise BadAddress(
            "[database] sql_alchemy_conn is not a database URL. It looks like sqlite:////absolute/path/airflow.db or "
            "postgresql://user:password@host/name; write @, / and : inside a password as %40, %2F and %3A."
        ) from None
    name = parsed.drivername
    if name in _POSTGRES_NAMES:
        missing = {key: value for key, value in _POSTGRES_DEFAULTS.items() if key not in parsed.query}
        return Address(parsed.set(drivername="postgresql+psycopg").update_query_dict(missing), None, is_sqlite=False)
    if name in ("sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"):
        if parsed.database in (None, "", ":memory:"):
            return Address(URL.create("sqlite+pysqlite"), None, is_sqlite=True)
        path = Path(str(parsed.database)).absolute()
        return Address(URL.create("sqlite+pysqlite", database=str(path)), path, is_sqlite=True)
    raise BadAddress(
        f"Databases of kind '{name}' are not supported. Set [database] sql_alchemy_conn to "
        "sqlite:////absolute/path/airflow.db or postgresql://user:password@host/name."
    )


def hot_dialect(address: Address) -> Dialect:
    """The dialect that prepared texts are compiled for: parameters by position, which the drivers bind fastest."""
    if address.is_sqlite:
        from sqlalchemy.dialects.sqlite import pysqlite

        return pysqlite.dialect()
    from sqlalchemy.dialects.postgresql import psycopg

    return psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


def create_engines(address: Address, *, create: bool) -> tuple[Engine, Engine]:
    """Engines for reading and for writing. Nothing is connected yet."""
    if address.is_sqlite:
        return _sqlite_engines(address, create=create)
    return _postgres_engines(address)


# --- SQLite ------------------------------------------------------------------------------------------------------------


def _sqlite_engines(address: Address, *, create: bool) -> tuple[Engine, Engine]:
    if address.path is None:
        # Memory lives in one connection; `Database` lets one thread at a time have it.
        engine = sa.create_engine(address.url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        _sqlite_sessions(engine, durable=False)
        return engine, engine

    if create:
        address.path.parent.mkdir(parents=True, exist_ok=True)
    file = "file:" + str(address.path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    mode = "rwc" if create else "rw"

    def engine_with(*, waits: bool) -> Engine:
        engine = sa.create_engine(
            URL.create("sqlite+pysqlite", database=file, query={"mode": mode, "uri": "true"}),
            connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "cached_statements": 256},
            pool_reset_on_return=None,
            hide_parameters=True,
        )
        _sqlite_sessions(engine, durable=True, waits=waits)
        return engine

    # Writers wait for the lock in `Database`, which asks every millisecond; SQLite's own waiting sleeps up to 100 ms
    # between two looks, which is longer than a whole task may take.
    return engine_with(waits=True), engine_with(waits=False)


class _HintingCompiler(SQLiteCompiler):
    """Writes `Select.with_hint` (INDEXED BY) behind a table, which SQLAlchemy's own compiler leaves out."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


def _sqlite_sessions(engine: Engine, *, durable: bool, waits: bool = True) -> None:
    engine.dialect.statement_compiler = _HintingCompiler

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # None: the module opens no transaction of its own; BEGIN is said where it is meant.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -8000")
        connection.execute("PRAGMA temp_store = MEMORY")
        if not waits:
            # Last: the lines above may read the file while another process recovers it after a crash.
            connection.execute("PRAGMA busy_timeout = 0")


def use_wal(connection: Any) -> None:
    """Turns the file into WAL mode, for good. `connection` is a DBAPI connection outside a transaction.

    Two processes that do this at once disturb each other without SQLite's usual waiting, hence the loop.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def lock_holders(path: Path) -> list[str]:
    """Other processes that hold a lock on the SQLite file, as `pid 123 (name)`; empty where the system does not tell."""
    inodes = set()
    for suffix in ("", "-shm", "-wal"):
        try:
            inodes.add(str(os.stat(f"{path}{suffix}").st_ino))
        except OSError:
            continue
    holders: dict[int, str] = {}
    try:
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if "->" in fields or len(fields) < 6 or fields[3] != "WRITE":
                continue
            pid, inode = int(fields[4]), fields[5].rpartition(":")[2]
            if inode in inodes and pid not in (os.getpid(), -1):
                holders[pid] = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        pass
    return [f"pid {pid} ({name})" for pid, name in sorted(holders.items())]


# --- PostgreSQL --------------------------------------------------------------------------------------------------------


def _postgres_engines(address: Address) -> tuple[Engine, Engine]:
    try:
        engine = sa.create_engine(address.url, pool_size=5, max_overflow=15, hide_parameters=True)
    except ImportError:
        raise BadAddress("The driver for PostgreSQL is not installed. Run: pip install 'tradewind[postgres]'") from None

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        autocommit, connection.autocommit = connection.autocommit, True
        for statement in _POSTGRES_SESSION:
            connection.execute(statement)
        connection.autocommit = autocommit
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkin")
    def _on_checkin(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", 0.0) < IDLE_CHECK_S:
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as error:
            # The pool throws this connection away and takes the next one.
            raise exc.DisconnectionError() from error

    # Several statements of one read see the same moment.
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return reader, engine
