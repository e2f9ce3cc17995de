"""Users and roles. Passwords are kept as argon2 hashes."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from tradewind.core.records import UserRecord
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services

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
    if not username or not password:
        raise Invalid("A user needs a name and a password. Give both.")
    roles = list_roles(services)
    if role not in roles:
        raise Unknown("role", role, roles, hint=f"There are: {', '.join(roles)}.")
    user = UserRecord(
        username=username,
        email=email,
        first_name=first_name,
        last_name=last_name,
        roles=(role,),
        password_hash=hash_password(password),
        created_at=services.now(),
    )
    services.store.users.create(user)
    return user


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
