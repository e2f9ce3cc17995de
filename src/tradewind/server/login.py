"""Who sends a request: a browser's session, HTTP Basic, a bearer token, or nobody.

cookie tradewind_session   the web UI; every request that changes something also carries X-CSRF-Token
Authorization: Basic       [api] auth_backends has basic_auth (it does unless set otherwise)
Authorization: Bearer      a token of POST /auth/token
cookie _token              such a token, as the pages of Airflow 3 send it; with X-CSRF-Token, too (GET /ui/session tells it)
nothing                    what the role Public may do, if anything
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Final

from fastapi import Request

from tradewind.core.permissions import Grant
from tradewind.core.records import LoginSessionRecord, UserRecord
from tradewind.server.access import Caller, as_user
from tradewind.server.errors import NotLoggedIn
from tradewind.services import logins, roles, tokens
from tradewind.services.session import Services

COOKIE: Final = "tradewind_session"
TOKEN_COOKIE: Final = "_token"
PUBLIC_USER: Final = "anonymous"
_GRANTS_KEPT_S: Final = 2.0
_PASSWORDS_KEPT_S: Final = 60.0
_PASSWORDS_KEPT: Final = 1000


class Login:
    """Authenticates requests. One for each server: it remembers for moments what is dear to find out."""

    def __init__(self) -> None:
        self._grants: dict[tuple[str, ...], tuple[float, frozenset[Grant]]] = {}
        self._checked: OrderedDict[bytes, float] = OrderedDict()
        self._secret = secrets.token_bytes(32)

    def __call__(self, request: Request, services: Services) -> Caller | None:
        """Raises NotLoggedIn for credentials that are wrong; None, or the public, when there are none."""
        address = address_of(request)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._caller(services, self._by_token(services, given.strip()), address)
        if scheme.lower() == "basic" and _takes_basic(services):
            return self._caller(services, self._by_password(services, given.strip(), address), address)
        token = request.cookies.get(COOKIE)
        found = logins.session_of(services, token) if token else None
        if found is not None:
            session, user = found
            return self._caller(services, user, address, session)
        return self._by_token_cookie(request, services, address) or self._public(services, address)

    def grants(self, services: Services, names: tuple[str, ...]) -> frozenset[Grant]:
        """What the roles may do, at most two seconds old."""
        known = self._grants.get(names)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = roles.grants_of(services, names)
        self._grants[names] = (time.monotonic() + _GRANTS_KEPT_S, found)
        return found

    def _caller(
        self, services: Services, user: UserRecord, address: str, session: LoginSessionRecord | None = None
    ) -> Caller:
        return Caller(
            services=as_user(services, user.username, address),
            username=user.username,
            roles=user.roles,
            grants=self.grants(services, user.roles),
            address=address,
            csrf_token=None if session is None else session.csrf_token,
            session_id=None if session is None else session.session_id,
        )

    def _by_token_cookie(self, request: Request, services: Services, address: str) -> Caller | None:
        token = request.cookies.get(TOKEN_COOKIE)
        if not token:
            return None
        try:
            user = tokens.user_of_token(services, token)
        except tokens.BadToken:
            # As with a session that ended: the browser sends it until somebody logs in again.
            return None
        return replace(self._caller(services, user, address), csrf_token=tokens.csrf_token(services, token))

    def _public(self, services: Services, address: str) -> Caller | None:
        everybody = services.conf.getboolean("core", "simple_auth_manager_all_admins")
        names = ("Admin",) if everybody else (roles.PUBLIC,)
        grants = self.grants(services, names)
        if not grants:
            return None
        return Caller(as_user(services, PUBLIC_USER, address), PUBLIC_USER, names, grants, address)

    @staticmethod
    def _by_token(services: Services, token: str) -> UserRecord:
        try:
            return tokens.user_of_token(services, token)
        except tokens.BadToken as error:
            raise NotLoggedIn(str(error)) from None

    def _by_password(self, services: Services, given: str, address: str) -> UserRecord:
        try:
            username, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise NotLoggedIn("The Authorization header is no HTTP Basic: it is not base64 of name:password.") from None
        if not colon:
            raise NotLoggedIn("The Authorization header is no HTTP Basic: there is no colon between name and password.")
        # Checking a password takes some 50 ms on purpose. Who asks 200 times a second is not asked again each time; the key
        # covers the stored hash, so a changed password is checked anew.
        user = services.store.users.get(username)
        if user is not None and user.active and self._is_checked(user, password):
            return user
        try:
            user = logins.check_password(replace(services, address=address), username, password)
        except logins.BadCredentials as error:
            raise NotLoggedIn(str(error)) from None
        self._remember(user, password)
        return user

    def _key(self, user: UserRecord, password: str) -> bytes:
        text = "\0".join((user.username, user.password_hash, password))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()

    def _is_checked(self, user: UserRecord, password: str) -> bool:
        return self._checked.get(self._key(user, password), 0.0) > time.monotonic()

    def _remember(self, user: UserRecord, password: str) -> None:
        self._checked[self._key(user, password)] = time.monotonic() + _PASSWORDS_KEPT_S
        while len(self._checked) > _PASSWORDS_KEPT:
            self._checked.popitem(last=False)


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _takes_basic(services: Services) -> bool:
    backends = services.conf.get("api", "auth_backends", fallback="") or ""
    # Airflow 2 has only session as its default, and every guide tells to add basic_auth; unset means both here.
    return not backends.strip() or "basic_auth" in backends
