"""The web server as a process."""

from __future__ import annotations

from pathlib import Path

from tradewind.configuration import conf
from tradewind.server.app import make_app, serve
from tradewind.server.listening import Listen, bind
from tradewind.server.ports import holder_of
from tradewind.services.session import open_services


def run_webserver(home: Path, *, host: str, port: int) -> int:
    """The web server, until SIGINT or SIGTERM; the exit code. Raises PortBusy."""
    with open_services(conf, who="api") as services:
        listening = bind(Listen(host, port), holder_of)
        print(f"Web server is running: {url_of(host, listening.getsockname()[1])}", flush=True)
        serve(make_app(services, lambda request, services: None), listening)
    return 0


def url_of(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    return f"http://{shown}:{port}"
