"""Creating, changing and deleting many things of one kind in one request, each request's actions one after the other.

An action that may not meet what is there (or what is missing) and meets some of it does nothing at all: its error names
the keys. What one thing of an action cannot have (a bad port, no permission) is an error of its own, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

from tradewind.core.errors import TradewindError
from tradewind.services.errors import Unknown
from tradewind.store.errors import AlreadyExists, NotFound, StoreError, StoreFault

T = TypeVar("T")


class OnExisting(str, Enum):
    FAIL = "fail"
    SKIP = "skip"
    OVERWRITE = "overwrite"


class OnMissing(str, Enum):
    FAIL = "fail"
    SKIP = "skip"


@dataclass
class Outcome:
    """What an action did: the keys it was done to, and what went wrong."""

    success: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)


class SomeExist(AlreadyExists):
    """Some of what was to be made is there."""

    def __init__(self, what: str, keys: Collection[str]) -> None:
        names = ", ".join(sorted(keys))
        super().__init__(
            what, names, f"Nothing was made: these {what}s exist already: {names}. Skip or overwrite them."
        )


class SomeMissing(NotFound):
    """Some of what was to be changed is not there."""

    def __init__(self, what: str, keys: Collection[str]) -> None:
        names = ", ".join(sorted(keys))
        super().__init__(
            what, names, f"Nothing was done: there are no {what}s {names}. Skip them, or correct the names."
        )


@dataclass(frozen=True)
class Bulk(Generic[T]):
    """How one kind of thing is made, changed and deleted, one at a time."""

    what: str
    """For people: `variable`."""
    key_of: Callable[[T], str]
    existing: Callable[[], Collection[str]]
    add: Callable[[T], object]
    replace: Callable[[T], object]
    """Writes it in the place of the one that is there."""
    change: Callable[[T, Sequence[str] | None], object]
    """With a mask of the fields to change; None: all that are given."""
    delete: Callable[[str], object]

    def create_all(self, things: Sequence[T], on_existing: OnExisting) -> Outcome:
        there = set(self.existing()).intersection(map(self.key_of, things))
        if there and on_existing is OnExisting.FAIL:
            return Outcome(errors=[SomeExist(self.what, there)])
        outcome = Outcome()
        for thing in things:
            key = self.key_of(thing)
            if key not in there:
                _try(outcome, key, lambda thing=thing: self.add(thing))  # type: ignore[misc]
            elif on_existing is OnExisting.OVERWRITE:
                _try(outcome, key, lambda thing=thing: self.replace(thing))  # type: ignore[misc]
        return outcome

    def update_all(self, things: Sequence[T], mask: Sequence[str] | None, on_missing: OnMissing) -> Outcome:
        there = set(self.existing())
        missing = {self.key_of(thing) for thing in things} - there
        if missing and on_missing is OnMissing.FAIL:
            return Outcome(errors=[SomeMissing(self.what, missing)])
        outcome = Outcome()
        for thing in things:
            if self.key_of(thing) in there:
                _try(outcome, self.key_of(thing), lambda thing=thing: self.change(thing, mask))  # type: ignore[misc]
        return outcome

    def delete_all(self, keys: Sequence[str], on_missing: OnMissing) -> Outcome:
        there = set(self.existing())
        missing = set(keys) - there
        if missing and on_missing is OnMissing.FAIL:
            return Outcome(errors=[SomeMissing(self.what, missing)])
        outcome = Outcome()
        for key in dict.fromkeys(keys):
            if key in there:
                _try(outcome, key, lambda key=key: self.delete(key))  # type: ignore[misc]
        return outcome


class Entry(NamedTuple):
    """One thing of an action on things that are too many to list: how it is found, and what is done to it then."""

    key: str
    find: Callable[[], Any]
    """Raises Unknown, or NotFound (of the store)."""
    act: Callable[[Any], object]


def each_found(what: str, entries: Sequence[Entry], on_missing: OnMissing) -> Outcome:
    """Finds all, then acts on each; nothing is done when some are missing and that is to fail."""
    outcome = Outcome()
    found: list[tuple[Entry, Any]] = []
    missing: list[str] = []
    for entry in entries:
        try:
            found.append((entry, entry.find()))
        except (Unknown, NotFound):
            missing.append(entry.key)
        except StoreFault:
            raise
        except (StoreError, TradewindError) as error:
            outcome.errors.append(error)
    if missing and on_missing is OnMissing.FAIL:
        outcome.errors.append(SomeMissing(what, missing))
        return outcome
    for entry, thing in found:
        _try(outcome, entry.key, lambda entry=entry, thing=thing: entry.act(thing))  # type: ignore[misc]
    return outcome


def _try(outcome: Outcome, key: str, act: Callable[[], object]) -> None:
    try:
        act()
    except StoreFault:
        # The database is in trouble: that is not about this one thing.
        raise
    except (StoreError, TradewindError) as error:
        outcome.errors.append(error)
    else:
        outcome.success.append(key)
