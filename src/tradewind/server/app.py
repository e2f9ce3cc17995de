"""The application: one ASGI callable that hands each request to the API (or page) its path belongs to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from tradewind import __version__
from tradewind.server.access import Authenticate, Guard, api_app
from tradewind.server.errors import tells_details, tells_problems
from tradewind.server.health import health_routes
from tradewind.server.permissions import UI, V1, V2
from tradewind.server.ui.routers import VIEW_ROUTERS
from tradewind.server.ui.segments import KeepsSlashes
from tradewind.services.health import health
from tradewind.services.session import Services


class ByPrefix:
    """Hands a request to the application of the first prefix that its path has; paths are not cut."""

    def __init__(self, apps: Sequence[tuple[str, ASGIApp]], otherwise: ASGIApp) -> None:
        self._apps = apps
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        for prefix, app in self._apps:
            if path == prefix or path.startswith(prefix + "/"):
                await app(scope, receive, send)
                return
        await self._otherwise(scope, receive, send)


def make_app(services: Services, authenticate: Authenticate) -> ASGIApp:
    def read_health() -> Any:
        return health(services)

    v1 = api_app(
        [health_routes(read_health, "/api/v1/health")], Guard(services, V1, authenticate), V1, title="tradewind API v1"
    )
    tells_problems(v1)
    v2 = api_app(
        [health_routes(read_health, "/api/v2/monitor/health")],
        Guard(services, V2, authenticate),
        V2,
        title="tradewind API v2",
    )
    tells_details(v2)
    ui = api_app(
        [*VIEW_ROUTERS], Guard(services, UI, authenticate), UI, title="tradewind UI", openapi_url="/ui/openapi.json"
    )
    tells_details(ui)
    rest = FastAPI(title="tradewind", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    rest.include_router(health_routes(read_health, "/health"))
    return ByPrefix([("/api/v1", v1), ("/api/v2", v2), ("/ui", KeepsSlashes(ui))], rest)


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
