"""What every service needs, as one value."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from tradewind.configuration import Configuration
from tradewind.configuration.home import prepare_home, require_writable
from tradewind.core.clock import Clock
from tradewind.core.records import OutboxRecord
from tradewind.services.doorbell import ring

if TYPE_CHECKING:
    from tradewind.store import Store


AUDIT: Final = "audit"
"""Kind of the outbox rows that are the audit log."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class Services:
    """The store of one home, and on whose behalf it is used."""

    store: Store
    conf: Configuration
    who: str
    """`cli:root`, `api:alice` …: recorded with every change."""
    clock: Clock = field(default_factory=SystemClock)
    ring: Callable[[], object] = lambda: None
    """Wakes the engine. Called after every change; must not fail."""
    address: str = ""
    """Where the change came from, for the audit log: an IP address, or `cli@<host>`."""

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def user(self) -> str:
        return self.who.partition(":")[2] or self.who

    @property
    def by_user(self) -> bool:
        """Whether a person (or his program) acts, by a command or by the API; False: the engine, or a task."""
        return self.who.partition(":")[0] in ("cli", "api")

    def note(self, kind: str, why: str, **values: Any) -> OutboxRecord:
        """A row of the outbox: what `who` did, for the history and for live views."""
        return OutboxRecord(at=self.now(), kind=kind, why=why, who=self.who, **values)

    def audit(
        self,
        event: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> OutboxRecord:
        """An entry of the audit log: one for each thing that a user does, written with the change it tells of.

        `event` reads `dag.pause`, `variable.set`, `user.login`; `before` and `after` hold what changed and never a secret
        (write `***` for one). `values`: dag_id, run_id, run_key, task_id, map_index.
        """
        detail = {"from": self.address, "before": before, "after": after}
        return self.note(AUDIT, event, detail=detail, **values)


def database_url(conf: Configuration) -> str:
    """[database] sql_alchemy_conn."""
    return conf.get("database", "sql_alchemy_conn")


def fernet_keys(conf: Configuration) -> list[str]:
    """The keys of [core] fernet_key, the one that encrypts first; empty when nothing is encrypted."""
    return [key for key in conf.getlist("core", "fernet_key", fallback="") if key]


@contextmanager
def open_services(
    conf: Configuration, *, who: str = "", migrate: bool = True, upgrade: bool = False
) -> Iterator[Services]:
    """The services of the home in use. Makes the home at first use, and with `migrate` the tables of an empty database.

    Raises ConfigError, HomeError, StoreError for a database of the real Airflow or of another program, and, unless
    `upgrade` says that the caller will bring it up to date, for one that this version cannot work with.
    """
    from tradewind.store import SchemaState, open_store

    home = conf.home
    prepare_home(home)
    url = database_url(conf)
    if migrate and url.startswith("sqlite"):
        require_writable(home)
    store = open_store(url, fernet_keys=fernet_keys(conf), create=migrate)
    try:
        state = store.schema.state()
        if state in (SchemaState.AIRFLOW, SchemaState.FOREIGN):
            # Somebody else's: not even looked into.
            store.schema.check()
        if state is SchemaState.EMPTY and migrate:
            store.schema.migrate()
            _size_default_pool(store, conf)
        elif migrate and not upgrade:
            # A sentence for whatever is not ours, or not of this version: only `db migrate` changes such a database.
            store.schema.check()
        address = "" if who else f"cli@{socket.gethostname()}"
        yield Services(
            store=store, conf=conf, who=who or f"cli:{user_name()}", ring=lambda: ring(home), address=address
        )
    finally:
        store.close()


def _size_default_pool(store: Store, conf: Configuration) -> None:
    slots = conf.getint("core", "default_pool_task_slot_count")
    pool = store.pools.get("default_pool")
    if pool is not None and pool.slots != slots:
        store.pools.set(replace(pool, slots=slots))


def user_name() -> str:
    """The login name of this process's user; its number when it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())
