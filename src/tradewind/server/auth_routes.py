"""Getting tokens (`/auth/token`), and where Airflow 3's pages send a browser to log in and out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from tradewind.core.records import UserRecord
from tradewind.server.errors import tells_details
from tradewind.server.login import COOKIE, TOKEN_COOKIE, address_of
from tradewind.services import logins, tokens
from tradewind.services.session import Services

_FORM = "application/x-www-form-urlencoded"
_LARGEST = 16_384
"""Bytes of a name and a password, with room to spare."""


def auth_app(services: Services) -> FastAPI:
    """Routes under `/auth`."""
    app = FastAPI(title="tradewind login", docs_url=None, redoc_url=None, openapi_url=None)
    tells_details(app)

    @app.post("/auth/token", status_code=201)
    async def create_token(request: Request) -> Response:
        return await _token(request, services, for_cli=False)

    @app.post("/auth/token/cli", status_code=201)
    async def create_token_cli(request: Request) -> Response:
        return await _token(request, services, for_cli=True)

    @app.get("/auth/login")
    def login(request: Request, next: str = "") -> Response:
        return _to_login(request, next)

    @app.get("/auth/logout")
    def logout(request: Request) -> Response:
        return _log_out(request, services)

    return app


def login_redirects(services: Services) -> APIRouter:
    """The same two under the paths that Airflow 3's API has for them."""
    router = APIRouter(prefix="/api/v2/auth", tags=["Login"])

    @router.get("/login", operation_id="login", status_code=307, response_class=RedirectResponse)
    def login(request: Request, next: str = "") -> Response:
        return _to_login(request, next)

    @router.get("/logout", operation_id="logout", status_code=307, response_class=RedirectResponse)
    def logout(request: Request) -> Response:
        return _log_out(request, services)

    return router


async def _token(request: Request, services: Services, *, for_cli: bool) -> Response:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", _FORM):
        return JSONResponse(
            {"detail": f"Send the name and the password as application/json or {_FORM}, not as '{kind or 'nothing'}'."},
            415,
        )
    body = await _body(request)
    found = None if body is None else _credentials(kind, body)
    if found is None:
        return JSONResponse({"detail": "Send an object with the texts `username` and `password`."}, 400)
    own = replace(services, address=address_of(request))
    user: UserRecord = await run_in_threadpool(logins.check_password, own, *found)
    return JSONResponse({"access_token": tokens.make_token(own, user, for_cli=for_cli)}, 201)


async def _body(request: Request) -> bytes | None:
    """None when it is larger than any name and password; the rest is not read."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > _LARGEST:
            return None
    return bytes(read)


def _credentials(kind: str, body: bytes) -> tuple[str, str] | None:
    try:
        text = body.decode()
        if kind == _FORM:
            given: Any = {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
        else:
            given = json.loads(text)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    username, password = given.get("username"), given.get("password")
    if not isinstance(username, str) or not isinstance(password, str) or not username or not password:
        return None
    return username, password


def _to_login(request: Request, back: str) -> RedirectResponse:
    """To the login page of our UI, and from there to `back`."""
    wanted = local_path(back)
    query = f"?next={quote(wanted, safe='/')}" if wanted != "/" else ""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/login{query}", 307)


def _log_out(request: Request, services: Services) -> RedirectResponse:
    """Ends the browser's session, if it has one."""
    token = request.cookies.get(COOKIE)
    found = logins.session_of(services, token) if token else None
    if found is not None:
        session, user = found
        own = replace(services, who=f"api:{user.username}", address=address_of(request))
        logins.log_out(own, session.session_id, user.username)
    answer = _to_login(request, "")
    for cookie in (COOKIE, TOKEN_COOKIE):
        answer.delete_cookie(cookie, path=cookie_path(request))
    return answer


def cookie_path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) or "/"


def local_path(back: str) -> str:
    """Where to go after the login: a path of this server, whatever the link said."""
    parts = urlsplit(back)
    # Browsers read a backslash as a slash, and drop control characters before they read anything.
    odd = "\\" in back or any(ord(letter) < 0x20 for letter in back)
    if odd or parts.scheme or parts.netloc or not back.startswith("/") or back.startswith("//"):
        return "/"
    return back
