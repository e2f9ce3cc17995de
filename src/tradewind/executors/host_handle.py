"""What the executor knows of one DAG host."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Union

from tradewind.core.messages import AskSchedule, FromHost, Parsed, StartCallback, StartTry
from tradewind.executors.base import SourceGetter
from tradewind.executors.frame_stream import FrameStream
from tradewind.runtime import process_facts

Order = Union[StartTry, StartCallback, AskSchedule]


class Phase(Enum):
    WAITING = "waiting"
    """For its turn to be forked."""
    IMPORTING = "importing"
    READY = "ready"
    LEAVING = "leaving"
    """Was told to end."""
    DEAD = "dead"


@dataclass(eq=False)
class Assignment:
    """Something a host has to do, until it says how that ended."""

    ident: str
    order: Order | None
    """None when the host had it already from an engine before this one."""
    getter: SourceGetter | None = None
    sent: bool = False
    process: tuple[int, int] | None = None
    """(pid, start_ticks), once the host has said that it runs."""


@dataclass(eq=False)
class HostHandle:
    host_id: str
    file: str
    digest: str
    """Of the version that it has or was asked to have; empty while that is whatever is on disk."""
    source: str | None = None
    """Set when it imports a version that is no longer on disk."""
    for_parse: bool = False
    """Its `Parsed` is wanted."""
    stays: bool = True
    attempt: int = 1
    phase: Phase = Phase.WAITING
    generation: int = 0
    """Of the zygote that forked it; 0 for one of an engine before this one."""
    pid: int = 0
    start_ticks: int = 0
    pidfd: int | None = None
    stream: FrameStream[FromHost] | None = None
    assignments: dict[str, Assignment] = field(default_factory=dict)
    unforgotten: set[str] = field(default_factory=set)
    """Ended, and not yet in the store."""
    retired: bool = False
    """Takes nothing new."""
    printed: str = ""
    status: int | None = None
    """Wait status, once the zygote has told it."""
    out_of_memory: bool = False
    killed_because: tuple[str, str] | None = None
    """(cause, detail) when the executor ended it itself."""
    parsed: Parsed | None = None
    last_used: float = field(default_factory=time.monotonic)
    timer: asyncio.TimerHandle | None = None
    served: int = 0

    @property
    def is_idle(self) -> bool:
        return self.phase is Phase.READY and not self.assignments and not self.unforgotten

    @property
    def was_ended_by_others(self) -> bool:
        """Not the file's doing, as far as can be told: importing it is worth another attempt."""
        if self.killed_because is not None or self.out_of_memory:
            return False
        return self.status is None or (os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL)

    @property
    def how_it_ended(self) -> str:
        """The end of a sentence about a dead host."""
        if self.killed_because is not None:
            return f"was ended by tradewind: {self.killed_because[1]}".rstrip(".")
        if self.out_of_memory:
            return "was killed by the kernel because memory ran out"
        if self.status is None:
            return "disappeared"
        if os.WIFSIGNALED(self.status):
            return f"was ended by {process_facts.signal_name(os.WTERMSIG(self.status))}"
        return f"ended by itself with exit code {os.WEXITSTATUS(self.status)}"

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
