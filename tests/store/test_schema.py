"""Whose tables are in the database, and bringing them up to date."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.airflow_database import DATABASES, AirflowDatabase
from tests.postgres import postgres_url
from tradewind.core.records import OutboxRecord
from tradewind.store import SchemaProblem, SchemaState, StoreMissing, migration, open_store, schema
from tradewind.store.database import Database
from tradewind.store.dialects import parse_address
from tradewind.store.errors import StoreError
from tradewind.store.outbox import write_outbox

NOW = datetime(2025, 1, 10, 9, 0, tzinfo=timezone.utc)
MIGRATE = "import sys; from tradewind.store import open_store; open_store(sys.argv[1], create=True).schema.migrate()"


def run_sql(url: str, *statements: str) -> None:
    database = Database(parse_address(url), create=True)
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    database.close()


def shape(connection: Connection) -> Any:
    """Everything the database knows of its tables, in its own words."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").all()
        return sorted((kind, name, table, " ".join((sql or "").split())) for kind, name, table, sql in rows)
    queries = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length "
        "FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace",
    )
    return [sorted(map(str, connection.exec_driver_sql(query))) for query in queries]


def first_rows(connection: Connection) -> Any:
    return [sorted(map(tuple, connection.execute(sa.select(table)))) for table, _ in schema.first_rows()]


def test_the_migrations_and_the_schema_make_the_same_tables(backend: str, tmp_path: Path) -> None:
    seen = []
    for make in (migration.create_all, migration.upgrade):
        url = postgres_url() if backend == "postgresql" else f"sqlite:///{tmp_path}/{make.__name__}.db"
        database = Database(parse_address(url), create=True)
        with database.write() as connection:
            make(connection)
        with database.read() as connection:
            version = connection.execute(sa.select(schema.tradewind_version.c.version_num)).scalars().all()
            seen.append((shape(connection), first_rows(connection), version))
        database.close()
    created, migrated = seen
    if backend == "sqlite":
        # Alembic and SQLAlchemy write the same constraints in another order.
        created, migrated = (([parts(row) for row in tables], *rest) for tables, *rest in seen)
    assert migrated == created


def parts(row: tuple[str, str, str, str]) -> Any:
    *name, sql = row
    return (*name, sorted(piece.strip(" )(") for piece in sql.split(",")))


def test_alembic_finds_nothing_to_change(empty_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = Database(parse_address(empty_url), create=True)
    with database.write() as connection:
        migration.upgrade(connection)
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": False}
        )
        assert compare_metadata(context, schema.metadata) == []
    database.close()


def test_the_list_of_revisions_is_that_of_the_scripts() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migration.SCRIPTS))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(script.revision for script in reversed(scripts)) == schema.REVISIONS


def test_an_empty_database_becomes_current_and_stays_so(empty_url: str) -> None:
    with open_store(empty_url, create=True) as store:
        assert store.schema.state() is SchemaState.EMPTY
        assert store.schema.revision() == ""
        with pytest.raises(SchemaProblem, match="tradewind db migrate"):
            store.schema.check()
        store.schema.migrate()
        store.schema.migrate()
        store.schema.check()
        assert store.schema.state() is SchemaState.CURRENT
        assert store.schema.revision() == schema.REVISIONS[-1]
        assert [pool.name for pool in store.pools.list()] == ["default_pool"]
        assert store.roles.list() == ["Admin", "Op", "User", "Viewer", "Public"]


def test_an_sqlite_file_is_made_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "home" / "airflow.db"
    with open_store(f"sqlite:///{path}") as store:
        assert store.schema.state() is SchemaState.EMPTY
        with pytest.raises(StoreMissing):
            store.dags.list()
    path.parent.mkdir()
    with open_store(f"sqlite:///{path}") as store, pytest.raises(StoreMissing, match="tradewind db migrate"):
        store.dags.list()
    assert not path.exists()


