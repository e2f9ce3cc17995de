"""What the engine tells itself; what executors tell it is in `tradewind.executors.base` and `tradewind.core.messages`.

Everything that makes the engine decide is an event, so that a batch whose transaction did not go through can be decided
again from the same events.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstanceDue:
    """A retry delay or a reschedule is over."""

    run_key: int
    task_id: str
    map_index: int


@dataclass(frozen=True, slots=True)
class RunDue:
    """A queued run that was made for a later moment may start."""

    run_key: int


@dataclass(frozen=True, slots=True)
class RunTimedOut:
    """`dagrun_timeout` is over."""

    run_key: int


@dataclass(frozen=True, slots=True)
class ScheduleDue:
    """An automated run of this DAG is due, or room for one came free."""

    dag_id: str


@dataclass(frozen=True, slots=True)
class OutsideChanges:
    """Somebody else wrote to the store: read what from the outbox."""


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """Files below a watched folder were written, moved or deleted. Empty: look at all of them."""

    paths: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SaveFiles:
    """Files were imported: write down what is in them."""


@dataclass(frozen=True, slots=True)
class Reparse:
    """The periodic look at unchanged files."""


@dataclass(frozen=True, slots=True)
class FlushDue:
    """What waits to be written has waited long enough."""


@dataclass(frozen=True, slots=True)
class CallbackDue:
    callback_id: str


OwnEvent = (
    InstanceDue
    | RunDue
    | RunTimedOut
    | ScheduleDue
    | OutsideChanges
    | FilesChanged
    | SaveFiles
    | Reparse
    | FlushDue
    | CallbackDue
)
