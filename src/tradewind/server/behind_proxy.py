"""Who really calls, and under which address, when a proxy stands in front: [fab] enable_proxy_fix and its five numbers.

A number says how many proxies, one behind the other, add to that header; the value of the outermost one that can be trusted is
taken, counted from the right. What a caller wrote into the header himself stands further left and counts for nothing. With 0 a
header is not believed.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tradewind.configuration import Configuration

_PREFIX: Final = re.compile(r"(/[\w.~-]+)+", re.ASCII)
_HOST: Final = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?", re.ASCII)
_PORT: Final = re.compile(r"\d{1,5}", re.ASCII)
_USUAL_PORTS: Final = {"http": "80", "https": "443"}


class Proxies(NamedTuple):
    """How many add to each header."""

    x_for: int = 1
    x_proto: int = 1
    x_host: int = 1
    x_port: int = 1
    x_prefix: int = 1


def proxies_of(conf: Configuration) -> Proxies | None:
    """None: no proxy is believed."""
    if not conf.getboolean("fab", "enable_proxy_fix"):
        return None
    return Proxies(
        x_for=conf.getint("fab", "proxy_fix_x_for"),
        x_proto=conf.getint("fab", "proxy_fix_x_proto"),
        x_host=conf.getint("fab", "proxy_fix_x_host"),
        x_port=conf.getint("fab", "proxy_fix_x_port"),
        x_prefix=conf.getint("fab", "proxy_fix_x_prefix"),
    )


class BehindProxy:
    """Wraps the application, which then sees what the outermost proxy saw."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(self._seen(scope) if scope["type"] == "http" else scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        proxies = self._proxies
        seen = dict(scope)
        if address := _told(headers, "x-forwarded-for", proxies.x_for):
            seen["client"] = (address, 0)
        scheme = _told(headers, "x-forwarded-proto", proxies.x_proto)
        if scheme in _USUAL_PORTS:
            seen["scheme"] = scheme
        host = _host(headers, proxies, seen["scheme"])
        if host:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            seen["headers"] = [(b"host", host.encode()), *others]
        prefix = _told(headers, "x-forwarded-prefix", proxies.x_prefix).rstrip("/")
        if _PREFIX.fullmatch(prefix):
            # The proxy took the prefix off; ASGI wants it in both (`path` includes `root_path`).
            seen["root_path"] = prefix + scope.get("root_path", "")
            seen["path"] = prefix + scope["path"]
            if scope.get("raw_path"):
                seen["raw_path"] = prefix.encode() + scope["raw_path"]
        return seen


def _told(headers: Headers, name: str, proxies: int) -> str:
    """What the outermost of so many proxies wrote; empty when there are fewer values."""
    values = [value.strip() for line in headers.getlist(name) for value in line.split(",")]
    return values[-proxies] if 0 < proxies <= len(values) else ""


def _host(headers: Headers, proxies: Proxies, scheme: str) -> str:
    """Empty: as it was."""
    told = _told(headers, "x-forwarded-host", proxies.x_host)
    host = told if _HOST.fullmatch(told) else ""
    port = _told(headers, "x-forwarded-port", proxies.x_port)
    if not _PORT.fullmatch(port):
        return host
    whole = _HOST.fullmatch(host or headers.get("host", ""))
    if whole is None:
        return host
    return whole[1] if port == _USUAL_PORTS.get(scheme) else f"{whole[1]}:{port}"
