"""Custom roles: their names and what they may do. What the built-in ones may do is not stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.permissions import Action, Grant
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.errors import AlreadyExists, NotFound
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import insert_new


class Roles:
    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[str]:
        """Names of the roles there are: the built-in ones from the mightiest down, then the others by name."""
        with self._database.read() as connection:
            names = set(connection.execute(sa.select(schema.role.c.name)).scalars())
        known = [name for name in schema.ROLES if name in names]
        return known + sorted(names.difference(known))

    def grants(self, roles: Iterable[str]) -> dict[str, frozenset[Grant]]:
        """Role → its stored grants; roles without any are left out."""
        column = schema.role_grant.c
        query = sa.select(column.role, column.action, column.resource).where(column.role.in_(sorted(set(roles))))
        found: dict[str, set[Grant]] = {}
        with self._database.read() as connection:
            for role, action, resource in connection.execute(query):
                found.setdefault(role, set()).add(Grant(Action(action), resource))
        return {role: frozenset(grants) for role, grants in found.items()}

    def user_counts(self) -> dict[str, int]:
        """Role → how many users have it; roles that nobody has are left out."""
        column = schema.user_role.c
        query = sa.select(column.role, sa.func.count()).group_by(column.role)
        with self._database.read() as connection:
            return {role: count for role, count in connection.execute(query)}

    def create(self, name: str, grants: Iterable[Grant] = (), *, outbox: Rows = None) -> None:
        """Raises AlreadyExists."""
        with self._database.write() as connection:
            if not insert_new(connection, schema.role, {"name": name}):
                raise AlreadyExists("role", name)
            _write_grants(connection, name, grants)
            write_outbox(connection, outbox)

    def set_grants(
        self, name: str, grants: Iterable[Grant], *, new_name: str | None = None, outbox: Rows = None
    ) -> None:
        """Replaces what a role may do, and its name when a new one is given. Raises NotFound, AlreadyExists."""
        role, user_role = schema.role, schema.user_role
        with self._database.write() as connection:
            if connection.execute(sa.select(role.c.name).where(role.c.name == name)).first() is None:
                raise NotFound("role", name)
            connection.execute(sa.delete(schema.role_grant).where(schema.role_grant.c.role == name))
            if new_name is not None and new_name != name:
                if not insert_new(connection, role, {"name": new_name}):
                    raise AlreadyExists("role", new_name)
                connection.execute(sa.update(user_role).where(user_role.c.role == name).values(role=new_name))
                connection.execute(sa.delete(role).where(role.c.name == name))
            _write_grants(connection, new_name or name, grants)
            write_outbox(connection, outbox)

    def delete(self, name: str, *, outbox: Rows = None) -> bool:
        """Takes it from every user, too. False when there is no such role."""
        with self._database.write() as connection:
            connection.execute(sa.delete(schema.user_role).where(schema.user_role.c.role == name))
            gone = connection.execute(sa.delete(schema.role).where(schema.role.c.name == name)).rowcount > 0
            if gone:
                write_outbox(connection, outbox)
            return gone


def _write_grants(connection: Connection, role: str, grants: Iterable[Grant]) -> None:
    rows: Sequence[dict[str, str]] = [
        {"role": role, "action": grant.action.value, "resource": grant.resource}
        for grant in sorted(set(grants), key=str)
    ]
    if rows:
        connection.execute(sa.insert(schema.role_grant), rows)
