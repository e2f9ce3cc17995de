"""Calling a user's function with the parts of the context that its signature asks for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any


def is_async_callable(function: Any) -> bool:
    """Whether calling `function` gives a coroutine; partials and callable objects are looked into."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), "__call__", None)  # noqa: B004 - asked for the method itself, not whether there is one
    )


class KeywordParameters:
    """The keyword arguments that a function is to get."""

    def __init__(self, kwargs: Mapping[str, Any], *, wildcard: bool) -> None:
        self._kwargs = kwargs
        self._wildcard = wildcard

    @classmethod
    def determine(cls, func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> KeywordParameters:
        """Of `kwargs` what `func` names, or all with a `**kwargs`; `args` fill the first parameters.

        Raises ValueError when one of those is the name of a context key as well.
        """
        try:
            parameters = list(inspect.signature(func).parameters.values())
        except (TypeError, ValueError):
            # Some functions written in C have no signature: they get everything, as a plain call would.
            return cls(kwargs, wildcard=True)
        kinds = inspect.Parameter
        places = [one.name for one in parameters if one.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
        for name in places[: len(args)]:
            if name in kwargs:
                raise ValueError(
                    f"The function's argument {name!r} is given by place, and {name!r} is a key of the context as well: "
                    "rename the argument, or give it by name."
                )
        if any(one.kind is kinds.VAR_KEYWORD for one in parameters):
            return cls(kwargs, wildcard=True)
        wanted = [one.name for one in parameters if one.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)]
        # Looked up one by one, so that lazy values nobody asks for are not computed.
        return cls({name: kwargs[name] for name in wanted if name in kwargs}, wildcard=False)

    def unpacking(self) -> Mapping[str, Any]:
        """For `func(**…)`."""
        return self._kwargs

    def serializing(self) -> Mapping[str, Any]:
        """For handing over to another process."""
        return self._kwargs


def determine_kwargs(func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """See `KeywordParameters.determine`."""
    return KeywordParameters.determine(func, args, kwargs).unpacking()


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """`func` taking any keyword arguments and leaving out those it does not know."""

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return call


def call_with_context(
    function: Callable[..., Any], args: Collection[Any], own: Mapping[str, Any], context: Mapping[str, Any]
) -> Any:
    """Call `function` with `args`, its own keyword arguments, and the context keys it asks for. Coroutines are run.

    The function's own arguments win over context keys of the same name.
    """
    merged = Overlay(own, context)
    kwargs = determine_kwargs(function, args, merged)
    result = function(*args, **kwargs)
    if inspect.iscoroutine(result):
        import asyncio

        return asyncio.run(result)
    return result


class Overlay(Mapping[str, Any]):
    """Two mappings as one; the first wins. Computes nothing that is not read."""

    def __init__(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        self._first = first
        self._second = second

    def __getitem__(self, key: str) -> Any:
        return self._first[key] if key in self._first else self._second[key]

    def __contains__(self, key: object) -> bool:
        return key in self._first or key in self._second

    def __iter__(self) -> Any:
        yield from self._first
        yield from (key for key in self._second if key not in self._first)

    def __len__(self) -> int:
        return sum(1 for _ in self)
