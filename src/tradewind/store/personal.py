"""What a user keeps for himself: preferences, and the DAGs at the top of his list."""

from __future__ import annotations

import sqlalchemy as sa

from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.rows import insert_new, upsert


class Personal:
    def __init__(self, database: Database) -> None:
        self._database = database

    def preference(self, username: str, key: str) -> str | None:
        """JSON text; None when it was never set."""
        column = schema.preference.c
        query = sa.select(column.value).where(column.username == username, column.key == key)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def set_preference(self, username: str, key: str, value: str) -> None:
        values = {"username": username, "key": key, "value": value}
        with self._database.write() as connection:
            connection.execute(upsert(schema.preference, connection.dialect.name, values=values))

    def favourites(self, username: str) -> frozenset[str]:
        column = schema.favourite.c
        with self._database.read() as connection:
            found = connection.execute(sa.select(column.dag_id).where(column.username == username)).scalars()
            return frozenset(found)

    def add_favourite(self, username: str, dag_id: str) -> None:
        with self._database.write() as connection:
            insert_new(connection, schema.favourite, {"username": username, "dag_id": dag_id})

    def remove_favourite(self, username: str, dag_id: str) -> None:
        column = schema.favourite.c
        statement = sa.delete(schema.favourite).where(column.username == username, column.dag_id == dag_id)
        with self._database.write() as connection:
            connection.execute(statement)
