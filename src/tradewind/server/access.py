"""Authorisation, in one place: who calls, and whether the operation's needs are covered.

An API is a FastAPI application of its own, made by `api_app`, whose every route passes `Guard` first: it finds the needs
of the route's operation id, authenticates the caller as that API allows, checks the needs (for the DAG in the path, when
there is one), and leaves the `Caller` in the request. A route then takes it as `CallerOf`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute

from tradewind.core.permissions import Action, Grant, Need, Resource, covers_dag, is_allowed, visible
from tradewind.server.errors import Forbidden, NotLoggedIn
from tradewind.services.errors import Invalid
from tradewind.services.session import Services

ANY_DAG: Final = "~"
Needs = Mapping[str, tuple[Need, ...] | None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who is logged in, and what he may do."""

    services: Services
    """Records changes as this user's."""
    username: str
    roles: tuple[str, ...]
    grants: frozenset[Grant]
    address: str
    """Where the request came from."""
    csrf_token: str | None = None
    """Of a browser's session; None when the caller came with a header (basic, bearer)."""
    session_id: str | None = None

    def may(self, action: Action, resource: Resource, dag_id: str | None = None) -> bool:
        return is_allowed(self.grants, Need(action, resource), dag_id)

    @property
    def visible_dags(self) -> frozenset[str] | None:
        """DAGs that may be read; None: all of them."""
        return visible(self.grants)

    def sees(self, dag_id: str) -> bool:
        return covers_dag(self.grants, Action.READ, dag_id)


Authenticate = Callable[[Request, Services], Caller | None]
"""The caller of a request; None when it carries no credentials. Raises NotLoggedIn for wrong ones."""


class Guard:
    """The dependency of every route of an API."""

    def __init__(self, services: Services, needs: Needs, authenticate: Authenticate) -> None:
        self._services = services
        self._needs = needs
        self._authenticate = authenticate

    def __call__(self, request: Request) -> None:
        if "\0" in request.url.path or any("\0" in value for _, value in request.query_params.multi_items()):
            raise Invalid("The address holds the character NUL, which no name can have. Leave it out.")
        route: APIRoute = request.scope["route"]
        needs = self._needs[str(route.operation_id)]
        caller = self._authenticate(request, self._services)
        request.state.caller = caller
        _check_origin(request)
        if caller is not None:
            _check_csrf(request, caller)
        if needs is None:
            return
        if caller is None:
            raise NotLoggedIn("Log in first: this needs a user.")
        named = request.path_params.get("dag_id")
        dag_id = None if named == ANY_DAG else named
        for need in needs:
            if not is_allowed(caller.grants, need, dag_id):
                where = f" of DAG '{dag_id}'" if dag_id is not None else ""
                raise Forbidden(
                    f"User '{caller.username}' lacks the permission '{need.action.value} on {need.resource.value}'{where}. "
                    "An administrator can give a role that has it."
                )


_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


_FOREIGN: Final = frozenset({"cross-site", "same-site"})


def _check_origin(request: Request) -> None:
    """Refuses a change that a page of another origin asks for: a browser may add its Basic password, or need none at all.

    Browsers say where a request comes from (Fetch Metadata, W3C); programs do not, and are not asked. A bearer token is never
    added by the browser itself.
    """
    if request.method in _SAFE or request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    if request.headers.get("sec-fetch-site") in _FOREIGN:
        raise Forbidden("The request comes from a page of another site. Send it from this one, or with a bearer token.")


def _check_csrf(request: Request, caller: Caller) -> None:
    """A browser sends its cookie along whoever asks it to; only our own pages know the token that belongs to it."""
    if caller.csrf_token is None or request.method in _SAFE:
        return
    given = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(given.encode(), caller.csrf_token.encode()):
        raise Forbidden("The request lacks the page's X-CSRF-Token. Load the page again.")


def caller_of(request: Request) -> Caller:
    caller = getattr(request.state, "caller", None)
    if caller is None:
        raise NotLoggedIn("Log in first: this needs a user.")
    assert isinstance(caller, Caller)
    return caller


CallerOf = Annotated[Caller, Depends(caller_of)]


def as_user(services: Services, username: str, address: str) -> Services:
    """The same services, on behalf of a user of the web server."""
    return replace(services, who=f"api:{username}", address=address)


def api_app(routers: Iterable[APIRouter], guard: Guard, needs: Needs, **options: Any) -> FastAPI:
    """An application of guarded routes. Raises LookupError when a route's operation id is not in `needs`."""
    given = list(routers)
    app = FastAPI(docs_url=None, redoc_url=None, dependencies=[Depends(guard)], **options)
    # FastAPI keeps included routers as they are, so its own list of routes does not name them.
    app.state.operations = [route for router in given for route in router.routes if isinstance(route, APIRoute)]
    for route in operations_of(app):
        if route.operation_id not in needs:
            raise LookupError(f"{route.path}: operation '{route.operation_id}' has no entry in server.permissions")
    for router in given:
        app.include_router(router)
    return app


def operations_of(app: FastAPI) -> list[APIRoute]:
    """The guarded routes of an API, in the order in which they are tried."""
    found: list[APIRoute] = app.state.operations
    return found
