"""Everything tradewind remembers, in SQLite or PostgreSQL.

    store = open_store("sqlite:////home/me/airflow/airflow.db", create=True)
    store.schema.migrate()
    store.engine.commit(changes)

Nothing is connected before the first use. A store may be used by several threads; after a fork the child opens its own.
Methods raise `StoreError` (the tree is drawn in `errors.py`), take aware times, and hand out records of
`tradewind.core.records` with times in UTC. One method is one transaction unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.store.dag_files import ParsedFile, SaveResult
from tradewind.store.dialects import parse_address
from tradewind.store.engine import LoadedRun
from tradewind.store.errors import (
    AlreadyExists,
    BadAddress,
    ChangesRejected,
    LeaseHeld,
    LeaseLost,
    NotFound,
    RunExists,
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
    UserExists,
)
from tradewind.store.jobs import JobRecord
from tradewind.store.leases import LeaseRecord
from tradewind.store.rotation import Rotation
from tradewind.store.store import Store


def open_store(url: str, *, fernet_keys: Sequence[str] = (), create: bool = False) -> Store:
    """A store on the database of `url`, as in `[database] sql_alchemy_conn`.

    `fernet_keys`: the first encrypts secrets, all decrypt; none leaves secrets readable in the database. `create`: an
    SQLite file (and its folder) is made when it does not exist; otherwise using it raises StoreMissing.
    Raises BadAddress for a URL or a key that cannot be used. Nothing is connected yet.
    """
    return Store(parse_address(url), fernet_keys=fernet_keys, create=create)


__all__ = [
    "AlreadyExists",
    "BadAddress",
    "ChangesRejected",
    "JobRecord",
    "LeaseHeld",
    "LeaseLost",
    "LeaseRecord",
    "LoadedRun",
    "NotFound",
    "ParsedFile",
    "Rotation",
    "RunExists",
    "SaveResult",
    "SchemaProblem",
    "SchemaState",
    "Store",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreFault",
    "StoreFull",
    "StoreMissing",
    "StoreReadOnly",
    "StoreUnavailable",
    "UserExists",
    "open_store",
]
