"""The database: making, checking, cleaning."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from tradewind.services.errors import ServiceError
from tradewind.services.session import Services

if TYPE_CHECKING:
    from tradewind.store.errors import SchemaState

# Airflow's names for what is kept under another name here. An empty name: there is nothing like it.
_AIRFLOW_TABLES: Final = {
    "task_instance_history": "task_try",
    "task_fail": "",
    "task_reschedule": "",
    "rendered_task_instance_fields": "rendered_fields",
    "callback_request": "callback",
    "sla_miss": "",
    "trigger": "",
    "session": "",
    "dataset_event": "",
    "asset_event": "",
    "celery_taskmeta": "",
    "celery_tasksetmeta": "",
    "dag": "",
    "deadline": "",
}


def state_of(services: Services) -> SchemaState:
    return services.store.schema.state()


def migrate(services: Services) -> None:
    """Make the tables of an empty database, or bring those of an older version up to date.

    Raises StoreError, and changes nothing, for a database of the real Airflow or of anybody else.
    """
    services.store.schema.migrate()
    services.ring()


def reset(services: Services) -> None:
    """Delete everything and make the tables anew."""
    services.store.schema.reset()
    services.ring()


def check(
    services: Services,
    *,
    attempts: int = 1,
    pause_s: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Raises the store's error when the database does not answer, after `attempts` attempts."""
    from tradewind.store.errors import StoreFault

    for attempt in range(max(attempts, 1)):
        try:
            services.store.schema.revision()
            return
        except StoreFault:
            if attempt + 1 >= attempts:
                raise
            sleep(pause_s)


def clean(
    services: Services,
    before: datetime,
    *,
    tables: Sequence[str] | None = None,
    dry_run: bool = False,
    batch_rows: int = 1000,
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, int]:
    """Delete what ended before a moment; how many rows of each table. Unfinished runs and the newest run of a DAG stay.

    `tables` may hold Airflow's names, too. `progress(table, rows)` is called after each small transaction. Raises
    NotFound (of the store) for a table that there is not.
    """
    chosen = None
    if tables:
        chosen = [name for table in tables if (name := _AIRFLOW_TABLES.get(table, table))]
    return services.store.maintenance.clean(before, chosen, dry_run=dry_run, batch_rows=batch_rows, progress=progress)


def shell_command(url: str) -> tuple[list[str], dict[str, str]]:
    """(command, environment) of a database's shell. The password is in the environment: no process list shows it.

    Raises ServiceError when the shell is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme.startswith("sqlite"):
        return [_installed("sqlite3"), unquote(parts.path[1:])], dict(os.environ)
    command = [_installed("psql")]
    for flag, value in (("-h", parts.hostname), ("-p", parts.port), ("-U", parts.username), ("-d", parts.path[1:])):
        if value:
            command += [flag, unquote(str(value))]
    environment = dict(os.environ)
    if parts.password:
        environment["PGPASSWORD"] = unquote(parts.password)
    return command, environment


def _installed(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ServiceError(
            f"The shell of this database, {program}, is not installed. Install it with your package manager."
        )
    return found
