"""What a decision changed: the value that the engine carries out.

A plan lists what has already been applied to the `RunView` it came from; nothing in it is a proposal. Writing it down and
starting, stopping or timing tries is the caller's part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tradewind.core.states import RunState, TaskEvent, TaskState

if TYPE_CHECKING:
    from tradewind.core.instance import Instance


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state, in the order in which they happened."""

    instance: Instance
    old: TaskState
    new: TaskState
    event: TaskEvent
    why: str
    """What caused it, for the history: a few words, or an outcome's cause; empty when the event says it all."""
    at: datetime


@dataclass(frozen=True, slots=True)
class RunTransition:
    old: RunState
    new: RunState
    reason: str


@dataclass(slots=True)
class Plan:
    """Everything that one decision, or several merged with `|=`, changed."""

    transitions: list[Transition] = field(default_factory=list)
    created: list[Instance] = field(default_factory=list)
    """New instances, with the state that they have now; their transitions are listed, too."""
    ready: list[Instance] = field(default_factory=list)
    """Became SCHEDULED: they want a slot."""
    unready: list[Instance] = field(default_factory=list)
    """Were SCHEDULED and are not any more: their wish for a slot is withdrawn."""
    retime: list[Instance] = field(default_factory=list)
    """`due_at` changed; None means that nothing is to happen on time any more."""
    run: RunTransition | None = None
    reasons: list[Instance] = field(default_factory=list)
    """`waiting_for` changed without a change of state."""
    kill: list[tuple[Instance, str]] = field(default_factory=list)
    """Tries to stop, with the cause."""

    def __bool__(self) -> bool:
        return bool(
            self.transitions
            or self.created
            or self.ready
            or self.retime
            or self.reasons
            or self.kill
            or self.run is not None
        )

    def __ior__(self, other: Plan) -> Plan:
        """Append what `other` did after this plan. The run's transition spans both.

        An instance can then be in a list twice, or in `ready` and later in `unready`: its own state says what holds.
        """
        self.transitions += other.transitions
        self.created += other.created
        self.ready += other.ready
        self.unready += other.unready
        self.retime += other.retime
        self.reasons += other.reasons
        self.kill += other.kill
        if other.run is not None:
            old = self.run.old if self.run is not None else other.run.old
            self.run = RunTransition(old, other.run.new, other.run.reason)
        return self
