"""Operations of Airflow whose feature comes later: each answers 501 with a sentence. A table, listed in docs/roadmap.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from fastapi import APIRouter

from tradewind.server.errors import NotBuilt


class Missing(NamedTuple):
    """An operation that is not there yet."""

    method: str
    path: str
    operation_id: str
    what: str
    """Begins the sentence `… is not part of this version of tradewind.`"""


def not_built_routes(missing: Iterable[Missing]) -> APIRouter:
    router = APIRouter()
    for one in missing:
        router.add_api_route(
            one.path,
            _refusing(one.what),
            methods=[one.method],
            operation_id=one.operation_id,
            tags=["Not built yet"],
            summary=one.what.rstrip(","),
            status_code=501,
            response_model=None,
            openapi_extra={"parameters": [_in_path(name) for name in _PARAMETER.findall(one.path)]},
        )
    return router


_PARAMETER = re.compile(r"{(\w+)(?::path)?}")


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _refusing(what: str) -> Any:
    def refuse() -> None:
        raise NotBuilt(what)

    return refuse
