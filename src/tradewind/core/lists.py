"""What is asked of a list: which page of it, in which order, between which values, matching which pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Bound = TypeVar("Bound", datetime, int, float)

ANYTHING = "~"
"""Airflow's pattern that matches everything."""


class Page(NamedTuple):
    """`limit` rows after the first `offset`."""

    limit: int
    offset: int = 0


class Ordering(NamedTuple):
    """By which of the list's fields, in the list's own words."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """One page of a list, and how many rows the list has in all."""

    items: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Span(Generic[Bound]):
    """Bounds that a value keeps; None: no such bound. A value that is absent keeps no bound."""

    gte: Bound | None = None
    gt: Bound | None = None
    lte: Bound | None = None
    lt: Bound | None = None

    @property
    def is_open(self) -> bool:
        return self == Span()


class Pattern(NamedTuple):
    """Matches a text that any of `terms` matches; no terms match everything.

    With `is_prefix` a term is the literal start of the text, in its case. Otherwise it is found anywhere in the text, in
    any case, `%` standing for any characters and `_` for one.
    """

    terms: tuple[str, ...] = ()
    is_prefix: bool = False

    @property
    def is_open(self) -> bool:
        return not self.terms

    def matches(self, text: str) -> bool:
        if self.is_open:
            return True
        if self.is_prefix:
            return text.startswith(self.terms)
        return any(re.search(_expression(term), text, re.IGNORECASE | re.DOTALL) for term in self.terms)

    @classmethod
    def anywhere(cls, text: str | None) -> Pattern:
        """`a|b`: a or b; `~` and None: everything."""
        return cls(_terms(text))

    @classmethod
    def start(cls, text: str | None) -> Pattern:
        """Of a `*_prefix_pattern`: as `anywhere`, but literal starts, without the signs at their end.

        Airflow cuts those, so that an index serves the search under any collation: `s3://` asks for `s3`.
        """
        cut = []
        for term in _terms(text):
            while term and not term[-1].isalnum():
                term = term[:-1]
            if not term:
                return cls(is_prefix=True)
            cut.append(term)
        return cls(tuple(cut), is_prefix=True)


def _expression(term: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(sign) or re.escape(sign) for sign in term)


def _terms(text: str | None) -> tuple[str, ...]:
    if text is None or not text:
        return ()
    terms = tuple(term.strip() for term in text.split("|"))
    return () if ANYTHING in terms else tuple(term for term in terms if term)
