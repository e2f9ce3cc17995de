"""Users. Passwords are kept as argon2 hashes."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from tradewind.core.lists import Found, Ordering, Page
from tradewind.core.records import UserRecord
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.roles import list_roles
from tradewind.services.session import Services
from tradewind.store.users import Identity

if TYPE_CHECKING:
    from pwdlib import PasswordHash

_RANDOM_LENGTH: Final = 16


def list_users(services: Services) -> list[UserRecord]:
    """All users by name."""
    return services.store.users.list()


def user_page(services: Services, page: Page, order: Sequence[Ordering]) -> Found[UserRecord]:
    """Some of the users, ordered by fields of theirs, then by name. Reads all of them: there are as many as people."""
    users = list_users(services)
    for name, descending in reversed(order):
        users.sort(key=lambda user: getattr(user, name), reverse=descending)
    return Found(users[page.offset : page.offset + page.limit], len(users))


def create_user(
    services: Services,
    *,
    username: str,
    email: str,
    first_name: str,
    last_name: str,
    password: str,
    roles: Sequence[str],
    active: bool = True,
    identity: Identity | None = None,
) -> UserRecord:
    """`identity`: the provider's account that this is, for somebody who logs in by one.

    Raises Unknown for a role, Invalid for an empty name or password, UserExists (of the store) for a duplicate."""
    if not username.strip() or not password:
        raise Invalid("A user needs a name and a password. Give both.")
    _check_roles(services, roles)
    user = UserRecord(
        username=username,
        email=email or f"{username}@localhost",
        first_name=first_name,
        last_name=last_name,
        roles=tuple(roles),
        active=active,
        password_hash=hash_password(password),
        created_at=services.now(),
    )
    services.store.users.create(user, identity=identity, outbox=services.audit("user.create", after=_told(user)))
    return user


def update_user(services: Services, username: str, password: str | None = None, **changes: Any) -> UserRecord:
    """Change email (an empty one is left out), first_name, last_name, roles, active or the password.

    Raises Unknown, Invalid, NotFound, and UserExists (of the store) for an e-mail that is somebody else's.

    A new password, and being switched off, ends the user's sessions.
    """
    before = find_user(services, username=username)
    if not changes.get("email", True):
        # The e-mail is unique, so there is no empty one.
        del changes["email"]
    if "roles" in changes:
        _check_roles(services, changes["roles"])
        changes["roles"] = tuple(changes["roles"])
    if password is not None:
        changes["password_hash"] = _new_hash(password)
    after = replace(before, **changes)
    entry = services.audit("user.edit", before=_told(before), after=_told(after, new_password=password is not None))
    out = password is not None or not after.active
    services.store.users.update(before, after, end_sessions=out, outbox=entry)
    return after


def find_user(services: Services, *, username: str | None = None, email: str | None = None) -> UserRecord:
    """By name or e-mail. Raises Unknown."""
    if username:
        found, what, name = services.store.users.get(username), "user", username
    elif email:
        found, what, name = services.store.users.by_email(email), "user with the e-mail", email
    else:
        raise Invalid("Name the user: --username or --email.")
    if found is None:
        known = [user.username if username else user.email for user in list_users(services)]
        raise Unknown(what, name, known, hint="`airflow users list` shows them.")
    return found


def delete_user(services: Services, *, username: str | None = None, email: str | None = None) -> UserRecord:
    """The user that was. Raises Unknown."""
    user = find_user(services, username=username, email=email)
    services.store.users.delete(user.username, outbox=services.audit("user.delete", before=_told(user)))
    return user


def set_password(services: Services, user: UserRecord, password: str, *, keep_session: str | None = None) -> None:
    """Give a user a new password, and end his other sessions. Raises Invalid for an empty one."""
    entry = services.audit("user.password", before=None, after={"username": user.username, "password": "***"})
    after = replace(user, password_hash=_new_hash(password))
    services.store.users.update(user, after, end_sessions=True, but=keep_session, outbox=entry)


def add_role(services: Services, user: UserRecord, role: str) -> UserRecord:
    """Raises Unknown for the role, Invalid when he has it already."""
    if role in user.roles:
        raise Invalid(f"User '{user.username}' has the role '{role}' already.")
    return update_user(services, user.username, roles=[*user.roles, role])


def remove_role(services: Services, user: UserRecord, role: str) -> UserRecord:
    """Raises Invalid when he does not have it."""
    if role not in user.roles:
        raise Invalid(
            f"User '{user.username}' does not have the role '{role}'. He has: {', '.join(user.roles) or 'none'}."
        )
    return update_user(services, user.username, roles=[name for name in user.roles if name != role])


class ImportedUsers(NamedTuple):
    created: list[str]
    updated: list[str]


def import_users(services: Services, rows: Any) -> ImportedUsers:
    """Create or change users as Airflow's `users export` writes them. Everything is checked before anything is done.

    Raises Invalid for what cannot be read, Unknown for a role.
    """
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and row.get("username") for row in rows):
        raise Invalid("Users are a list of objects with a username. Export users to see how they are written.")
    for row in rows:
        _check_roles(services, row.get("roles", []))
    done = ImportedUsers([], [])
    for row in rows:
        values: dict[str, Any] = {
            "email": str(row.get("email") or ""),
            "first_name": str(row.get("firstname") or ""),
            "last_name": str(row.get("lastname") or ""),
            "roles": list(row.get("roles", [])),
        }
        if services.store.users.get(row["username"]) is None:
            create_user(services, username=row["username"], password=random_password(), **values)
            done.created.append(row["username"])
        else:
            update_user(services, row["username"], **values)
            done.updated.append(row["username"])
    return done


def _new_hash(password: str) -> str:
    if not password:
        raise Invalid("The password is empty. Give one.")
    return hash_password(password)


def _check_roles(services: Services, roles: Sequence[str]) -> None:
    known = list_roles(services)
    for role in roles:
        if role not in known:
            raise Unknown("role", role, known, hint=f"There are: {', '.join(known)}.")


def _told(user: UserRecord, *, new_password: bool = False) -> dict[str, Any]:
    """For the audit log."""
    told: dict[str, Any] = {
        "username": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "roles": list(user.roles),
        "active": user.active,
    }
    return {**told, "password": "***"} if new_password else told


def hash_password(password: str) -> str:
    """An argon2id hash with its own salt."""
    return _hasher().hash(password)


def password_matches(password: str, password_hash: str) -> bool:
    return bool(_hasher().verify(password, password_hash))


def random_password() -> str:
    """Letters and digits, about 95 bits."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_RANDOM_LENGTH))


def _hasher() -> PasswordHash:
    # Imported at use: loading argon2 takes longer than most commands need in all.
    from pwdlib import PasswordHash

    return PasswordHash.recommended()
