"""Taking a port, with a word about who has it when it is taken. Free of FastAPI: the parent process uses it, too."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from tradewind.core.errors import TradewindError


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. Port 0: any free one."""

    host: str = "0.0.0.0"
    port: int = 8080


@dataclass(frozen=True, slots=True)
class Certificate:
    """What makes a server speak HTTPS: PEM files."""

    cert: str
    """With its chain."""
    key: str = ""
    """Empty: it is in the same file."""


class CertificateUnusable(TradewindError):
    """HTTPS is asked for, and cannot be spoken."""

    def __init__(self, certificate: Certificate, why: str) -> None:
        files = " and ".join(file for file in (certificate.cert, certificate.key) if file)
        super().__init__(
            f"HTTPS is asked for with {files}, which cannot be used: {why}. Correct [api] ssl_cert and ssl_key (or "
            "--ssl-cert and --ssl-key), or leave them out to serve HTTP."
        )


class PortBusy(TradewindError):
    """The port is taken."""

    def __init__(self, listen: Listen, holder: str) -> None:
        by = f" by {holder}" if holder else ""
        super().__init__(
            f"Port {listen.port} on {listen.host} is taken{by}. Stop that process, or choose another port: "
            f"--port {listen.port + 1}"
        )


def bind(listen: Listen, holder_of: Callable[[int], str]) -> socket.socket:
    """A listening socket, or PortBusy naming the process that has the port as far as it can be told."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((listen.host, listen.port))
    except OSError as error:
        listening.close()
        raise PortBusy(listen, holder_of(listen.port)) from error
    listening.listen(128)
    return listening
