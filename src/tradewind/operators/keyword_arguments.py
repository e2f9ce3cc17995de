"""Which keys of the context a callable is given: those that its parameters name, or all of them for `**kwargs`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tradewind.operators.late_value import spread

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def determine_kwargs(func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `kwargs` that `func` takes when it is called with `args` first.

    Lazy values of a context are computed only when they are passed on. Raises ValueError when a positional argument
    falls on a parameter that has the name of a key: the callable would get it twice.
    """
    try:
        parameters = inspect.signature(func).parameters
    except ValueError:
        # Some builtins do not tell their parameters, and so cannot ask for any by name.
        return {}
    taken = [name for name, parameter in parameters.items() if parameter.kind not in _VARIADIC][: len(args)]
    for name in taken:
        if name in kwargs:
            raise ValueError(
                f"The parameter {name!r} of {_name_of(func)} is filled by op_args, but {name!r} is a key of the context: "
                "rename the parameter."
            )
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return spread(kwargs)
    return {
        name: kwargs[name] for name, parameter in parameters.items() if parameter.kind in _NAMED and name in kwargs
    }


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """`func`, made to accept any keyword argument and to drop those that it does not take."""

    @functools.wraps(func)
    def takes_any(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return takes_any


def _name_of(func: Callable[..., Any]) -> str:
    return getattr(func, "__qualname__", None) or repr(func)
