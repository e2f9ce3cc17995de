"""Pages of other origins that may read the REST API: [api] access_control_allow_origins, _methods, _headers.

They come with a bearer token of their own. Cookies are never shared with them: what a browser adds by itself stays with our own
pages.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from tradewind.configuration import Configuration

_METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
_HEADERS: Final = ("Authorization", "Content-Type", "Accept")
_SEPARATORS: Final = re.compile(r"[\s,]+")


def shared_with_origins(app: ASGIApp, conf: Configuration) -> ASGIApp:
    """The application, open for the configured origins; unchanged without any."""
    origins = _listed(conf, "access_control_allow_origins")
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_listed(conf, "access_control_allow_methods") or list(_METHODS),
        allow_headers=_listed(conf, "access_control_allow_headers") or list(_HEADERS),
        allow_credentials=False,
    )


def _listed(conf: Configuration, option: str) -> list[str]:
    """With spaces, as Airflow 2 has them, or with commas."""
    return [word for word in _SEPARATORS.split(conf.get("api", option, fallback="") or "") if word]
