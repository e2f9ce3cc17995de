"""Ids in paths that may hold a slash.

A client writes a slash inside of an id as `%2F`; servers decode the path before it is routed, and the id would fall into two
segments. Here an encoded slash travels through the router as a character that no id has, and is a slash again in the
parameter. Routes say `{run_id:name}`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from starlette.convertors import Convertor
from starlette.types import ASGIApp, Receive, Scope, Send

_STANDS_FOR_SLASH: Final = "\ue02f"
_ENCODED: Final = re.compile(rb"%2f", re.IGNORECASE)


class NameConvertor(Convertor[str]):
    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value.replace(_STANDS_FOR_SLASH, "/")

    def to_string(self, value: str) -> str:
        return value


class KeepsSlashes:
    """Wraps an application whose routes use `{…:name}`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path")
        if raw:
            kept = _ENCODED.sub(_STANDS_FOR_SLASH.encode(), raw.partition(b"?")[0])
            scope = {**scope, "path": unquote(kept.decode("utf-8", "replace"))}
        await self._app(scope, receive, send)
