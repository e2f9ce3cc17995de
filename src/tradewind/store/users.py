"""Users and their roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.records import UserRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.errors import NotFound, UserExists
from tradewind.store.outbox import Rows, write_outbox

_FIELDS = [name for name in UserRecord.__struct_fields__ if name != "roles"]


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, username: str) -> UserRecord | None:
        with self._database.read() as connection:
            found = _users(connection, schema.user_account.c.username == username)
        return found[0] if found else None

    def by_email(self, email: str) -> UserRecord | None:
        with self._database.read() as connection:
            found = _users(connection, schema.user_account.c.email == email)
        return found[0] if found else None

    def create(self, user: UserRecord, *, outbox: Rows = None) -> None:
        """Raises UserExists for a name or e-mail that is taken, NotFound for a role that does not exist."""
        account = schema.user_account
        with self._database.write() as connection:
            for what, column, value in (
                ("name", account.c.username, user.username),
                ("e-mail", account.c.email, user.email),
            ):
                if connection.execute(sa.select(account.c.username).where(column == value)).first() is not None:
                    raise UserExists(
                        what,
                        value,
                        f"A user with {what} '{value}' exists already. Choose another, or delete that user.",
                    )
            _check_roles(connection, user.roles)
            connection.execute(sa.insert(account), {name: getattr(user, name) for name in _FIELDS})
            _write_roles(connection, user)
            write_outbox(connection, outbox)

    def update(self, user: UserRecord, *, outbox: Rows = None) -> None:
        """Replaces everything stored of the user. Raises NotFound."""
        account = schema.user_account
        with self._database.write() as connection:
            _check_roles(connection, user.roles)
            values = {name: getattr(user, name) for name in _FIELDS}
            update = sa.update(account).where(account.c.username == user.username).values(values)
            if connection.execute(update).rowcount != 1:
                raise NotFound("user", user.username)
            connection.execute(sa.delete(schema.user_role).where(schema.user_role.c.username == user.username))
            _write_roles(connection, user)
            write_outbox(connection, outbox)

    def delete(self, username: str, *, outbox: Rows = None) -> bool:
        """False when there is no such user."""
        account = schema.user_account
        with self._database.write() as connection:
            gone = connection.execute(sa.delete(account).where(account.c.username == username)).rowcount > 0
            if gone:
                write_outbox(connection, outbox)
            return gone

    def list(self) -> list[UserRecord]:
        """All users by name."""
        with self._database.read() as connection:
            return _users(connection)


def _users(connection: Connection, *conditions: Any) -> list[UserRecord]:
    account = schema.user_account.c
    columns = [account[name] for name in _FIELDS]
    rows = connection.execute(sa.select(*columns).where(*conditions).order_by(account.username)).all()
    names = [row.username for row in rows]
    roles: dict[str, list[str]] = {name: [] for name in names}
    user_role = schema.user_role.c
    for username, role in connection.execute(
        sa.select(user_role.username, user_role.role).where(user_role.username.in_(names)).order_by(user_role.role)
    ):
        roles[username].append(role)
    return [UserRecord(**row._mapping, roles=tuple(roles[row.username])) for row in rows]


def _check_roles(connection: Connection, roles: Sequence[str]) -> None:
    known = set(connection.execute(sa.select(schema.role.c.name)).scalars())
    for name in roles:
        if name not in known:
            raise NotFound("role", name, f"There is no role '{name}'. Roles are: {', '.join(sorted(known))}.")


def _write_roles(connection: Connection, user: UserRecord) -> None:
    rows = [{"username": user.username, "role": name} for name in dict.fromkeys(user.roles)]
    if rows:
        connection.execute(sa.insert(schema.user_role), rows)