def test_an_older_database_is_upgraded(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(empty_url, create=True) as store:
        store.schema.migrate()
        monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
        assert store.schema.state() is SchemaState.OLDER
        upgraded: list[object] = []
        monkeypatch.setattr(migration, "upgrade", upgraded.append)
        store.schema.migrate()
        assert len(upgraded) == 1


def test_users_and_history_of_the_first_schema_stay(empty_url: str) -> None:
    database = Database(parse_address(empty_url), create=True)
    moment = "1700000000000000" if empty_url.startswith("sqlite") else "'2023-11-14 22:13:20+00'"
    yes = "1" if empty_url.startswith("sqlite") else "true"
    with database.write() as connection:
        migration.upgrade(connection, "0001")
    with database.write() as connection:
        for statement in (
            "INSERT INTO user_account (username, email, first_name, last_name, active, created_at, password_hash) "
            f"VALUES ('alice', 'a@x', 'A', 'L', {yes}, {moment}, 'hash')",
            "INSERT INTO user_role (username, role) VALUES ('alice', 'Op')",
        ):
            connection.exec_driver_sql(statement)
        write_outbox(connection, OutboxRecord(at=NOW, kind="audit", why="variable.set", who="cli:root"))
    database.close()
    with open_store(empty_url) as store:
        assert store.schema.state() is SchemaState.OLDER
        store.schema.migrate()
        store.schema.check()
        user = store.users.get("alice")
        assert user is not None
        assert (user.email, user.roles, user.active, user.login_count) == ("a@x", ("Op",), True, 0)
        assert user.created_at is not None and user.created_at.year == 2023
        assert user.last_login_at is None and user.failed_login_count == 0
        store.personal.add_favourite("alice", "etl")
        assert store.personal.favourites("alice") == {"etl"}
        assert [record.why for record in store.outbox.since(0)] == ["variable.set"]


def test_a_newer_database_is_left_alone(empty_url: str) -> None:
    with open_store(empty_url, create=True) as store:
        store.schema.migrate()
        run_sql(empty_url, "UPDATE tradewind_version SET version_num = '9999'")
        assert store.schema.state() is SchemaState.NEWER
        with pytest.raises(SchemaProblem, match="newer version of tradewind") as problem:
            store.schema.migrate()
        assert problem.value.state is SchemaState.NEWER


@pytest.mark.parametrize("made_by", DATABASES, ids=str)
def test_a_database_of_the_real_airflow_is_never_touched(empty_url: str, made_by: AirflowDatabase) -> None:
    run_sql(empty_url, *made_by.statements())
    database = Database(parse_address(empty_url), create=False)
    with database.read() as connection:
        before = shape(connection)
    with open_store(empty_url, create=True) as store:
        assert store.schema.state() is SchemaState.AIRFLOW
        for refused in (store.schema.migrate, store.schema.reset, store.schema.check):
            with pytest.raises(SchemaProblem, match="belongs to Apache Airflow"):
                refused()
    with database.read() as connection:
        assert shape(connection) == before
    database.close()


def test_a_database_of_another_program_is_never_touched(empty_url: str) -> None:
    run_sql(empty_url, "CREATE TABLE customers (id INTEGER)")
    with open_store(empty_url, create=True) as store:
        assert store.schema.state() is SchemaState.FOREIGN
        for refused in (store.schema.migrate, store.schema.reset):
            with pytest.raises(SchemaProblem, match="tables of another program"):
                refused()


def test_using_a_database_without_tables_says_what_to_do(empty_url: str) -> None:
    with open_store(empty_url, create=True) as store, pytest.raises(StoreError, match="tradewind db migrate"):
        store.dags.list()


def test_reset_deletes_everything(empty_url: str) -> None:
    with open_store(empty_url, create=True) as store:
        store.schema.reset()
        store.variables.set("a", "1")
        store.schema.reset()
        assert store.variables.list() == []
        assert store.schema.state() is SchemaState.CURRENT


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    with open_store(empty_url) as store:
        assert store.schema.state() is SchemaState.CURRENT


def test_importing_the_store_imports_neither_alembic_nor_cryptography() -> None:
    code = "import sys, tradewind.store; print([m for m in ('alembic', 'cryptography', 'psycopg') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
