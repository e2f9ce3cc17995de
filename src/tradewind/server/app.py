"""The application: one ASGI callable that hands each request to the API (or page) its path belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tradewind import __version__
from tradewind.server.access import Authenticate, Guard, api_app
from tradewind.server.auth_routes import auth_app, login_redirects
from tradewind.server.behind_proxy import BehindProxy, proxies_of
from tradewind.server.cross_origin import shared_with_origins
from tradewind.server.documents import Style, describe
from tradewind.server.errors import tells_details, tells_problems
from tradewind.server.health import health_routes
from tradewind.server.listening import Certificate, CertificateUnusable
from tradewind.server.login import Login
from tradewind.server.pages import add_pages
from tradewind.server.permissions import UI, V1, V2
from tradewind.server.tailer import Tailer
from tradewind.server.ui.account_routers import account_routers
from tradewind.server.ui.routers import VIEW_ROUTERS
from tradewind.server.ui.segments import KeepsSlashes
from tradewind.server.ui.stream import stream_routes
from tradewind.server.v1 import admin_routers as v1_admin_routers
from tradewind.server.v1 import routers as v1_routers
from tradewind.server.v2 import admin_routers as v2_admin_routers
from tradewind.server.v2 import routers as v2_routers
from tradewind.services.health import HealthReport, health
from tradewind.services.session import Services


class ByPrefix:
    """Hands a request to the application of the first prefix that its path has; paths are not cut."""

    def __init__(self, apps: Sequence[tuple[str, ASGIApp]], otherwise: ASGIApp) -> None:
        self._apps = apps
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        for prefix, app in self._apps:
            if path == prefix or path.startswith(prefix + "/"):
                await app(scope, receive, send)
                return
        await self._otherwise(scope, receive, send)


class Apis(NamedTuple):
    """The three applications with an OpenAPI document."""

    v1: FastAPI
    v2: FastAPI
    ui: FastAPI


def make_apis(services: Services, authenticate: Authenticate, login: Login) -> Apis:
    read_health = health_of(services)
    tailer = Tailer(services)
    v1 = api_app(
        [health_routes(read_health, "/api/v1/health"), *v1_routers.DAG_ROUTERS, *v1_admin_routers.ADMIN_ROUTERS],
        Guard(services, V1, authenticate),
        V1,
        title="tradewind API v1",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
    )
    with_trace = services.conf.getboolean("api", "expose_stacktrace")
    tells_problems(v1, with_trace=with_trace)
    describe(v1, V1, Style.V1)
    v2 = api_app(
        [
            health_routes(read_health, "/api/v2/monitor/health"),
            login_redirects(services),
            *v2_routers.DAG_ROUTERS,
            *v2_admin_routers.ADMIN_ROUTERS,
        ],
        Guard(services, V2, authenticate),
        V2,
        title="tradewind API v2",
        version=__version__,
        openapi_url="/api/v2/openapi.json",
    )
    v2.state.tailer = tailer
    tells_details(v2, with_trace=with_trace)
    describe(v2, V2, Style.V2)
    ui = api_app(
        [*account_routers(services, login), stream_routes(services, tailer), *VIEW_ROUTERS],
        Guard(services, UI, authenticate),
        UI,
        title="tradewind UI",
        version=__version__,
        openapi_url="/ui/openapi.json",
    )
    tells_details(ui)
    describe(ui, UI, Style.V2)
    return Apis(v1, v2, ui)


def make_app(services: Services, authenticate: Authenticate | None = None) -> ASGIApp:
    """`authenticate`: who sends a request, for tests; None: as `server.login` tells."""
    login = Login()
    v1, v2, ui = make_apis(services, authenticate or login, login)
    rest = FastAPI(title="tradewind", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    rest.include_router(health_routes(health_of(services), "/health"))
    rest.add_route("/openapi.json", lambda request: RedirectResponse(f"{root_of(request)}/api/v2/openapi.json"))
    add_pages(rest)
    auth = auth_app(services)
    shared = {path: shared_with_origins(api, services.conf) for path, api in (("/api/v1", v1), ("/api/v2", v2))}
    app = ByPrefix(
        [*shared.items(), ("/ui", KeepsSlashes(ui)), ("/auth", shared_with_origins(auth, services.conf))], rest
    )
    proxies = proxies_of(services.conf)
    return app if proxies is None else BehindProxy(app, proxies)


def root_of(request: Request) -> str:
    """The path under which the outside world sees this server; empty at the top."""
    return str(request.scope.get("root_path", ""))


def health_of(services: Services) -> Callable[[], HealthReport]:
    def read() -> HealthReport:
        return health(services)

    return read


def server_of(app: ASGIApp, certificate: Certificate | None = None) -> uvicorn.Server:
    """Speaks HTTPS with a certificate, and nothing but. Raises CertificateUnusable."""
    # `BehindProxy` reads a proxy's headers, when it is told that there is one; uvicorn would believe anybody on this machine.
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        ssl_certfile=certificate.cert if certificate is not None else None,
        ssl_keyfile=certificate.key or None if certificate is not None else None,
    )
    try:
        config.load()
    except OSError as error:
        # ssl.SSLError is one, too.
        if certificate is None:
            raise
        raise CertificateUnusable(certificate, error.strerror or str(error)) from None
    return uvicorn.Server(config)
