"""The web server as a process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from tradewind.configuration import conf
from tradewind.server.app import make_app, server_of
from tradewind.server.listening import Certificate, Listen, bind
from tradewind.server.ports import holder_of
from tradewind.services.session import Services, open_services
from tradewind.services.users import create_user, random_password
from tradewind.store.errors import UserExists

PASSWORD_FILE: Final = "standalone_admin_password.txt"


def run_webserver(
    home: Path, *, host: str, port: int, first_admin: bool = False, certificate: Certificate | None = None
) -> int:
    """The web server, until SIGINT or SIGTERM; the exit code. Raises PortBusy and CertificateUnusable.

    `first_admin`: without any user, make one who can log in, and say so.
    """
    with open_services(conf, who="api") as services:
        if first_admin:
            _make_first_admin(services, home)
        server = server_of(make_app(services), certificate)
        listening = bind(Listen(host, port), holder_of)
        print(f"Web server is running: {url_of(host, listening.getsockname()[1], certificate)}", flush=True)
        asyncio.run(server.serve(sockets=[listening]))
    return 0


def _make_first_admin(services: Services, home: Path) -> None:
    """`admin` with a random password, told once on the terminal and kept in a file of the home that only its owner reads."""
    if services.store.users.list():
        return
    password = random_password()
    try:
        create_user(
            services,
            username="admin",
            email="admin@localhost",
            first_name="Admin",
            last_name="",
            roles=["Admin"],
            password=password,
        )
    except UserExists:
        # Another server of this home was quicker.
        return
    file = home / PASSWORD_FILE
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        # One that was there keeps its mode otherwise.
        os.fchmod(out.fileno(), 0o600)
        out.write(password + "\n")
    print(f"Log in as: admin, password: {password} (also in {file})", flush=True)


def url_of(host: str, port: int, certificate: Certificate | None = None) -> str:
    """What to type into a browser on this machine."""
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    return f"http{'s' if certificate is not None else ''}://{shown}:{port}"
