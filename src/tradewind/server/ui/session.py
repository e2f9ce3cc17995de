"""Logging in and out of the UI, and what belongs to the one who is logged in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tradewind import __version__
from tradewind.server.access import Caller, CallerOf, as_user
from tradewind.server.auth_routes import cookie_path
from tradewind.server.errors import Conflicting
from tradewind.server.login import COOKIE, PUBLIC_USER, Login, address_of
from tradewind.server.oidc import Oidc
from tradewind.server.ui import shapes
from tradewind.server.ui.open_pages import open_pages
from tradewind.services import logins
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services
from tradewind.services.users import find_user

_LARGEST_PREFERENCE = 20_000


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: str = Field(max_length=500)
    password: str = Field(max_length=1000)


class NewPassword(BaseModel):
    model_config = ConfigDict(extra="forbid")

    old_password: str = Field(max_length=1000)
    new_password: str = Field(max_length=1000)


def session_routes(services: Services, login: Login, oidc: Oidc) -> APIRouter:
    router = APIRouter()

    @router.get("/ui/session", operation_id="get_session", response_model=shapes.Session)
    def get_session(request: Request) -> shapes.Session:
        return _session(services, request.state.caller, oidc)

    @router.post("/ui/session", operation_id="log_in", response_model=shapes.Session)
    def log_in(request: Request, response: Response, body: Credentials) -> shapes.Session:
        own = replace(services, who=f"api:{body.username}", address=address_of(request))
        done = logins.log_in(
            own,
            body.username,
            body.password,
            user_agent=request.headers.get("user-agent", ""),
            replaces=request.cookies.get(COOKIE),
        )
        set_cookie(request, response, done.token, logins.lifetime(services))
        return _session(services, caller_in(services, login, done, address_of(request)), oidc)

    @router.delete("/ui/session", operation_id="log_out", status_code=204)
    def log_out(request: Request, response: Response, caller: CallerOf) -> None:
        if caller.session_id is not None:
            logins.log_out(caller.services, caller.session_id, caller.username)
        response.delete_cookie(COOKIE, path=cookie_path(request))

    @router.post("/ui/session/password", operation_id="change_password", status_code=204)
    def change_password(caller: CallerOf, body: NewPassword) -> None:
        try:
            logins.change_password(
                caller.services, caller.username, body.old_password, body.new_password, keep_session=caller.session_id
            )
        except logins.BadCredentials:
            # A 401 would tell the page that its session is over.
            raise Invalid("The old password is wrong. Try again.") from None

    @router.get("/ui/sessions", operation_id="list_login_sessions", response_model=shapes.LoginSessionList)
    def list_login_sessions(caller: CallerOf) -> shapes.LoginSessionList:
        rows = [
            shapes.LoginSessionRow(
                session_id=one.session_id,
                created_at=one.created_at,
                last_used_at=one.last_used_at,
                address=one.address,
                user_agent=one.user_agent,
                is_current=one.session_id == caller.session_id,
            )
            for one in caller.services.store.logins.of_user(caller.username)
        ]
        return shapes.LoginSessionList(sessions=rows)

    @router.delete("/ui/sessions/{session_id}", operation_id="revoke_login_session", status_code=204)
    def revoke_login_session(caller: CallerOf, session_id: str) -> None:
        if not logins.log_out(caller.services, session_id, caller.username):
            raise Unknown("session", session_id, hint="It may have ended already.")

    @router.get("/ui/preferences/{key}", operation_id="get_preference", response_model=shapes.Preference)
    def get_preference(caller: CallerOf, key: str) -> shapes.Preference:
        found = caller.services.store.personal.preference(caller.username, key)
        return shapes.Preference(key=key, value=None if found is None else msgspec.json.decode(found))

    @router.put("/ui/preferences/{key}", operation_id="set_preference", response_model=shapes.Preference)
    def set_preference(caller: CallerOf, key: str, body: shapes.Preference) -> shapes.Preference:
        if caller.username == PUBLIC_USER:
            raise Conflicting("Nobody is logged in, so there is nobody to keep this for.")
        text = msgspec.json.encode(body.value).decode()
        if len(text) > _LARGEST_PREFERENCE or len(key) > 100:
            raise Invalid(f"A preference has at most {_LARGEST_PREFERENCE} characters. Keep less in it.")
        caller.services.store.personal.set_preference(caller.username, key, text)
        return shapes.Preference(key=key, value=body.value)

    return router


def set_cookie(request: Request, response: Response, token: str, lifetime: timedelta) -> None:
    """For this server's own pages only, unreadable to scripts, gone with the session's end."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lifetime.total_seconds()),
        path=cookie_path(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def caller_in(services: Services, login: Login, done: logins.LoggedIn, address: str) -> Caller:
    return Caller(
        services=as_user(services, done.user.username, address),
        username=done.user.username,
        roles=done.user.roles,
        grants=login.grants(services, done.user.roles),
        address=address,
        csrf_token=done.session.csrf_token,
        session_id=done.session.session_id,
    )


def _session(services: Services, caller: Caller | None, oidc: Oidc) -> shapes.Session:
    conf = services.conf
    user: shapes.SessionUser | None = None
    if caller is not None and caller.username != PUBLIC_USER:
        found = find_user(services, username=caller.username)
        user = shapes.SessionUser(
            username=found.username,
            first_name=found.first_name,
            last_name=found.last_name,
            email=found.email,
            roles=list(found.roles),
        )
    told: dict[str, Any] = {
        "user": user,
        "csrf_token": (caller.csrf_token if caller is not None else None) or "",
        "permissions": sorted(str(grant) for grant in caller.grants) if caller is not None else [],
        "pages": open_pages(caller.grants) if caller is not None else [],
        "default_timezone": conf.get("webserver", "default_ui_timezone", fallback="UTC") or "UTC",
        "default_ui_language": None,
        "instance_name": conf.get("webserver", "instance_name", fallback="") or "",
        "version": __version__,
        "login": shapes.LoginWays(password=True, oidc=oidc.providers()),
    }
    return shapes.Session(**told)
