"""The state of a database's tables, and bringing it up to date.

An empty database gets its tables straight from `schema.py` (a test holds that the migrations give the same); an older one
is upgraded by Alembic. Both happen in one transaction under a lock, so two processes may start at once and a crash leaves
the database as it was.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.errors import SchemaProblem, SchemaState, StoreMissing

_AIRFLOW_TABLES: Final = frozenset({"dag_run", "serialized_dag", "slot_pool", "task_instance", "ab_user"})
SCRIPTS: Final = Path(__file__).parent / "migrations"


class Schema:
    """Judges and migrates the tables of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> SchemaState:
        """What the database holds; a file that does not exist counts as EMPTY. Cheap: one or two queries."""
        path = self._database.address.path
        if path is not None and _is_airflows(_tables_in_file(path)):
            return SchemaState.AIRFLOW
        try:
            with self._database.read() as connection:
                return _state(connection)
        except StoreMissing:
            return SchemaState.EMPTY

    def revision(self) -> str:
        """The revision of the tables, empty when they are not tradewind's."""
        try:
            with self._database.read() as connection:
                return _revision(connection) if schema.VERSION_TABLE in _tables(connection) else ""
        except StoreMissing:
            return ""

    def check(self) -> None:
        """Raises SchemaProblem, with the next step, unless the state is CURRENT."""
        state = self.state()
        if state is not SchemaState.CURRENT:
            raise self._problem(state)

    def migrate(self) -> None:
        """Makes EMPTY and OLDER databases CURRENT; does nothing to a current one.

        Raises SchemaProblem, with nothing changed, for AIRFLOW, FOREIGN and NEWER.
        """
        state = self.state()
        if state is SchemaState.CURRENT:
            return
        if state not in (SchemaState.EMPTY, SchemaState.OLDER):
            raise self._problem(state)
        with self._database.migration() as connection:
            # Another process may have been faster while this one waited for the lock.
            state = _state(connection)
            if state is SchemaState.EMPTY:
                create_all(connection)
            elif state is SchemaState.OLDER:
                upgrade(connection)
            elif state is not SchemaState.CURRENT:
                raise self._problem(state)

    def reset(self) -> None:
        """Deletes everything tradewind stored and makes the tables anew. Raises SchemaProblem for AIRFLOW and FOREIGN."""
        state = self.state()
        if state in (SchemaState.AIRFLOW, SchemaState.FOREIGN):
            raise self._problem(state)
        with self._database.migration() as connection:
            if _state(connection) is not SchemaState.EMPTY:
                _drop_all(connection)
            create_all(connection)

    def _problem(self, state: SchemaState) -> SchemaProblem:
        where = self._database.address
        # Another program's database is not opened again only to be named.
        revision = self.revision() if state in (SchemaState.OLDER, SchemaState.NEWER) else ""
        says = {
            SchemaState.EMPTY: f"The database {where} has no tables yet. Run: tradewind db migrate",
            SchemaState.OLDER: (
                f"The database {where} was made by an older version of tradewind (revision {revision}, needed: "
                f"{schema.REVISIONS[-1]}). Stop what uses it, keep a copy, then run: tradewind db migrate"
            ),
            SchemaState.NEWER: (
                f"The database {where} was made by a newer version of tradewind (revision {revision}, known here: "
                f"{schema.REVISIONS[-1]}). Nothing was changed. Install that version, or use another database."
            ),
            SchemaState.AIRFLOW: (
                f"The database {where} belongs to Apache Airflow. tradewind does not touch it. Set AIRFLOW_HOME to another "
                "folder, or [database] sql_alchemy_conn to another database; DAG files can be shared."
            ),
            SchemaState.FOREIGN: (
                f"The database {where} holds tables of another program. Nothing was changed. Give tradewind a database of its "
                "own: set [database] sql_alchemy_conn, or AIRFLOW_HOME to another folder."
            ),
        }
        return SchemaProblem(state, says[state])


def _tables(connection: Connection) -> set[str]:
    if connection.dialect.name == "postgresql":
        query = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return set(connection.exec_driver_sql(query).scalars())


def _tables_in_file(path: Path) -> set[str]:
    """Tables in an SQLite file without touching it: no lock, no recovery, no checkpoint, no file beside it.

    Whoever opens a file in WAL mode as usual (Airflow 3 sets that) writes what its owner left in the log into the file.
    Empty when the file cannot be read like that; what it holds is then found out the usual way.
    """
    uri = "file:" + str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return set()


def _is_airflows(tables: set[str]) -> bool:
    return schema.VERSION_TABLE not in tables and "alembic_version" in tables and len(_AIRFLOW_TABLES & tables) >= 2


def _revision(connection: Connection) -> str:
    return connection.execute(sa.select(schema.tradewind_version.c.version_num)).scalar() or ""


def _state(connection: Connection) -> SchemaState:
    tables = _tables(connection)
    if not tables:
        return SchemaState.EMPTY
    if schema.VERSION_TABLE not in tables:
        return SchemaState.AIRFLOW if _is_airflows(tables) else SchemaState.FOREIGN
    revision = _revision(connection)
    if revision == schema.REVISIONS[-1]:
        return SchemaState.CURRENT
    if not revision:
        # Alembic makes its table first; nobody leaves it alone like this but a hand.
        return SchemaState.EMPTY if tables == {schema.VERSION_TABLE} else SchemaState.FOREIGN
    return SchemaState.OLDER if revision in schema.REVISIONS else SchemaState.NEWER


def create_all(connection: Connection) -> None:
    """Tables, first rows and revision of an empty database."""
    schema.tradewind_version.drop(connection, checkfirst=True)
    schema.metadata.create_all(connection, checkfirst=False)
    for table, rows in schema.first_rows():
        connection.execute(sa.insert(table), rows)
    connection.execute(sa.insert(schema.tradewind_version), {"version_num": schema.REVISIONS[-1]})


def _drop_all(connection: Connection) -> None:
    """Drops every table of ours, also those of another version of tradewind."""
    tables = _tables(connection)
    if connection.dialect.name == "postgresql":
        quoted = ", ".join(
            f'"{name}"' for name in sorted(tables & (set(schema.metadata.tables) | {schema.VERSION_TABLE}))
        )
        connection.exec_driver_sql(f"DROP TABLE {quoted} CASCADE")
        return
    # Children before parents: with foreign keys on, SQLite deletes the rows of a dropped table one by one.
    ours = [table.name for table in reversed(schema.metadata.sorted_tables) if table.name in tables]
    for name in ours:
        connection.exec_driver_sql(f'DROP TABLE "{name}"')


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Runs the migrations up to `revision` within the transaction of `connection`."""
    # Imported here: needed once in the life of a version, and takes as long as the rest of the store.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
