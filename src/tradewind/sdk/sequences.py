"""Small functions over lists and mappings that DAG files and providers import from `airflow.utils.helpers`."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def chunks(items: list[T], chunk_size: int) -> Generator[list[T], None, None]:
    """Slices of at most `chunk_size` items. Raises ValueError for a size below 1."""
    if chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    for start in range(0, len(items), chunk_size):
        yield items[start : start + chunk_size]


def exactly_one(*args: Any) -> bool:
    """Whether one and only one is true. Raises ValueError for a list, which was meant to be unpacked."""
    if len(args) == 1 and is_container(args[0]):
        raise ValueError("Not supported for iterable args. Use `*` to unpack your iterable in the function call.")
    return sum(map(bool, args)) == 1


def at_most_one(*args: Any) -> bool:
    """Whether not more than one was given."""
    from tradewind.sdk.types import is_arg_set

    if len(args) == 1 and is_container(args[0]):
        raise ValueError("Not supported for iterable args. Use `*` to unpack your iterable in the function call.")
    return sum(is_arg_set(one) and bool(one) for one in args) <= 1


def is_container(value: Any) -> bool:
    """Whether it is an iterable other than text."""
    return hasattr(value, "__iter__") and not isinstance(value, str)


def as_flattened_list(iterable: Iterable[Iterable[T]]) -> list[T]:
    return list(itertools.chain.from_iterable(iterable))


def partition(pred: Callable[[T], bool], iterable: Iterable[T]) -> tuple[Iterator[T], Iterator[T]]:
    """(those that are not, those that are)."""
    one, other = itertools.tee(iterable)
    return itertools.filterfalse(pred, one), filter(pred, other)


def reduce_in_chunks(
    fn: Callable[[Any, list[Any]], Any], iterable: list[Any], initializer: Any, chunk_size: int = 0
) -> Any:
    """`fn(result, chunk)` over all chunks; the whole list is one when `chunk_size` is 0."""
    result = initializer
    for chunk in chunks(iterable, chunk_size or len(iterable)) if iterable else ():
        result = fn(result, chunk)
    return result


def merge_dicts(dict1: Mapping[str, Any], dict2: Mapping[str, Any]) -> dict[str, Any]:
    """Both, the second one winning; mappings inside are merged, too. Changes neither."""
    merged = copy.copy(dict(dict1))
    for key, value in dict2.items():
        if isinstance(merged.get(key), dict) and isinstance(value, dict):
            merged[key] = merge_dicts(merged[key], value)
        else:
            merged[key] = value
    return merged


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Without None (`strict`), or without anything false (`truthy`), in nested lists and mappings, too."""
    if mode not in ("strict", "truthy"):
        raise ValueError("allowed values for `mode` are 'strict' and 'truthy'")

    def drop(value: Any) -> bool:
        return value is None if mode == "strict" else not bool(value)

    def pruned(value: Any) -> Any:
        return prune_dict(value, mode) if isinstance(value, (dict, list)) else value

    if isinstance(val, dict):
        kept = {key: pruned(value) for key, value in val.items() if not drop(value)}
        return {key: value for key, value in kept.items() if not (mode == "truthy" and drop(value))}
    if isinstance(val, list):
        found = [pruned(value) for value in val if not drop(value)]
        return [value for value in found if not (mode == "truthy" and drop(value))]
    return val


def convert_camel_to_snake(camel_str: str) -> str:
    return re.sub(r"(?!^)([A-Z]+)", r"_\1", camel_str).lower()


def to_boolean(astring: str | None) -> bool:
    """True for true, t, yes, y, on and 1, in any case."""
    return astring is not None and str(astring).strip().lower() in ("true", "t", "yes", "y", "on", "1")


def get_random_string(
    length: int = 8, choices: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
) -> str:
    import secrets

    return "".join(secrets.choice(choices) for _ in range(length))
