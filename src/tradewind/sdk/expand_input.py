"""What a mapped task or group is expanded over, and which values one of its instances gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradewind.core.spec import Expansion, Length, LengthConcat, LengthLiteral, LengthOf, LengthZip
from tradewind.sdk.exceptions import AirflowException, InvalidArgument
from tradewind.sdk.resolvable import ResolveMixin, iter_references
from tradewind.sdk.xcom_arg import ConcatXComArg, MapXComArg, PlainXComArg, XComArg, ZipXComArg, items_of


class ExpandInput(ResolveMixin):
    """The operands of an expansion, in order. `resolve` gives the arguments of the instance that the context is of."""

    operands: Mapping[str, Any]

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield from iter_references(dict(self.operands))

    def spec(self) -> Expansion:
        """How the number of instances is found."""
        return Expansion(tuple((name, length_of(operand)) for name, operand in self.operands.items()))

    def resolve(self, context: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def from_results(self) -> frozenset[str] | None:
        """Names of the arguments whose values come from tasks, so that they are no templates; None means all."""
        raise NotImplementedError


class DictOfLists(ExpandInput):
    """`.expand(x=[1, 2], y=[3, 4])`: every combination; the last one varies fastest."""

    def __init__(self, operands: Mapping[str, Any]) -> None:
        for name, operand in operands.items():
            _check_operand(name, operand)
        self.operands = dict(operands)

    def resolve(self, context: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.value_of(name, context) for name in self.operands}

    def value_of(self, name: str, context: Mapping[str, Any]) -> Any:
        """The value of one argument for this instance."""
        known: Mapping[str, int] = context["ti"].map_lengths
        items = _items(self.operands[name], context)
        length = known.get(name, len(items))
        if length == 0:
            raise AirflowException(f"There is nothing to map over in {name!r}.")
        names = list(self.operands)
        index = int(context["ti"].map_index)
        # The lengths of the arguments behind this one tell how many instances share a value of it.
        for later in names[names.index(name) + 1 :]:
            index //= known[later] if later in known else len(_items(self.operands[later], context))
        return _resolve_inside(items[index % length], context)

    def from_results(self) -> frozenset[str]:
        return frozenset(name for name, operand in self.operands.items() if isinstance(operand, XComArg))


class ListOfDicts(ExpandInput):
    """`.expand_kwargs([{"x": 1}, {"x": 2}])`: one instance for each mapping."""

    def __init__(self, operand: Any) -> None:
        if isinstance(operand, Sequence) and not isinstance(operand, (str, bytes)):
            for one in operand:
                if not isinstance(one, (Mapping, XComArg)):
                    raise InvalidArgument(
                        f"expand_kwargs() takes a list of dicts; it has a {type(one).__name__} in it."
                    )
        elif not isinstance(operand, XComArg):
            raise InvalidArgument(
                f"expand_kwargs() takes a list of dicts, or the result of a task, not {type(operand).__name__}."
            )
        self.operand = operand
        self.operands = {"": operand}

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield from iter_references(self.operand)

    def resolve(self, context: Mapping[str, Any]) -> dict[str, Any]:
        mappings = self.operand.resolve(context) if isinstance(self.operand, XComArg) else self.operand
        if not isinstance(mappings, Sequence) or isinstance(mappings, (str, bytes)):
            raise ValueError(f"expand_kwargs() takes a list of dicts; the task gave {type(mappings).__name__}.")
        mapping = mappings[int(context["ti"].map_index)]
        if isinstance(mapping, ResolveMixin):
            mapping = mapping.resolve(context)
        if not isinstance(mapping, Mapping):
            raise ValueError(
                f"expand_kwargs() takes a list of dicts; the task gave one with a {type(mapping).__name__}."
            )
        for name in mapping:
            if not isinstance(name, str):
                raise ValueError(f"expand_kwargs() takes dicts with argument names as keys; one key is {name!r}.")
        return {name: _resolve_inside(value, context) for name, value in mapping.items()}

    def from_results(self) -> frozenset[str] | None:
        return None if isinstance(self.operand, XComArg) else frozenset()


class MappedArgument(ResolveMixin):
    """An argument of a mapped group, as its tasks see it: the value for their own instance."""

    def __init__(self, expand_input: ExpandInput, name: str) -> None:
        self.expand_input = expand_input
        self.name = name

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield from self.expand_input.iter_references()

    def resolve(self, context: Mapping[str, Any]) -> Any:
        if isinstance(self.expand_input, DictOfLists):
            return self.expand_input.value_of(self.name, context)
        return self.expand_input.resolve(context)[self.name]

    def __repr__(self) -> str:
        return f"<MappedArgument {self.name!r}>"


def _check_operand(name: str, operand: Any) -> None:
    if isinstance(operand, MappedArgument):
        raise InvalidArgument(
            f"expand({name}=…) gets an argument of the expanded group around it. Mapping inside a mapped group is not "
            "supported: expand over the combined list outside."
        )
    if isinstance(operand, XComArg):
        check_mappable(operand)
    elif isinstance(operand, (str, bytes)) or not isinstance(operand, (Mapping, Sequence)):
        raise InvalidArgument(
            f"expand({name}=…) takes a list, a dict or the result of a task, not {type(operand).__name__} ({operand!r})."
        )


def check_mappable(arg: XComArg) -> None:
    """Raise InvalidArgument for a result that cannot be mapped over: one with a key of its own."""
    for operator, key in arg.iter_references():
        if key != "return_value":
            raise InvalidArgument(
                f"Only what a task returns can be mapped over, not its XCom {key!r} (of task {operator.task_id!r})."
            )


def _items(operand: Any, context: Mapping[str, Any]) -> Any:
    """The items of an operand; results of tasks that stand inside a literal list are left for later."""
    return items_of(operand.resolve(context) if isinstance(operand, ResolveMixin) else operand)


def _resolve_inside(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, ResolveMixin):
        return value.resolve(context)
    if isinstance(value, (list, tuple)):
        return type(value)(_resolve_inside(item, context) for item in value) if not hasattr(value, "_fields") else value
    if isinstance(value, dict):
        return {key: _resolve_inside(item, context) for key, item in value.items()}
    return value


def length_of(operand: Any) -> Length:
    """How the engine finds the number of items of an operand."""
    if isinstance(operand, PlainXComArg):
        return LengthOf(operand.operator.task_id, operand.key)
    if isinstance(operand, MapXComArg):
        return length_of(operand.arg)
    if isinstance(operand, ZipXComArg):
        return LengthZip(tuple(length_of(arg) for arg in operand.args), fill=operand.fills)
    if isinstance(operand, ConcatXComArg):
        return LengthConcat(tuple(length_of(arg) for arg in operand.args))
    if isinstance(operand, Mapping):
        return LengthLiteral(len(operand), keys=[str(key) for key in operand])
    return LengthLiteral(len(operand))
