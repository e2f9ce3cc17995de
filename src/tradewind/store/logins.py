"""Who is logged in where, and how often somebody failed to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from tradewind.core.records import LoginSessionRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import RecordRows, upsert

SESSIONS = RecordRows(LoginSessionRecord, schema.login_session)


class Failures(NamedTuple):
    """Attempts in a row that failed."""

    in_a_row: int
    last_at: datetime


class Logins:
    def __init__(self, database: Database) -> None:
        self._database = database

    def succeeded(self, session: LoginSessionRecord, forgiven: Iterable[str], *, outbox: Rows = None) -> None:
        """Opens a session, counts it for its user, and forgets the failures of `forgiven`."""
        account, failure = schema.user_account, schema.login_failure
        with self._database.write() as connection:
            connection.execute(sa.insert(schema.login_session), SESSIONS.values(session))
            connection.execute(
                sa.update(account)
                .where(account.c.username == session.username)
                .values(login_count=account.c.login_count + 1, last_login_at=session.created_at, failed_login_count=0)
            )
            connection.execute(sa.delete(failure).where(failure.c.whose.in_(sorted(forgiven))))
            write_outbox(connection, outbox)

    def failed(self, username: str, whose: Iterable[str], at: datetime, *, outbox: Rows = None) -> None:
        """Counts a failure for each of `whose`, and for the user if there is one of that name."""
        account, failure = schema.user_account, schema.login_failure
        with self._database.write() as connection:
            for key in whose:
                known = connection.execute(sa.select(failure.c.failures).where(failure.c.whose == key)).scalar()
                values = {"whose": key, "failures": (known or 0) + 1, "last_at": at}
                connection.execute(upsert(failure, connection.dialect.name, values=values))
            connection.execute(
                sa.update(account)
                .where(account.c.username == username)
                .values(failed_login_count=account.c.failed_login_count + 1)
            )
            write_outbox(connection, outbox)

    def failures(self, whose: Iterable[str]) -> dict[str, Failures]:
        column = schema.login_failure.c
        query = sa.select(column.whose, column.failures, column.last_at).where(column.whose.in_(sorted(whose)))
        with self._database.read() as connection:
            return {key: Failures(count, last_at) for key, count, last_at in connection.execute(query)}

    def by_digest(self, token_digest: str) -> LoginSessionRecord | None:
        query = SESSIONS.select().where(schema.login_session.c.token_digest == token_digest)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else SESSIONS.of(row)

    def of_user(self, username: str) -> list[LoginSessionRecord]:
        """The last used first."""
        column = schema.login_session.c
        query = SESSIONS.select().where(column.username == username).order_by(column.last_used_at.desc())
        with self._database.read() as connection:
            return SESSIONS.all(connection.execute(query))

    def counts(self) -> dict[str, int]:
        """User → open sessions; users without any are left out."""
        column = schema.login_session.c
        query = sa.select(column.username, sa.func.count()).group_by(column.username)
        with self._database.read() as connection:
            return {username: count for username, count in connection.execute(query)}

    def used(self, session_id: str, at: datetime) -> None:
        column = schema.login_session.c
        with self._database.write() as connection:
            connection.execute(
                sa.update(schema.login_session).where(column.session_id == session_id).values(last_used_at=at)
            )

    def close(self, session_id: str, username: str, *, outbox: Rows = None) -> bool:
        """Ends one session of a user; False when he has no such."""
        column = schema.login_session.c
        statement = sa.delete(schema.login_session).where(column.session_id == session_id, column.username == username)
        with self._database.write() as connection:
            gone = connection.execute(statement).rowcount > 0
            if gone:
                write_outbox(connection, outbox)
            return gone

    def close_all(self, username: str, *, but: str | None = None) -> int:
        """Ends a user's sessions, except one; how many."""
        column = schema.login_session.c
        statement = sa.delete(schema.login_session).where(column.username == username)
        if but is not None:
            statement = statement.where(column.session_id != but)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount

    def forget(self, unused_since: datetime) -> None:
        """Drops sessions that ended by not being used, and failures as old."""
        session, failure = schema.login_session, schema.login_failure
        with self._database.write() as connection:
            connection.execute(sa.delete(session).where(session.c.last_used_at < unused_since))
            connection.execute(sa.delete(failure).where(failure.c.last_at < unused_since))
