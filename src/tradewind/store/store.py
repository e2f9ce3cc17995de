"""The store: one object for everything that is kept, one attribute for each noun."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from tradewind.core.changes import Changes, Conflict
from tradewind.store.audit import Audit
from tradewind.store.backfills import Backfills
from tradewind.store.bars import Bars
from tradewind.store.callbacks import Callbacks
from tradewind.store.connections import Connections
from tradewind.store.dags import Dags
from tradewind.store.database import Database
from tradewind.store.dialects import Address
from tradewind.store.encryption import Cipher
from tradewind.store.engine import EngineStore
from tradewind.store.history import History
from tradewind.store.import_errors import ImportErrors
from tradewind.store.instance_pages import InstancePages
from tradewind.store.instances import Instances
from tradewind.store.jobs import Jobs
from tradewind.store.leases import Leases
from tradewind.store.logins import Logins
from tradewind.store.maintenance import Maintenance
from tradewind.store.migration import Schema
from tradewind.store.outbox import Outbox
from tradewind.store.personal import Personal
from tradewind.store.pools import Pools
from tradewind.store.roles import Roles
from tradewind.store.rotation import Rotation, rotate_keys
from tradewind.store.run_pages import RunPages
from tradewind.store.runs import Runs
from tradewind.store.tries import Tries
from tradewind.store.users import Users
from tradewind.store.variables import Variables
from tradewind.store.xcom_pages import XComPages
from tradewind.store.xcoms import XComs


class Store:
    """Made by `open_store`."""

    def __init__(self, address: Address, *, fernet_keys: Sequence[str], create: bool) -> None:
        self._cipher = Cipher(fernet_keys)
        self._database = database = Database(address, create=create)
        self.schema = Schema(database)
        self.leases = Leases(database)
        self.jobs = Jobs(database)
        self.engine = EngineStore(database, self.leases, self.jobs)
        self.dags = Dags(database)
        self.runs = Runs(database)
        self.bars = Bars(database)
        self.run_pages = RunPages(database)
        self.instances = Instances(database)
        self.instance_pages = InstancePages(database)
        self.tries = Tries(database)
        self.xcoms = XComs(database)
        self.xcom_pages = XComPages(database)
        self.variables = Variables(database, self._cipher)
        self.connections = Connections(database, self._cipher)
        self.pools = Pools(database)
        self.users = Users(database)
        self.roles = Roles(database)
        self.logins = Logins(database)
        self.personal = Personal(database)
        self.import_errors = ImportErrors(database)
        self.outbox = Outbox(database)
        self.audit = Audit(database)
        self.history = History(database)
        self.backfills = Backfills(database)
        self.callbacks = Callbacks(database)
        self.maintenance = Maintenance(database)

    def __repr__(self) -> str:
        return f"Store({self._database.address})"

    def edit(self, changes: Changes) -> Conflict | None:
        """The guarded batch of `engine.commit`, for services (clear, mark …)."""
        return self.engine.commit(changes)

    def rotate_keys(self) -> Rotation:
        """Encrypts all secrets again with the first Fernet key. Not one transaction: one for each secret."""
        return rotate_keys(self._database, self._cipher)

    @property
    def is_sqlite(self) -> bool:
        return self._database.is_sqlite

    @property
    def address(self) -> str:
        """For people: the path of the SQLite file, or the URL without its password."""
        return str(self._database.address)

    def close(self) -> None:
        """Closes every connection; call it before a fork, and at the end. The store cannot be used afterwards."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
