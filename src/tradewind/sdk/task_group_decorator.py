"""`@task_group`: a group from a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tradewind.sdk.exceptions import InvalidArgument, UnknownArgument
from tradewind.sdk.expand_input import DictOfLists, ExpandInput, ListOfDicts, MappedArgument, check_mappable
from tradewind.sdk.suggestions import suggestion
from tradewind.sdk.task_group import MappedTaskGroup, TaskGroup
from tradewind.sdk.xcom_arg import XComArg

_GROUP_ARGUMENTS = frozenset(inspect.signature(TaskGroup.__init__).parameters) - {"self"}


class TaskGroupDecorator:
    """A function whose call defines a group. Give `.partial` and `.expand` the function's arguments."""

    def __init__(
        self,
        function: Callable[..., Any],
        kwargs: Mapping[str, Any],
        partial_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        for name in sorted(kwargs.keys() - _GROUP_ARGUMENTS):
            raise UnknownArgument(f"@task_group has no argument {name!r}.{suggestion(name, _GROUP_ARGUMENTS)}")
        self.function = function
        self.kwargs = {"group_id": function.__name__, **kwargs}
        if function.__doc__:
            self.kwargs.setdefault("tooltip", inspect.cleandoc(function.__doc__))
        self.partial_kwargs = dict(partial_kwargs or {})
        functools.update_wrapper(self, function)

    @property
    def group_id(self) -> str:
        return str(self.kwargs["group_id"])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Define the group. Gives what the function returns, or the group when it returns nothing."""
        self._check({**self.partial_kwargs, **kwargs}, "()", args)
        with TaskGroup(**{"add_suffix_on_collision": True, **self.kwargs}) as group:
            result = self.function(*args, **{**self.partial_kwargs, **kwargs})
        return group if result is None else result

    def override(self, **kwargs: Any) -> TaskGroupDecorator:
        return TaskGroupDecorator(self.function, {**self.kwargs, **kwargs}, self.partial_kwargs)

    def partial(self, **kwargs: Any) -> TaskGroupDecorator:
        """Arguments that all instances share."""
        self._check(kwargs, ".partial()", None)
        for name in sorted(self.partial_kwargs.keys() & kwargs.keys()):
            raise InvalidArgument(f"Task group {self.group_id!r} got {name!r} twice.")
        return TaskGroupDecorator(self.function, self.kwargs, {**self.partial_kwargs, **kwargs})

    def expand(self, **mapped: Any) -> Any:
        """One instance of the group for each combination of items."""
        if not mapped:
            raise InvalidArgument(f"Task group {self.group_id!r}: expand() has nothing to map over.")
        self._check(mapped, ".expand()", None)
        return self._map(DictOfLists(mapped), mapped)

    def expand_kwargs(self, kwargs: Any) -> Any:
        """One instance of the group for each dict of a list (or of what a task returns)."""
        operand = ListOfDicts(kwargs)
        if isinstance(kwargs, XComArg):
            check_mappable(kwargs)
            names = [name for name in inspect.signature(self.function).parameters if name not in self.partial_kwargs]
        else:
            for one in kwargs:
                if isinstance(one, Mapping):
                    self._check(one, ".expand_kwargs()", None)
            names = sorted({name for one in kwargs if isinstance(one, Mapping) for name in one})
        return self._map(operand, dict.fromkeys(names))

    def _map(self, expand_input: ExpandInput, mapped: Mapping[str, Any]) -> Any:
        for name in sorted(self.partial_kwargs.keys() & mapped.keys()):
            raise InvalidArgument(f"Task group {self.group_id!r} has {name!r} in partial() and in expand(): keep one.")
        arguments: dict[str, Any] = {
            **self.partial_kwargs,
            **{name: MappedArgument(expand_input, name) for name in mapped},
        }
        self._check(arguments, "()", ())
        with MappedTaskGroup(expand_input=expand_input, **{"add_suffix_on_collision": True, **self.kwargs}) as group:
            self.function(**arguments)
        return group

    def _check(self, kwargs: Mapping[str, Any], method: str, args: Any) -> None:
        parameters = inspect.signature(self.function).parameters
        if not any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            for name in sorted(kwargs.keys() - parameters.keys()):
                raise UnknownArgument(
                    f"Task group {self.group_id}{method} got {name!r}, which the function does not take."
                    f"{suggestion(name, parameters)}"
                )
        if args is not None:
            try:
                inspect.signature(self.function).bind(*args, **kwargs)
            except TypeError as error:
                raise InvalidArgument(f"Task group {self.group_id}(): {error}.") from None


def task_group(group_id: Any = None, /, **kwargs: Any) -> Any:
    """Make a task group from a function: `@task_group`, `@task_group("name")` or `@task_group(tooltip=…)`."""
    if callable(group_id):
        return TaskGroupDecorator(group_id, kwargs)
    if group_id is not None:
        kwargs["group_id"] = group_id
    return lambda function: TaskGroupDecorator(function, kwargs)
