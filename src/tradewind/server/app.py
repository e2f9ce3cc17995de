"""The application and how it is served."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from fastapi import FastAPI

from tradewind import __version__
from tradewind.server.health import health_routes
from tradewind.services.health import health
from tradewind.services.session import Services


def make_app(services: Services) -> FastAPI:
    app = FastAPI(title="tradewind", version=__version__, docs_url=None, redoc_url=None)
    app.include_router(health_routes(lambda: health(services)))
    return app


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
