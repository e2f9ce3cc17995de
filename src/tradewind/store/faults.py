"""From a driver's exception to a `StoreError` that says what to do next.

SQLite is told apart by its messages (fixed English texts of sqlite3_errstr; error codes reach Python only from 3.11 on),
PostgreSQL by SQLSTATE (its documentation, appendix A), and by libpq's words where a connection never came about.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import exc

from tradewind.store.dialects import BUSY_TIMEOUT_S, Address, lock_holders
from tradewind.store.errors import (
    BadAddress,
    ChangesRejected,
    SchemaProblem,
    SchemaState,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFault,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    StoreUnavailable,
)

MIGRATE = "Run: tradewind db migrate"


def cause_of(error: BaseException) -> BaseException:
    """The driver's exception inside SQLAlchemy's, or the exception itself."""
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        return error.orig
    return error


def is_driver_error(error: BaseException) -> bool:
    """True for what a database driver, or SQLAlchemy on its behalf, raises."""
    if isinstance(error, exc.SQLAlchemyError):
        return True
    return any(cls.__module__ in ("sqlite3", "psycopg") and cls.__name__ == "Error" for cls in type(error).__mro__)


def sqlstate(error: BaseException) -> str:
    return getattr(cause_of(error), "sqlstate", None) or ""


def is_integrity_error(error: BaseException) -> bool:
    return any(cls.__name__ == "IntegrityError" for cls in type(cause_of(error)).__mro__)


def is_sqlite_busy(error: BaseException) -> bool:
    text = str(cause_of(error))
    return "database is locked" in text or "database table is locked" in text


def is_lost_race(error: BaseException) -> bool:
    """True when PostgreSQL broke off the transaction so that another one could go on: try it again as it is."""
    return sqlstate(error) in ("40P01", "40001")


def translate(error: BaseException, address: Address, *, at_commit: bool = False) -> StoreError:
    """The StoreError for `error`, a driver's exception. `at_commit`: it happened while a COMMIT was under way."""
    if address.is_sqlite:
        return _from_sqlite(cause_of(error), address)
    return _from_postgres(cause_of(error), address, at_commit=at_commit)


def busy(address: Address) -> StoreBusy:
    holders = lock_holders(address.path) if address.path else []
    who = f"It is held by {', '.join(holders)}." if holders else "Another process holds it."
    return StoreBusy(
        f"The database {address} could not be locked for writing within {BUSY_TIMEOUT_S:.0f} s. {who} Wait for it to end, "
        f"or stop it (`fuser -v {address}` lists who has the file open), then try again."
    )


def _rejected(address: Address, text: str) -> ChangesRejected:
    return ChangesRejected(
        f"The database {address} refused the change: {text}. Nothing was written. This is a mistake in the program that "
        "made the change; please report it with this text."
    )


# --- SQLite ------------------------------------------------------------------------------------------------------------


def _from_sqlite(error: BaseException, address: Address) -> StoreError:
    text = str(error)
    if is_sqlite_busy(error):
        return busy(address)
    if "unable to open database file" in text:
        return _cannot_open(address)
    if "readonly" in text:
        return StoreReadOnly(
            f"The database {address} cannot be written: the file, its folder or the file system is read-only for this user. "
            "Change the permissions of both (SQLite writes files beside it), or set AIRFLOW_HOME to a folder you may write."
        )
    if "database or disk is full" in text:
        return _full(address)
    if "malformed" in text or "not a database" in text:
        return StoreCorrupt(
            f"{address} is not an SQLite database, or a damaged one ({text}). Nothing was changed. Keep a copy of the file, "
            "try `sqlite3 FILE .recover`, or move it away and run: tradewind db migrate"
        )
    if "disk I/O error" in text:
        if address.path is not None and _disk_is_full(address.path):
            return _full(address)
        return StoreUnavailable(
            f"Reading or writing {address} failed ({text}). Check the disk (dmesg), and that the file system is mounted."
        )
    if "no such table" in text or "no such column" in text or "has no column" in text:
        return SchemaProblem(
            SchemaState.FOREIGN, f"The database {address} lacks tables of this version ({text}). {MIGRATE}"
        )
    if is_integrity_error(error):
        return _rejected(address, text)
    return StoreFault(f"The database {address} answered: {text}. See the log for where this happened.")


