"""Who is logged in where, and how often somebody failed to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from tradewind.core.records import LoginSessionRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import RecordRows, insert_into

SESSIONS = RecordRows(LoginSessionRecord, schema.login_session)


class Failures(NamedTuple):
    """Attempts in a row that failed."""

    in_a_row: int
    last_at: datetime


class Logins:
    def __init__(self, database: Database) -> None:
        self._database = database

    def succeeded(self, session: LoginSessionRecord, *, replaces: str | None = None, outbox: Rows = None) -> None:
        """Opens a session, and counts it for its user.

        `replaces`: digest of the session that the browser had until now, which ends, whoever's it is.
        """
        account, opened = schema.user_account, schema.login_session
        with self._database.write() as connection:
            if replaces is not None:
                connection.execute(sa.delete(opened).where(opened.c.token_digest == replaces))
            connection.execute(sa.insert(opened), SESSIONS.values(session))
            connection.execute(
                sa.update(account)
                .where(account.c.username == session.username)
                .values(login_count=account.c.login_count + 1, last_login_at=session.created_at, failed_login_count=0)
            )
            write_outbox(connection, outbox)

    def failed(
        self, username: str, whose: Iterable[str], at: datetime, *, memory: timedelta, outbox: Rows = None
    ) -> None:
        """Counts a failure for each of `whose`, and for the user if there is one of that name.

        After a quiet time of `memory` the count begins anew. Attempts at the same moment are all counted.
        """
        account, failure = schema.user_account, schema.login_failure
        with self._database.write() as connection:
            # In one order, so that two attempts cannot wait for each other's rows.
            for key in sorted(whose):
                first = insert_into(failure, connection.dialect.name).values(whose=key, failures=1, last_at=at)
                again = sa.case((failure.c.last_at < at - memory, 1), else_=failure.c.failures + 1)
                connection.execute(
                    first.on_conflict_do_update(
                        index_elements=["whose"], set_={"failures": again, "last_at": first.excluded.last_at}
                    )
                )
            connection.execute(
                sa.update(account)
                .where(account.c.username == username)
                .values(failed_login_count=account.c.failed_login_count + 1)
            )
            write_outbox(connection, outbox)

    def forgive(self, whose: str) -> None:
        """Forgets the failures of one name or address."""
        failure = schema.login_failure
        with self._database.write() as connection:
            connection.execute(sa.delete(failure).where(failure.c.whose == whose))

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

    def forget(self, *, sessions_before: datetime, failures_before: datetime) -> None:
        """Drops sessions that were last used before a time, and failures that happened before one."""
        session, failure = schema.login_session, schema.login_failure
        with self._database.write() as connection:
            connection.execute(sa.delete(session).where(session.c.last_used_at < sessions_before))
            connection.execute(sa.delete(failure).where(failure.c.last_at < failures_before))
