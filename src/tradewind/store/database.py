"""Transactions: how everything else in the store reaches the database.

    with database.read() as connection: …      one consistent view, nothing written
    with database.write() as connection: …     one transaction, committed at the end of the block, rolled back by an exception
    database.batch(work)                       the same on the bare driver, for the engine's hot path

Exceptions of the drivers leave as `StoreError`s. A `Database` may be used by several threads, but not after a fork.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.store import faults
from tradewind.store.dialects import BUSY_TIMEOUT_S, Address, create_engines, use_wal
from tradewind.store.errors import StoreError, StoreMissing, StoreUnavailable

T = TypeVar("T")
_RACES: Final = 5

# PostgreSQL advisory locks are named (ADVISORY, what for).
ADVISORY: Final = 0x7457
ADVISORY_BATCH: Final = 1
"""Every writer of the outbox takes it shared until its transaction ends; a taking over of the engine's lease takes it alone."""
ADVISORY_DAG_FILES: Final = 2
ADVISORY_MIGRATION: Final = 3


class Database:
    """One database and the connections of this process to it."""

    def __init__(self, address: Address, *, create: bool) -> None:
        self.address = address
        self._readers, self._writers = create_engines(address, create=create)
        self._create = create
        self._pid = os.getpid()
        self._closed = False
        # Only memory needs turns: it lives in one connection.
        self._turn: threading.RLock | None = threading.RLock() if address.is_memory else None

    @property
    def is_sqlite(self) -> bool:
        return self.address.is_sqlite

    @property
    def dialect(self) -> sa.Dialect:
        return self._writers.dialect

    def close(self) -> None:
        """Closes every connection. The database cannot be used afterwards."""
        self._closed = True
        self._dispose()

    def _dispose(self) -> None:
        # After a fork the connections are the parent's: forgotten here, not closed.
        mine = os.getpid() == self._pid
        self._readers.dispose(close=mine)
        self._writers.dispose(close=mine)

    def _check_usable(self) -> None:
        if self._closed:
            raise StoreError("The store is closed. Open a new one.")
        if os.getpid() != self._pid:
            # Two processes on one connection destroy each other's transactions.
            raise StoreError(
                f"The store was opened by process {self._pid} and used in {os.getpid()} after a fork. Open it after the fork."
            )
        path = self.address.path
        # os.path, not Path: a folder that may not be looked into is for SQLite to report.
        if path is not None and not self._create and os.path.isdir(path.parent) and not os.path.exists(path):
            if not os.access(path.parent, os.X_OK):
                return
            raise StoreMissing(f"There is no database at {path}. {faults.MIGRATE}")

    # --- transactions on SQLAlchemy connections ----------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment. Raises StoreError."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends, and rolled back by an exception. Raises StoreError.

        Keep it short: on SQLite nobody else can write meanwhile.
        """
        with self._transaction(write=True) as connection:
            yield connection

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """A write transaction that no other migration runs beside. Raises StoreError."""
        if self.address.path is not None:
            self.on_driver(use_wal)
        with self._transaction(write=True) as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY}, {ADVISORY_MIGRATION})")
            yield connection

    def on_driver(self, work: Callable[[Any], T]) -> T:
        """Runs `work` on a DBAPI connection outside of any transaction (PRAGMA, VACUUM). Raises StoreError."""
        self._check_usable()
        pooled = self._readers.raw_connection()
        try:
            return work(pooled.driver_connection)
        except Exception as error:
            if faults.is_driver_error(error):
                raise self._fault(error) from error
            raise
        finally:
            pooled.close()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        self._check_usable()
        if self._turn is not None:
            self._turn.acquire()
        connection: Connection | None = None
        at_commit = False
        try:
            connection = (self._writers if write else self._readers).connect()
            if self.is_sqlite:
                self._begin_sqlite(connection.connection.driver_connection, write=write)
            connection.begin()
            yield connection
            at_commit = True
            if self.is_sqlite:
                self._wait_sqlite(connection.connection.driver_connection, "COMMIT")
            connection.commit()
        except BaseException as error:
            if connection is not None:
                self._abandon(connection)
            if faults.is_driver_error(error):
                raise self._fault(error, at_commit=at_commit and write) from error
            raise
        finally:
            if connection is not None:
                connection.close()
            if self._turn is not None:
                self._turn.release()

    def _abandon(self, connection: Connection) -> None:
        """Rolls back; a connection that cannot is thrown away."""
        try:
            if self.is_sqlite:
                driver = connection.connection.driver_connection
                if driver is not None and driver.in_transaction:
                    driver.execute("ROLLBACK")
            connection.rollback()
        except Exception:
            connection.invalidate()

    def _fault(self, error: BaseException, *, at_commit: bool = False) -> StoreError:
        fault = faults.translate(error, self.address, at_commit=at_commit)
        if isinstance(fault, StoreUnavailable):
            # The others in the pool are most likely as dead as this one.
            self._dispose()
        return fault

    def _begin_sqlite(self, connection: Any, *, write: bool) -> None:
        if write:
            self._wait_sqlite(connection, "BEGIN IMMEDIATE")
        else:
            connection.execute("BEGIN")

    def _wait_sqlite(self, connection: Any, statement: str) -> None:
        """Carries out BEGIN IMMEDIATE or COMMIT as soon as the lock for it is free."""
        deadline = 0.0
        while True:
            try:
                connection.execute(statement)
                return
            except Exception as error:
                if not faults.is_sqlite_busy(error):
                    raise
                now = time.monotonic()
                deadline = deadline or now + BUSY_TIMEOUT_S
                if now >= deadline:
                    raise faults.busy(self.address) from None
                time.sleep(0.001)

    # --- batches on the bare driver ----------------------------------------------------------------------------------

    def batch(self, work: Callable[[Any], T]) -> T:
        """Runs `work` on a DBAPI connection as one write transaction, and commits.

        Nothing is written when `work` raises. It is called again when PostgreSQL broke a deadlock, so it must have no
        effect of its own. Raises StoreError; the driver's integrity errors leave as they are, for the caller knows which
        rows it sent.
        """
        self._check_usable()
        if self._turn is not None:
            self._turn.acquire()
        try:
            for _ in range(_RACES - 1):
                try:
                    return self._batch_once(work)
                except Exception as error:
                    if not faults.is_lost_race(error):
                        raise
            return self._batch_once(work)
        except Exception as error:
            if faults.is_driver_error(error) and not faults.is_integrity_error(error):
                raise self._fault(error) from error
            raise
        finally:
            if self._turn is not None:
                self._turn.release()

    def _batch_once(self, work: Callable[[Any], T]) -> T:
        pooled = self._writers.raw_connection()
        connection: Any = pooled.driver_connection
        try:
            if self.is_sqlite:
                self._begin_sqlite(connection, write=True)
            result = work(connection)
            try:
                if self.is_sqlite:
                    self._wait_sqlite(connection, "COMMIT")
                else:
                    connection.commit()
            except Exception as error:
                if faults.is_driver_error(error):
                    raise self._fault(error, at_commit=True) from error
                raise
            return result
        except BaseException:
            try:
                if not self.is_sqlite or connection.in_transaction:
                    connection.rollback()
            except Exception:
                pooled.invalidate()
            raise
        finally:
            pooled.close()