def _cannot_open(address: Address) -> StoreError:
    path = address.path or Path()
    # os.path, not Path: what may not be looked into is no error here.
    if not os.path.isdir(path.parent) and _is_visible(path.parent):
        return StoreMissing(f"There is no folder {path.parent} for the database. Create it, or set AIRFLOW_HOME.")
    if os.path.isdir(path):
        return BadAddress(f"{path} is a folder, not a database file. Correct [database] sql_alchemy_conn.")
    if not os.path.exists(path) and os.access(path.parent, os.W_OK | os.X_OK):
        return StoreMissing(f"There is no database at {path}. {MIGRATE}")
    return StoreReadOnly(
        f"The database {path} cannot be opened: the file or its folder may not be read and written by this user. Change the "
        "permissions, or set AIRFLOW_HOME to a folder you may write."
    )


def _is_visible(path: Path) -> bool:
    """False when a folder above may not be looked into, so that nobody can tell whether `path` exists."""
    try:
        path.stat()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _disk_is_full(path: Path) -> bool:
    try:
        usage = os.statvfs(path.parent)
    except OSError:
        return False
    return usage.f_bavail * usage.f_frsize < 1 << 20


def _full(address: Address) -> StoreFull:
    return StoreFull(
        f"The disk of the database {address} is full. Nothing of this change was written and nothing stored is lost. Free "
        "some space (old logs, `tradewind db clean`) and it goes on."
    )


# --- PostgreSQL --------------------------------------------------------------------------------------------------------


def _from_postgres(error: BaseException, address: Address, *, at_commit: bool) -> StoreError:
    state = getattr(error, "sqlstate", None) or ""
    text = (getattr(getattr(error, "diag", None), "message_primary", None) or str(error)).strip()
    if not state and not any(cls.__name__ == "OperationalError" for cls in type(error).__mro__):
        # The driver would not send it: a value that PostgreSQL has no form for.
        return StoreFault(f"PostgreSQL at {address} cannot take the change: {text}. Nothing was written.")
    if not state:
        return _from_libpq(text, address, at_commit=at_commit)
    if state == "53100":
        return _full(address)
    if state in ("57P01", "57P02", "57P03", "53300", "25P03", "25P04") or state.startswith("08"):
        return StoreUnavailable(
            f"PostgreSQL ended the connection to {address} ({text}). Wait until it is back; the work goes on by itself.",
            outcome_unknown=at_commit,
        )
    if state.startswith("28"):
        return BadAddress(f"PostgreSQL refused the user of {address} ({text}). Correct [database] sql_alchemy_conn.")
    if state == "3D000":
        return _no_such_database(address, text)
    if state == "25006":
        return StoreReadOnly(
            f"{address} is read-only ({text}): a standby, or default_transaction_read_only is set. Use the primary server."
        )
    if state == "55P03":
        return busy(address)
    if state in ("XX001", "XX002"):
        return StoreCorrupt(
            f"PostgreSQL reports damaged data in {address} ({text}). Restore the database from a backup."
        )
    if state in ("42P01", "42703"):
        return SchemaProblem(
            SchemaState.FOREIGN, f"The database {address} lacks tables of this version ({text}). {MIGRATE}"
        )
    if state == "42501":
        return StoreReadOnly(f"The user of {address} lacks a right ({text}). GRANT it, or use another user.")
    if state.startswith("23"):
        return _rejected(address, text)
    return StoreFault(f"PostgreSQL at {address} answered: {text} (SQLSTATE {state}). See its log for more.")


def _from_libpq(text: str, address: Address, *, at_commit: bool) -> StoreError:
    if "password" in text or "no pg_hba.conf entry" in text or "role " in text:
        return BadAddress(f"PostgreSQL refused the user of {address}. Correct [database] sql_alchemy_conn.")
    if "database " in text and "does not exist" in text:
        return _no_such_database(address, "it does not exist")
    return StoreUnavailable(
        f"No connection to PostgreSQL at {address} ({_first_line(text)}). Check that the server runs and can be reached from "
        "here; the work goes on by itself when it is back.",
        outcome_unknown=at_commit,
    )


def _no_such_database(address: Address, text: str) -> StoreMissing:
    name = address.url.database
    return StoreMissing(
        f"There is no database {address} ({text}). Create it first: createdb {name}, then: tradewind db migrate"
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "no reason given"
