"""Airflow's ways to its database, which DAG code has not here: the names exist, using them says what to do instead."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn

from tradewind.sdk.exceptions import AirflowRuntimeError

NEW_SESSION: Any = None
"""Default of a function's `session` argument."""


class NoDatabaseHere(AirflowRuntimeError):
    """DAG code asked for a database session."""


def _refuse(what: str) -> NoReturn:
    raise NoDatabaseHere(
        f"{what} opens a session on Airflow's database, which DAG files and tasks have not in tradewind (nor in Airflow 3). "
        "Use the task's context (ti, dag_run), Variable, Connection and XCom, or the REST API."
    )


def create_session(*args: Any, **kwargs: Any) -> NoReturn:
    """Refuses."""
    _refuse("create_session()")


def provide_session(func: Callable[..., Any]) -> Callable[..., Any]:
    """`func`, which refuses to run unless its caller gives the session."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            given = inspect.signature(func).bind_partial(*args, **kwargs).arguments
        except TypeError:
            given = kwargs
        if given.get("session") is None:
            _refuse(f"@provide_session on {func.__name__}()")
        return func(*args, **kwargs)

    return wrapper


class Session:
    """`settings.Session`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("settings.Session()")

    @staticmethod
    def query(*args: Any, **kwargs: Any) -> NoReturn:
        _refuse("settings.Session.query()")
