"""XComArg: the result of a task, used as an argument of another before it exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tradewind.sdk import setup_teardown
from tradewind.sdk.exceptions import AirflowException, InvalidArgument, XComNotFound
from tradewind.sdk.node import DependencyMixin
from tradewind.sdk.resolvable import ResolveMixin, iter_references
from tradewind.sdk.types import NOTSET, ArgNotSet

if TYPE_CHECKING:
    from tradewind.sdk.edges import EdgeModifier

XCOM_RETURN_KEY = "return_value"


class XComArg(ResolveMixin, DependencyMixin):
    """A value that a task will push. `XComArg(task)` is what it returns, `XComArg(task, "key")` another one.

    Used in a template field of an operator it makes an edge, and is replaced by the value when the operator runs. In
    text it becomes a template that pulls the value.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(PlainXComArg if cls is XComArg else cls)

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        raise NotImplementedError

    @staticmethod
    def iter_xcom_references(arg: Any) -> Iterator[tuple[Any, str]]:
        """(operator, key) of every result in nested values."""
        return iter_references(arg)

    @staticmethod
    def apply_upstream_relationship(operator: Any, arg: Any) -> None:
        """Make the tasks whose results are in `arg` upstreams of `operator`."""
        for upstream, _ in iter_references(arg):
            operator.set_upstream(upstream)

    # --- as a node ----------------------------------------------------------------------------------------------------------

    def _operators(self) -> list[Any]:
        return list({id(operator): operator for operator, _ in self.iter_references()}.values())

    @property
    def roots(self) -> list[Any]:
        return self._operators()

    @property
    def leaves(self) -> list[Any]:
        return self._operators()

    def set_upstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        for operator in self._operators():
            operator.set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: EdgeModifier | None = None) -> None:
        for operator in self._operators():
            operator.set_downstream(other, edge_modifier)

    def __enter__(self) -> XComArg:
        operators = self._operators()
        if not operators or not all(operator.is_setup or operator.is_teardown for operator in operators):
            raise AirflowException("`with` takes setup and teardown tasks: mark it with .as_setup() or .as_teardown().")
        setup_teardown.open_scope(operators)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        setup_teardown.close_scope()

    # --- as a value ---------------------------------------------------------------------------------------------------------

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        """Each item through `f` when it is used. `f` may raise AirflowSkipException to skip its instance."""
        return MapXComArg(self, [f])

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> ZipXComArg:
        """Items side by side, as tuples; as many as the shortest has, or as the longest with a `fillvalue`."""
        return ZipXComArg([self, *others], fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        """Items one after the other."""
        return ConcatXComArg([self, *others])

    def __getitem__(self, key: Any) -> XComArg:
        raise InvalidArgument(f"{type(self).__name__} has no parts to look up; map() over it instead.")

    def __iter__(self) -> Any:
        raise TypeError(
            "'XComArg' object is not iterable: its value is not known before the task ran. Use task.expand(x=…) to have "
            "one task for each item."
        )

    def resolve(self, context: Mapping[str, Any]) -> Any:
        raise NotImplementedError


class PlainXComArg(XComArg):
    """One XCom of one task."""

    def __init__(self, operator: Any, key: str = XCOM_RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield self.operator, self.key

    def __getitem__(self, key: str) -> XComArg:
        """Another XCom of the same task: what a dict with `multiple_outputs` holds under `key`."""
        if not isinstance(key, str):
            raise InvalidArgument(
                f"The result of task {self.operator.task_id!r} is not known yet, so its item {key!r} cannot be taken: "
                "pass the whole result and take it in the task. (Text keys work with multiple_outputs=True.)"
            )
        return PlainXComArg(self.operator, key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlainXComArg) and (self.operator, self.key) == (other.operator, other.key)

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __repr__(self) -> str:
        key = "" if self.key == XCOM_RETURN_KEY else f", {self.key!r}"
        return f"XComArg({self.operator!r}{key})"

    def __str__(self) -> str:
        """A template that pulls the value."""
        pull = f"task_ids={self.operator.task_id!r}, dag_id={self.operator.dag_id!r}, key={self.key!r}"
        return "{{ task_instance.xcom_pull(" + pull + ") }}"

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        self._only_return_value("map()")
        return super().map(f)

    def zip(self, *others: XComArg, fillvalue: Any = NOTSET) -> ZipXComArg:
        self._only_return_value("zip()")
        return super().zip(*others, fillvalue=fillvalue)

    def concat(self, *others: XComArg) -> ConcatXComArg:
        self._only_return_value("concat()")
        return super().concat(*others)

    def _only_return_value(self, what: str) -> None:
        if self.key != XCOM_RETURN_KEY:
            raise InvalidArgument(f"{what} works on what a task returns, not on its XCom {self.key!r}.")

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The value: one item for a task inside the same mapped group, a lazy list of all for a mapped task.

        Raises XComNotFound when a key other than the return value is missing.
        """
        ti = context["ti"]
        index = ti.relevant_map_indexes(self.operator)
        if isinstance(index, ArgNotSet) and self.operator.get_needs_expansion():
            return ti.all_results(self.operator, self.key)
        value = ti.xcom_pull(task_ids=self.operator.task_id, key=self.key, default=NOTSET, map_indexes=index)
        if not isinstance(value, ArgNotSet):
            return value
        if self.key == XCOM_RETURN_KEY or getattr(self.operator, "multiple_outputs", False):
            return None
        raise XComNotFound(ti.dag_id, self.operator.task_id, self.key)


def items_of(value: Any, what: str = "expand()") -> Any:
    """A list of the items: of a mapping its (key, value) pairs. Raises TypeError for anything else."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return value
    raise TypeError(
        f"{what} works on a list or a dict, and the task returned {type(value).__name__}: return a list from it."
    )


class _Mapped(Sequence[Any]):
    """Items through functions, each when it is asked for."""

    def __init__(self, items: Sequence[Any], functions: Sequence[Callable[[Any], Any]]) -> None:
        self._items = items
        self._functions = functions

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        value = self._items[index]
        for function in self._functions:
            value = function(value)
        return value


class MapXComArg(XComArg):
    """`arg.map(f)`."""

    def __init__(self, arg: XComArg, functions: Sequence[Callable[[Any], Any]]) -> None:
        for function in functions:
            plain: Any = function
            if not callable(plain) or hasattr(plain, "expand"):
                raise InvalidArgument(
                    "map() takes a plain function: a @task function has to be called with .expand() instead."
                )
        self.arg = arg
        self.functions = list(functions)

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        yield from self.arg.iter_references()

    def map(self, f: Callable[[Any], Any]) -> MapXComArg:
        return MapXComArg(self.arg, [*self.functions, f])

    def __repr__(self) -> str:
        return repr(self.arg) + "".join(f".map({getattr(f, '__name__', f)})" for f in self.functions)

    def resolve(self, context: Mapping[str, Any]) -> Any:
        return _Mapped(items_of(self.arg.resolve(context), "map()"), self.functions)


class ZipXComArg(XComArg):
    """`a.zip(b)`."""

    def __init__(self, args: Sequence[Any], fillvalue: Any = NOTSET) -> None:
        if not all(isinstance(arg, XComArg) for arg in args):
            raise InvalidArgument("zip() takes results of tasks.")
        self.args: list[XComArg] = list(args)
        self.fillvalue = fillvalue

    @property
    def fills(self) -> bool:
        return not isinstance(self.fillvalue, ArgNotSet)

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        for arg in self.args:
            yield from arg.iter_references()

    def __repr__(self) -> str:
        fill = f", fillvalue={self.fillvalue!r}" if self.fills else ""
        return f"{self.args[0]!r}.zip({', '.join(map(repr, self.args[1:]))}{fill})"

    def resolve(self, context: Mapping[str, Any]) -> Any:
        lists = [items_of(arg.resolve(context), "zip()") for arg in self.args]
        return list(zip_longest(*lists, fillvalue=self.fillvalue)) if self.fills else list(zip(*lists, strict=False))


class ConcatXComArg(XComArg):
    """`a.concat(b)`."""

    def __init__(self, args: Sequence[Any]) -> None:
        if not all(isinstance(arg, XComArg) for arg in args):
            raise InvalidArgument("concat() takes results of tasks.")
        self.args: list[XComArg] = list(args)

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        for arg in self.args:
            yield from arg.iter_references()

    def concat(self, *others: XComArg) -> ConcatXComArg:
        return ConcatXComArg([*self.args, *others])

    def __repr__(self) -> str:
        return f"{self.args[0]!r}.concat({', '.join(map(repr, self.args[1:]))})"

    def resolve(self, context: Mapping[str, Any]) -> Any:
        return list(chain.from_iterable(items_of(arg.resolve(context), "concat()") for arg in self.args))
