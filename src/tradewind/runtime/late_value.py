"""A value that is looked up only when somebody uses it: for the few keys of a context that cost a question."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

ASKED_FOR: Final = frozenset(
    {
        "prev_data_interval_end_success",
        "prev_data_interval_start_success",
        "prev_end_date_success",
        "prev_execution_date_success",
        "prev_start_date_success",
    }
)
"""Keys whose values the platform has to be asked for."""


class LateValue:
    """Stands for what `look_up` answers; it is called once, at the first use.

    It equals the value, prints like it and does what it does; but `late is None` is never true.
    """

    __slots__ = ("_known", "_look_up", "_value")

    def __init__(self, look_up: Callable[[], Any]) -> None:
        object.__setattr__(self, "_look_up", look_up)
        object.__setattr__(self, "_known", False)

    def _get(self) -> Any:
        if not object.__getattribute__(self, "_known"):
            object.__setattr__(self, "_value", object.__getattribute__(self, "_look_up")())
            object.__setattr__(self, "_known", True)
        return object.__getattribute__(self, "_value")

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._get())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)

    def __reduce__(self) -> Any:
        return operator.itemgetter(0), ((self._get(),),)


_BUILTINS: Final[dict[str, Any]] = {
    "__bool__": operator.truth,
    "__str__": str,
    "__repr__": repr,
    "__hash__": hash,
    "__format__": format,
}


def _forward(name: str) -> Any:
    function: Any = _BUILTINS.get(name) or getattr(operator, name)

    def call(self: LateValue, *others: Any) -> Any:
        return function(self._get(), *(other._get() if type(other) is LateValue else other for other in others))

    return call


def _reflected(name: str) -> Any:
    function = getattr(operator, name)

    def call(self: LateValue, other: Any) -> Any:
        return function(other, self._get())

    return call


for _name in ("bool", "str", "repr", "hash", "format", "eq", "ne", "lt", "le", "gt", "ge", "add", "sub"):
    setattr(LateValue, f"__{_name}__", _forward(f"__{_name}__"))
for _name in ("add", "sub"):
    setattr(LateValue, f"__r{_name}__", _reflected(f"__{_name}__"))
