"""`airflow db` and `airflow rotate-fernet-key`."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Any

import click

from tradewind.cli.errors import Refused
from tradewind.cli.lazy import HELP, group
from tradewind.cli.options import MOMENT, ignored, verbose_option, yes_option
from tradewind.cli.output import print_rows
from tradewind.cli.progress import progress
from tradewind.cli.session import hint, services
from tradewind.configuration import conf
from tradewind.configuration.home import prepare_home
from tradewind.services import database as service
from tradewind.services.session import database_url, open_services

db = group("Make, check, clean and reset the database.")


def _migrate() -> None:
    hint()
    prepare_home(conf.home)
    with open_services(conf, migrate=True, upgrade=True) as found:
        click.echo(f"DB: {found.store.address}")
        service.migrate(found)


@db.command()
@verbose_option
def init() -> None:
    """Make airflow.cfg and the database. Doing it again changes nothing."""
    _migrate()
    click.echo("Initialization done")


def _migrate_options(command: Any) -> Any:
    for names in (
        ("-r", "--to-revision"),
        ("-n", "--to-version"),
        ("--from-revision",),
        ("--from-version",),
    ):
        command = ignored(*names)(command)
    for names in (("-s", "--show-sql-only"), ("-m", "--use-migration-files"), ("--no-reserialize-dags",)):
        command = ignored(*names, flag=True)(command)
    return verbose_option(command)


@db.command()
@_migrate_options
def migrate() -> None:
    """Make the database, or bring it up to date."""
    _migrate()
    click.echo("Database migrating done!")


@db.command()
@_migrate_options
def upgrade() -> None:
    """The same as migrate (Airflow 2's name)."""
    _migrate()
    click.echo("Database migrating done!")


@db.command()
@click.option("-s", "--skip-init", is_flag=True, hidden=True)
@ignored("-m", "--use-migration-files", flag=True)
@yes_option
@verbose_option
def reset(skip_init: bool, yes: bool) -> None:
    """Delete everything in the database and make it anew."""
    if skip_init:
        raise click.UsageError("--skip-init would leave a home without a database; leave it out.")
    with open_services(conf, migrate=True, upgrade=True) as found:
        click.echo(f"DB: {found.store.address}")
        if not yes:
            click.confirm("This will drop existing tables if they exist. Proceed?", abort=True)
        service.reset(found)
    click.echo("Database reset done")


@db.command()
@click.option("--retry", type=click.IntRange(min=0), default=0, help="Further attempts when it does not answer.")
@click.option("--retry-delay", type=float, default=1.0, show_default=True, help="Seconds between two attempts.")
@verbose_option
def check(retry: int, retry_delay: float) -> None:
    """Check that the database answers."""
    with services(migrate=False) as found:
        service.check(found, attempts=retry + 1, pause_s=retry_delay)
        click.echo(f"Connection successful: {found.store.address}")


@db.command("check-migrations")
@click.option("-t", "--migration-wait-timeout", type=float, default=60, show_default=True, help="Seconds to wait.")
@verbose_option
def check_migrations(migration_wait_timeout: float) -> None:
    """Wait until the database is up to date."""
    deadline = time.monotonic() + migration_wait_timeout
    with services(migrate=False) as found:
        while (state := service.state_of(found)).value != "current":
            if time.monotonic() >= deadline:
                raise Refused(
                    f"The database is not up to date: it is {state} after {migration_wait_timeout:g} s. "
                    "Run `airflow db migrate`."
                )
            time.sleep(min(1.0, max(0.05, deadline - time.monotonic())))
    click.echo("The database is up to date.")


@db.command()
@click.option("--clean-before-timestamp", "before", type=MOMENT, required=True, help="Delete what ended before this.")
@click.option("-t", "--tables", help="Only these tables, separated by commas.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--batch-size", type=click.IntRange(min=1), default=1000, help="Most rows in one transaction.")
@ignored("--skip-archive", flag=True, help="Accepted: nothing is archived.")
@ignored("--error-on-cleanup-failure", flag=True)
@yes_option
@verbose_option
def clean(before: datetime, tables: str | None, dry_run: bool, batch_size: int, yes: bool) -> None:
    """Delete old history, a little at a time. Unfinished runs and each DAG's newest run stay."""
    chosen = [name.strip() for name in tables.split(",") if name.strip()] if tables else None
    with services() as found:
        counts = service.clean(found, before, tables=chosen, dry_run=True)
        print_rows([{"table": table, "rows": rows} for table, rows in counts.items()], "table")
        if dry_run:
            click.echo("This was a dry run: nothing was deleted.")
            return
        if not any(counts.values()):
            click.echo("There is nothing to delete.")
            return
        if not yes:
            click.confirm(f"Delete what ended before {before.isoformat()}? It is not archived.", abort=True)
        with progress("Deleting") as show:
            gone: dict[str, int] = {}

            def tell(table: str, rows: int) -> None:
                gone[table] = gone.get(table, 0) + rows
                show(sum(gone.values()), sum(counts.values()), table)

            done = service.clean(found, before, tables=chosen, batch_rows=batch_size, progress=tell)
    click.echo(f"Deleted {sum(done.values())} rows.")


@db.command()
@verbose_option
def shell() -> None:
    """Open the shell of the database: sqlite3 or psql."""
    with services(migrate=False):
        # Only looked at: the database of the real Airflow is refused here, too.
        pass
    command, environment = service.shell_command(database_url(conf))
    os.execvpe(command[0], command, environment)


@click.command(context_settings=HELP)
def rotate_fernet_key() -> None:
    """Encrypt stored secrets with the first of `[core] fernet_key = new,old`."""
    with services() as found:
        done = found.store.rotate_keys()
    click.echo(f"{done.rotated} secrets are encrypted with the first key now.")
    if done.unreadable:
        raise Refused(
            f"No key opens: {', '.join(done.unreadable)}. They were left as they are; add the key they were made with."
        )
