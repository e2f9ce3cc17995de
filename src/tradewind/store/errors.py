"""What the store raises.

    StoreError
    ├── AlreadyExists             a row with this name is there
    │   ├── RunExists             … a run with this run id or logical date
    │   └── UserExists            … a user with this name or e-mail
    ├── NotFound                  no row with this name
    ├── ChangesRejected           the rows break a rule of the schema: a mistake in the caller, nothing was written
    ├── SchemaProblem             the tables are not those of this version of tradewind
    ├── LeaseHeld, LeaseLost      another engine works on this database
    ├── BadAddress                the URL (or a Fernet key) cannot be used as it is written
    └── StoreFault                the database itself is in trouble
        ├── StoreMissing          no such database
        ├── StoreUnavailable      the connection was lost or the server is gone: wait and try again
        ├── StoreBusy             somebody else holds the lock for too long
        ├── StoreReadOnly         it can be read, not written
        ├── StoreFull             the disk is full
        └── StoreCorrupt          the file is not a database, or a damaged one

Every message is a sentence with the next step. No message holds a password or a value of the user.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from tradewind.core.records import RunRecord


class SchemaState(str, Enum):
    """What a database holds, judged by its tables."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    AIRFLOW = "airflow"
    FOREIGN = "foreign"

    def __str__(self) -> str:
        return self.value


class StoreError(Exception):
    """Root of everything the store raises."""


class AlreadyExists(StoreError):
    """A row with this name exists already; nothing was written."""

    def __init__(self, what: str, name: str, message: str = "") -> None:
        super().__init__(message or f"{what} '{name}' exists already. Choose another name, or change the existing one.")
        self.what = what
        self.name = name


class RunExists(AlreadyExists):
    """The DAG has a run with this run id, or with this logical date."""

    def __init__(self, dag_id: str, run_id: str, existing: RunRecord) -> None:
        if existing.run_id == run_id:
            same = f"run id '{run_id}'"
        else:
            at = existing.logical_date.isoformat() if existing.logical_date else "the same logical date"
            same = f"logical date {at} (run id '{existing.run_id}')"
        super().__init__(
            "run",
            run_id,
            f"DAG '{dag_id}' already has a run with {same}, in state {existing.state}. "
            "Give the new run another id or logical date, or clear the existing run to run it again.",
        )
        self.dag_id = dag_id
        self.run_id = run_id
        self.existing = existing


class UserExists(AlreadyExists):
    """A user with this name or e-mail exists already."""


class NotFound(StoreError):
    """There is no row with this name."""

    def __init__(self, what: str, name: str, message: str = "") -> None:
        super().__init__(message or f"There is no {what} '{name}'. Check the spelling, or list what there is.")
        self.what = what
        self.name = name


class ChangesRejected(StoreError):
    """The database refused the rows for breaking a rule of the schema. Nothing was written."""


class SchemaProblem(StoreError):
    """The database cannot be used as it is; `state` says why, and the message what to do."""

    def __init__(self, state: SchemaState, message: str) -> None:
        super().__init__(message)
        self.state = state


class LeaseHeld(StoreError):
    """Another engine works on this database."""

    def __init__(self, engine_id: str, host: str, pid: int, message: str) -> None:
        super().__init__(message)
        self.engine_id = engine_id
        self.host = host
        self.pid = pid


class LeaseLost(StoreError):
    """This engine's lease was taken over by another one; nothing was written. The engine must stop."""


class BadAddress(StoreError):
    """The database URL or a Fernet key cannot be used as it is written."""


class StoreFault(StoreError):
    """The database itself is in trouble; what was asked for may be fine."""


class StoreMissing(StoreFault):
    """There is no such database."""


class StoreUnavailable(StoreFault):
    """The connection was lost or the server is gone. Wait and try again.

    `outcome_unknown` is True when the connection was lost while a COMMIT was under way: the transaction may or may not
    have been written, so whoever tries again must read first. Otherwise nothing was written.
    """

    def __init__(self, message: str, *, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class StoreBusy(StoreFault):
    """Somebody else holds the lock, longer than the store is willing to wait. Nothing was written."""


class StoreReadOnly(StoreFault):
    """The database can be read but not written."""


class StoreFull(StoreFault):
    """The disk of the database is full. Nothing was written."""


class StoreCorrupt(StoreFault):
    """The file is not a database, or a damaged one."""


PASSING: Final = (StoreUnavailable, StoreBusy, StoreFull, StoreReadOnly)
"""Troubles that somebody ends outside of us: a server comes back, a lock is let go, space is made, a standby takes over.
Who works on his own waits for that."""
