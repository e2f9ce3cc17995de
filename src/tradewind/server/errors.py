"""Errors on their way out: one table from class to status, and the two shapes in which Airflow's APIs tell them."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tradewind.core.errors import TradewindError
from tradewind.sdk.masking import MASKER
from tradewind.services.errors import Busy, Contended, Invalid, NotAllowed, ServiceError, Unknown
from tradewind.services.logins import BadCredentials, Throttled
from tradewind.services.tokens import BadToken
from tradewind.store.errors import AlreadyExists, NotFound, StoreError, StoreFault

Handler = Callable[[Request, Exception], JSONResponse]


class ApiError(TradewindError):
    """Base of what only the web server raises."""


class NotLoggedIn(ApiError):
    """No credentials, or wrong ones."""


class Forbidden(ApiError):
    """The caller is known and may not do this."""


class Conflicting(ApiError):
    """There is one already."""


class NotAcceptable(ApiError):
    """None of the media types that the caller accepts can be given."""


class NotBuilt(ApiError):
    """A feature of Airflow that tradewind does not have yet."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not part of this version of tradewind. docs/roadmap.md says what comes next.")


STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (NotLoggedIn, 401),
    (Forbidden, 403),
    (NotAllowed, 403),
    (BadCredentials, 401),
    (BadToken, 401),
    (Throttled, 429),
    (Unknown, 404),
    (NotFound, 404),
    (AlreadyExists, 409),
    (Conflicting, 409),
    (Busy, 409),
    (Contended, 409),
    (Invalid, 400),
    (NotAcceptable, 406),
    (NotBuilt, 501),
    (StoreFault, 503),
    (ServiceError, 400),
    (StoreError, 500),
)
"""First match counts."""

TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
_PROBLEM: Final = "application/problem+json"


def status_of(error: Exception) -> int:
    """The HTTP status of an error of the services, the store or the server; 500 for anything else."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def tells_details(app: FastAPI, *, with_trace: bool = False) -> None:
    """Errors as Airflow 3 tells them: `{"detail": …}`, a list of places for a request that does not fit (422).

    `with_trace`: a fault of the server says where it happened.
    """

    def known(request: Request, error: Exception) -> JSONResponse:
        status = status_of(error)
        return JSONResponse({"detail": str(error)}, status, headers=_challenge(status))

    def raised(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)

    def misfit(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return JSONResponse({"detail": jsonable_encoder(error.errors())}, 422)

    def broken(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": fault_of(error, with_trace)}, 500)

    _install(app, known, raised, misfit, broken)


def tells_problems(app: FastAPI, *, with_trace: bool = False) -> None:
    """Errors as Airflow 2 tells them: problem documents (RFC 7807); a request that does not fit is a 400."""

    def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
        title = TITLES.get(status, "Error")
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(body, status, headers=headers, media_type=_PROBLEM)

    def known(request: Request, error: Exception) -> JSONResponse:
        status = status_of(error)
        return problem(status, str(error), _challenge(status, "Basic"))

    def raised(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, str(error.detail), dict(error.headers or {}))

    def misfit(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        places = ("{}: {}".format(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors())
        return problem(400, "; ".join(places))

    def broken(request: Request, error: Exception) -> JSONResponse:
        return problem(500, fault_of(error, with_trace))

    _install(app, known, raised, misfit, broken)


def _challenge(status: int, scheme: str = "Bearer") -> dict[str, str] | None:
    return {"WWW-Authenticate": scheme} if status == 401 else None


def fault_of(error: Exception, with_trace: bool) -> str:
    """What a caller is told of a fault of ours; the trace is in the server's output in any case."""
    said = (
        f"The server failed with this request ({type(error).__name__}). Its output says where; tell its administrator."
    )
    if not with_trace:
        return said
    return str(MASKER.redact(f"{said}\n{''.join(traceback.format_exception(error))}"))


def _install(app: FastAPI, known: Handler, raised: Handler, misfit: Handler, broken: Handler) -> None:
    app.add_exception_handler(TradewindError, known)
    app.add_exception_handler(StoreError, known)
    app.add_exception_handler(HTTPException, raised)
    app.add_exception_handler(RequestValidationError, misfit)
    app.add_exception_handler(Exception, broken)
