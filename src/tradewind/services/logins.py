"""Logging in: passwords, sessions of browsers, and patience with those who guess."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Final, NamedTuple

from tradewind.core.records import LoginSessionRecord, UserRecord
from tradewind.services.errors import Invalid, ServiceError
from tradewind.services.session import Services
from tradewind.services.users import hash_password, password_matches, set_password

_FREE_FAILURES: Final = 5
_LONGEST_WAIT_S: Final = 300
_FAILURES_KEPT: Final = timedelta(hours=1)
"""Without a failure for so long, a name or an address begins anew. Longer than the longest wait, so that guessing at the
slowest pace stays slow; short enough that an office's typing errors of a month do not add up."""
LONGEST_PASSWORD: Final = 1000
_LONGEST_NAME: Final = 200
_REMEMBERED: Final = timedelta(minutes=1)
"""How exactly the last use of a session is known: not every request writes."""


class BadCredentials(ServiceError):
    """No such user, a wrong password, or a user who may not log in: which, is not told."""

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong. Try again, or ask an administrator for a new password.")


class Throttled(ServiceError):
    """Too many failures in a row."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many attempts failed. Try again in {seconds} s.")


class LoggedIn(NamedTuple):
    session: LoginSessionRecord
    token: str
    """The secret for the browser's cookie."""
    user: UserRecord


def check_password(services: Services, username: str, password: str) -> UserRecord:
    """The user whose name (or e-mail) and password these are. Raises BadCredentials, Throttled.

    Every way of being wrong takes one check of a password, so that the time tells nothing about who exists.
    """
    whose = _whose(username, services.address)
    failed_before = _check_patience(services, whose)
    nobody = _nobody()
    user = services.store.users.get(username) or services.store.users.by_email(username)
    right = password_matches(password[:LONGEST_PASSWORD], nobody if user is None else user.password_hash)
    if user is None or not right or not user.active or len(password) > LONGEST_PASSWORD:
        entry = services.audit("user.login_failed", after={"username": username[:_LONGEST_NAME]})
        counted = username if user is None else user.username
        services.store.logins.failed(counted, whose, services.now(), memory=_FAILURES_KEPT, outbox=entry)
        raise BadCredentials
    # Not the address's: whoever has one account could go on guessing the others by logging in now and then.
    if whose[0] in failed_before:
        services.store.logins.forgive(whose[0])
    return user


def log_in(
    services: Services, username: str, password: str, *, user_agent: str = "", replaces: str | None = None
) -> LoggedIn:
    """A new session, whatever the browser had before. Raises BadCredentials, Throttled."""
    user = check_password(services, username, password)
    return open_session(services, user, user_agent=user_agent, replaces=replaces)


def open_session(
    services: Services, user: UserRecord, *, user_agent: str = "", replaces: str | None = None
) -> LoggedIn:
    """A session for somebody who has shown who he is. `replaces`: the secret of the browser's session until now."""
    now = services.now()
    token = secrets.token_urlsafe(32)
    session = LoginSessionRecord(
        session_id=secrets.token_hex(8),
        token_digest=_digest(token),
        username=user.username,
        csrf_token=secrets.token_urlsafe(24),
        created_at=now,
        last_used_at=now,
        address=services.address,
        user_agent=user_agent[:300],
    )
    entry = services.audit("user.login", after={"username": user.username})
    services.store.logins.forget(sessions_before=now - lifetime(services), failures_before=now - _FAILURES_KEPT)
    services.store.logins.succeeded(session, replaces=None if replaces is None else _digest(replaces), outbox=entry)
    return LoggedIn(session, token, user)


def session_of(services: Services, token: str) -> tuple[LoginSessionRecord, UserRecord] | None:
    """Whose session a cookie holds; None when it was closed, ran out, or its user is gone."""
    session = services.store.logins.by_digest(_digest(token))
    now = services.now()
    if session is None or now - session.last_used_at > lifetime(services):
        return None
    user = services.store.users.get(session.username)
    if user is None or not user.active:
        return None
    if now - session.last_used_at > _REMEMBERED:
        services.store.logins.used(session.session_id, now)
    return session, user


def lifetime(services: Services) -> timedelta:
    """How long a session lasts without being used: [fab] session_lifetime_minutes."""
    return timedelta(minutes=services.conf.getint("fab", "session_lifetime_minutes"))


def log_out(services: Services, session_id: str, username: str) -> bool:
    """False when the user has no such session."""
    entry = services.audit("user.logout", before={"username": username, "session": session_id})
    return services.store.logins.close(session_id, username, outbox=entry)


def change_password(services: Services, username: str, old: str, new: str, *, keep_session: str | None = None) -> None:
    """By the user himself. Raises BadCredentials for the old one, Throttled, Invalid for a new one that is too short."""
    user = check_password(services, username, old)
    if len(new) < 8:
        raise Invalid("A password needs at least 8 characters. Choose a longer one.")
    set_password(services, user, new, keep_session=keep_session)


def _whose(username: str, address: str) -> list[str]:
    # Both are counted: one user from many addresses, and many users from one. A name is whatever somebody typed.
    return [f"user:{username[:_LONGEST_NAME]}", f"from:{address}"]


def _check_patience(services: Services, whose: list[str]) -> Collection[str]:
    """Which of them have failures. Raises Throttled."""
    now = services.now()
    known = services.store.logins.failures(whose)
    if not services.conf.getboolean("fab", "auth_rate_limited"):
        return known
    for key, failures in known.items():
        # An office behind one address may mistype more than one person.
        free = _FREE_FAILURES if key.startswith("user:") else _FREE_FAILURES * 4
        past = now - failures.last_at
        if failures.in_a_row < free or past > _FAILURES_KEPT:
            continue
        wait = min(2.0 ** min(failures.in_a_row - free + 1, 20), _LONGEST_WAIT_S)
        left = wait - past.total_seconds()
        if left > 0:
            raise Throttled(int(left) + 1)
    return known


def _digest(token: str) -> str:
    # The token has 256 random bits: a plain hash is enough, and makes the lookup one index read.
    return hashlib.sha256(token.encode()).hexdigest()


_NOBODY: list[str] = []


def _nobody() -> str:
    """A hash that no password fits; made once, because it takes as long as checking one."""
    if not _NOBODY:
        _NOBODY.append(hash_password(secrets.token_urlsafe(16)))
    return _NOBODY[0]
