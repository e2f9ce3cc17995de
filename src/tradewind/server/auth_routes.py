"""Getting tokens (`/auth/token`), and where Airflow 3's pages send a browser to log in and out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from tradewind.core.records import UserRecord
from tradewind.server.errors import tells_details
from tradewind.server.login import COOKIE, address_of
from tradewind.services import logins, tokens
from tradewind.services.session import Services

_FORM = "application/x-www-form-urlencoded"


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
    @app.get("/auth/logout")
    def pages(request: Request) -> Response:
        return to_login(request, log_out=request.url.path.endswith("logout"), services=services)

    return app


async def _token(request: Request, services: Services, *, for_cli: bool) -> Response:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", _FORM):
        return JSONResponse(
            {"detail": f"Send the name and the password as application/json or {_FORM}, not as '{kind or 'nothing'}'."},
            415,
        )
    found = _credentials(kind, await request.body())
    if found is None:
        return JSONResponse({"detail": "Send an object with the texts `username` and `password`."}, 400)
    own = replace(services, address=address_of(request))
    user: UserRecord = await run_in_threadpool(logins.check_password, own, *found)
    return JSONResponse({"access_token": tokens.make_token(own, user, for_cli=for_cli)}, 201)


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


def to_login(request: Request, *, log_out: bool, services: Services) -> RedirectResponse:
    """To the page of our UI, ending the session first when that was asked for."""
    answer = RedirectResponse(f"{request.scope.get('root_path', '')}/login", 307)
    token = request.cookies.get(COOKIE)
    found = logins.session_of(services, token) if log_out and token else None
    if found is not None:
        session, user = found
        logins.log_out(replace(services, who=f"api:{user.username}"), session.session_id, user.username)
    if log_out:
        answer.delete_cookie(COOKIE, path=cookie_path(request))
    return answer


def cookie_path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) or "/"
