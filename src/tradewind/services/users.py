"""Users and roles. Passwords are kept as argon2 hashes."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from tradewind.core.lists import Found, Ordering, Page
from tradewind.core.records import UserRecord
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services
from tradewind.store.errors import UserExists

if TYPE_CHECKING:
    from pwdlib import PasswordHash

_RANDOM_LENGTH: Final = 16


def list_users(services: Services) -> list[UserRecord]:
    """All users by name."""
    return services.store.users.list()


def list_roles(services: Services) -> list[str]:
    return services.store.users.roles()


def create_user(
    services: Services,
    *,
    username: str,
    email: str,
    first_name: str,
    last_name: str,
    role: str,
    password: str,
) -> UserRecord:
    """Raises Unknown for the role, Invalid for an empty name or password, UserExists (of the store) for a duplicate."""
    known = list_roles(services)
    if role not in known:
        raise Unknown("role", role, known, hint=f"There are: {', '.join(known)}.")
    user = UserRecord(
        username=username,
        email=email,
        first_name=first_name,
        last_name=last_name,
        roles=(role,),
        password_hash="",
        created_at=services.now(),
    )
    return add_user(services, user, password)


def add_user(services: Services, user: UserRecord, password: str) -> UserRecord:
    """`user` with this password. Raises Invalid for an unknown role and an empty name or password, and UserExists."""
    if not user.username or not password:
        raise Invalid("A user needs a name and a password. Give both.")
    _check_roles(services, user.roles)
    added = replace(user, password_hash=hash_password(password))
    services.store.users.create(added)
    return added


def change_user(services: Services, username: str, changes: Mapping[str, Any]) -> UserRecord:
    """Change e-mail, names, roles, whether he is active, or his `password`; the user as he is then.

    Raises Unknown for the user, UserExists for an e-mail that is somebody else's, Invalid for an unknown role and an empty
    password.
    """
    before = find_user(services, username=username)
    values = dict(changes)
    if "password" in values:
        password = values.pop("password")
        if not password:
            raise Invalid("The password is empty. Give one.")
        values["password_hash"] = hash_password(password)
    after = replace(before, **values)
    _check_roles(services, after.roles)
    other = services.store.users.by_email(after.email)
    if other is not None and other.username != username:
        raise UserExists("e-mail", after.email, f"Another user has the e-mail '{after.email}'. Give another one.")
    services.store.users.update(after)
    return after


def _check_roles(services: Services, names: Iterable[str]) -> None:
    known = list_roles(services)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid(f"Unknown roles: {', '.join(unknown)}. There are: {', '.join(known)}.")


def user_page(services: Services, page: Page, order: Sequence[Ordering]) -> Found[UserRecord]:
    """Some of the users, ordered by fields of theirs, then by name. Reads all of them: there are as many as people."""
    users = list_users(services)
    for name, descending in reversed(order):
        users.sort(key=lambda user: getattr(user, name), reverse=descending)
    return Found(users[page.offset : page.offset + page.limit], len(users))


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
    services.store.users.delete(user.username)
    return user


def set_password(services: Services, user: UserRecord, password: str) -> None:
    """Give a user a new password."""
    if not password:
        raise Invalid("The password is empty. Give one.")
    services.store.users.update(replace(user, password_hash=hash_password(password)))


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
