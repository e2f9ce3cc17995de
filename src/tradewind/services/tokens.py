"""Tokens of the API: signed, good for a time, void when the user's password changes or he is switched off."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import jwt

from tradewind.core.records import UserRecord
from tradewind.services.errors import ServiceError
from tradewind.services.session import Services

KEY_FILE: Final = "api_signing_key"
_ISSUER: Final = "tradewind"
_ALGORITHM: Final = "HS256"


class BadToken(ServiceError):
    """The token is none of ours, ran out, or was made void."""

    def __init__(self) -> None:
        super().__init__("The token is not valid, or not any more. Get a new one: POST /auth/token.")


def make_token(services: Services, user: UserRecord, *, for_cli: bool = False) -> str:
    """A token with which its bearer is the user: [api_auth] jwt_expiration_time, or jwt_cli_expiration_time."""
    option = "jwt_cli_expiration_time" if for_cli else "jwt_expiration_time"
    now = services.now()
    claims: dict[str, Any] = {
        "sub": user.username,
        "iss": _ISSUER,
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(seconds=services.conf.getint("api_auth", option)),
        "pwd": _stamp(user),
    }
    return jwt.encode(claims, signing_key(services), algorithm=_ALGORITHM)


def user_of_token(services: Services, token: str) -> UserRecord:
    """Raises BadToken."""
    try:
        # The times are checked against the clock of the services, which is the one that wrote them.
        claims = jwt.decode(
            token,
            signing_key(services),
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            options={"require": ["exp", "sub"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        raise BadToken from None
    if services.now().timestamp() >= claims["exp"] + services.conf.getint("api_auth", "jwt_leeway"):
        raise BadToken
    user = services.store.users.get(str(claims["sub"]))
    if user is None or not user.active or claims.get("pwd") != _stamp(user):
        raise BadToken
    return user


def csrf_token(services: Services, token: str) -> str:
    """What a browser that has the token as a cookie sends with every change: only who reads our answers can know it."""
    return hmac.new(signing_key(services).encode(), f"csrf:{token}".encode(), hashlib.sha256).hexdigest()


def _stamp(user: UserRecord) -> str:
    """Changes with the password, and tells nothing about it."""
    return hashlib.sha256(f"token:{user.password_hash}".encode()).hexdigest()[:16]


def signing_key(services: Services) -> str:
    """[api_auth] jwt_secret, else the key in the home's `api_signing_key`, made at first use and readable by its owner only."""
    given = services.conf.get("api_auth", "jwt_secret", fallback="")
    return given or _key_in(services.conf.home)


_KEYS: dict[Path, str] = {}


def _key_in(home: Path) -> str:
    path = home / KEY_FILE
    if path not in _KEYS:
        _KEYS[path] = _read_or_make(path)
    return _KEYS[path]


def _read_or_make(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    # Written whole under another name, then linked: of two processes that start at once, one wins and both read it.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{KEY_FILE}-", delete=False) as draft:
        draft.write(secrets.token_urlsafe(48))
        draft.flush()
        os.fsync(draft.fileno())
    try:
        os.link(draft.name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft.name)
    return path.read_text().strip()
