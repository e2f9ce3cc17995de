"""The routes of accounts: sessions, users, roles, the audit log, favourites."""

from __future__ import annotations

from fastapi import APIRouter

from tradewind.server.login import Login
from tradewind.server.oidc import Oidc
from tradewind.server.ui import audit, favourites, users
from tradewind.server.ui.session import session_routes
from tradewind.services.session import Services


def account_routers(services: Services, login: Login) -> list[APIRouter]:
    oidc = Oidc(services)
    return [session_routes(services, login, oidc), oidc.routes(), users.router, audit.router, favourites.router]
