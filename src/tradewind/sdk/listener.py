"""Marks of listener functions (`on_task_instance_success` …)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

MARK = "airflow_impl"


def hookimpl(function: F | None = None, **options: Any) -> Any:
    """Marks a function as a listener; the options are kept with it."""

    def mark(function: F) -> F:
        setattr(function, MARK, options)
        return function

    return mark if function is None else mark(function)


def hookspec(function: F | None = None, **options: Any) -> Any:
    return hookimpl(function, **options)
