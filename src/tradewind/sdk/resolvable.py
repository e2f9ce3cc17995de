"""Values that stand in a DAG file for something known only when the task runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class ResolveMixin:
    """Replaced by `resolve(context)` when template fields are rendered."""

    __slots__ = ()

    def iter_references(self) -> Iterator[tuple[Any, str]]:
        """(operator, XCom key) of every result that is needed to resolve this."""
        yield from ()

    def resolve(self, context: Mapping[str, Any]) -> Any:
        raise NotImplementedError


class LiteralValue(ResolveMixin):
    """A value that is not rendered."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def resolve(self, context: Mapping[str, Any]) -> Any:
        return self.value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LiteralValue) and self.value == other.value

    def __hash__(self) -> int:
        return hash(("literal", self.value))

    def __repr__(self) -> str:
        return f"literal({self.value!r})"


def literal(value: Any) -> LiteralValue:
    """Keep `value` as it is: `bash_command=literal("echo {{ not a template }}")`, also for names of template files."""
    return LiteralValue(value)


def iter_references(value: Any, _depth: int = 0) -> Iterator[tuple[Any, str]]:
    """(operator, XCom key) of every task result in nested lists, mappings and templated objects."""
    if isinstance(value, ResolveMixin):
        yield from value.iter_references()
    elif isinstance(value, (str, bytes, int, float)) or value is None or _depth > 64:
        return
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from iter_references(item, _depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from iter_references(item, _depth + 1)
    elif not isinstance(value, type) and isinstance(getattr(value, "template_fields", None), (list, tuple)):
        for field in value.template_fields:
            yield from iter_references(getattr(value, field, None), _depth + 1)
