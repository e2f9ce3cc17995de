"""Users and their roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.records import UserRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.errors import NotFound, UserExists
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import upsert

_FIELDS = [name for name in UserRecord.__struct_fields__ if name != "roles"]


class Identity(NamedTuple):
    """An account of an OpenID Connect provider: what never changes of it and is nobody else's."""

    issuer: str
    subject: str


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

    def by_identity(self, identity: Identity) -> UserRecord | None:
        """The user whom a provider's account was bound to."""
        column = schema.oidc_identity.c
        bound = sa.select(column.username).where(column.issuer == identity.issuer, column.subject == identity.subject)
        with self._database.read() as connection:
            found = _users(connection, schema.user_account.c.username.in_(bound))
        return found[0] if found else None

    def bind(self, username: str, identity: Identity, *, outbox: Rows = None) -> None:
        """From now on the provider's account is this user; whoever it was before, it is no more."""
        with self._database.write() as connection:
            _bind(connection, username, identity)
            write_outbox(connection, outbox)

    def create(self, user: UserRecord, *, identity: Identity | None = None, outbox: Rows = None) -> None:
        """With the provider's account that it is bound to, if any.

        Raises UserExists for a name or e-mail that is taken, NotFound for a role that does not exist.
        """
        account = schema.user_account
        with self._database.write() as connection:
            _check_free(connection, "name", account.c.username, user.username)
            _check_free(connection, "e-mail", account.c.email, user.email)
            _check_roles(connection, user.roles)
            connection.execute(sa.insert(account), {name: getattr(user, name) for name in _FIELDS})
            _write_roles(connection, user)
            if identity is not None:
                _bind(connection, user.username, identity)
            write_outbox(connection, outbox)

    def update(
        self,
        before: UserRecord,
        after: UserRecord,
        *,
        end_sessions: bool = False,
        but: str | None = None,
        outbox: Rows = None,
    ) -> None:
        """Writes what differs between the two, and nothing else: of what others change meanwhile, nothing is undone.

        `end_sessions` closes the user's login sessions with it, `but` that one. Raises NotFound for the user or a role,
        and UserExists for an e-mail that is somebody else's.
        """
        account, session = schema.user_account, schema.login_session
        name = before.username
        changed = {field: getattr(after, field) for field in _FIELDS if getattr(after, field) != getattr(before, field)}
        with self._database.write() as connection:
            if connection.execute(sa.select(account.c.username).where(account.c.username == name)).first() is None:
                raise NotFound("user", name)
            if "email" in changed:
                _check_free(connection, "e-mail", account.c.email, after.email)
            if changed:
                connection.execute(sa.update(account).where(account.c.username == name).values(changed))
            if after.roles != before.roles:
                _check_roles(connection, after.roles)
                connection.execute(sa.delete(schema.user_role).where(schema.user_role.c.username == name))
                _write_roles(connection, after)
            if end_sessions:
                ended = sa.delete(session).where(session.c.username == name)
                connection.execute(ended if but is None else ended.where(session.c.session_id != but))
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


def _check_free(connection: Connection, what: str, column: sa.Column[str], value: str) -> None:
    if connection.execute(sa.select(column).where(column == value)).first() is not None:
        raise UserExists(
            what, value, f"A user with {what} '{value}' exists already. Choose another, or delete that user."
        )


def _check_roles(connection: Connection, roles: Sequence[str]) -> None:
    known = set(connection.execute(sa.select(schema.role.c.name)).scalars())
    for name in roles:
        if name not in known:
            raise NotFound("role", name, f"There is no role '{name}'. Roles are: {', '.join(sorted(known))}.")


def _bind(connection: Connection, username: str, identity: Identity) -> None:
    values = {**identity._asdict(), "username": username}
    connection.execute(upsert(schema.oidc_identity, connection.dialect.name, values=values))


def _write_roles(connection: Connection, user: UserRecord) -> None:
    rows = [{"username": user.username, "role": name} for name in dict.fromkeys(user.roles)]
    if rows:
        connection.execute(sa.insert(schema.user_role), rows)
