"""The API of our own web UI, under `/ui`: views made for its pages, live events, sessions. Not an interface for others."""

from __future__ import annotations

from starlette.convertors import register_url_convertor

from tradewind.server.ui.segments import NameConvertor

# Here, because every module of routes needs it before its first route.
register_url_convertor("name", NameConvertor())
