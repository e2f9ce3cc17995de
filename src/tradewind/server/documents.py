"""The OpenAPI documents: what FastAPI knows of the routes, and what every operation of an API may answer besides.

Nothing an operation answers may be missing in its document: generated clients refuse what is not there. The errors that any
operation can have are added here, by what the operation is; a route declares what only it can answer (`responses=`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import yaml
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from tradewind.core.permissions import Need
from tradewind.server.errors import TITLES

Document = dict[str, Any]
Needs = Mapping[str, tuple[Need, ...] | None]


class Style(Enum):
    """How an API tells errors and takes credentials."""

    V1 = "v1"
    V2 = "v2"


_METHODS: Final = ("get", "put", "post", "delete", "patch")
_CHANGING: Final = ("put", "post", "delete", "patch")
_PROBLEM: Final = {
    "title": "Error",
    "description": "A problem document (RFC 7807).",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_DETAIL: Final = {
    "title": "HTTPExceptionResponse",
    "description": "What happened, to what, and what to do next.",
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]}},
}
_SCHEMES: Final[Mapping[Style, dict[str, Any]]] = {
    Style.V1: {
        "Basic": {"type": "http", "scheme": "basic"},
        "Session": {"type": "apiKey", "in": "cookie", "name": "session"},
    },
    Style.V2: {
        "OAuth2PasswordBearer": {
            "type": "oauth2",
            "description": "A token of `POST /auth/token`.",
            "flows": {"password": {"scopes": {}, "tokenUrl": "/auth/token"}},
        },
        "HTTPBearer": {"type": "http", "scheme": "bearer"},
    },
}


def describe(app: FastAPI, needs: Needs, style: Style) -> None:
    """Gives `app` its complete document, made when it is first asked for, and serves it as YAML, too."""

    def document() -> Document:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            app.openapi_schema = _completed(found, needs, style)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
    if app.openapi_url is not None:

        def as_yaml(request: Request) -> Response:
            return Response(yaml.safe_dump(document(), sort_keys=False), media_type="application/yaml")

        app.add_route(app.openapi_url.replace(".json", ".yaml"), as_yaml, include_in_schema=False)


def _completed(document: Document, needs: Needs, style: Style) -> Document:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    name, error = ("Error", _PROBLEM) if style is Style.V1 else ("HTTPExceptionResponse", _DETAIL)
    schemas[name] = error
    if style is Style.V1:
        # What does not fit is a problem like any other there, with status 400.
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
    components["securitySchemes"] = _SCHEMES[style]
    for method, operation in _operations(document):
        responses = operation.setdefault("responses", {})
        if style is Style.V1:
            responses.pop("422", None)
        needed = needs[operation["operationId"]]
        if needed is not None:
            operation["security"] = [{scheme: []} for scheme in _SCHEMES[style]]
        for status in _errors_of(method, operation, is_guarded=needed is not None):
            responses.setdefault(str(status), {"description": TITLES[status]})
        for status, response in responses.items():
            if status.isdigit() and int(status) >= 400 and status != "422":
                kind = "application/problem+json" if style is Style.V1 else "application/json"
                response.setdefault("content", {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}}})
        operation["responses"] = dict(sorted(responses.items()))
    return document


def _operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        for method in _METHODS:
            if method in path:
                yield method, path[method]


def _errors_of(method: str, operation: Mapping[str, Any], *, is_guarded: bool) -> set[int]:
    found = {401, 403} if is_guarded else set()
    parameters = operation.get("parameters", ())
    if parameters or "requestBody" in operation or "501" in operation["responses"]:
        found |= {400, 404}
    if is_guarded:
        found.add(503)
    if method in _CHANGING:
        found.add(409)
    return found
