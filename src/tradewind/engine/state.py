"""What the parts of one engine share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tradewind.core.clock import Clock
from tradewind.core.dispatch import Dispatcher
from tradewind.engine.batch import Batch
from tradewind.engine.catalog import Catalog
from tradewind.engine.live import LiveRun
from tradewind.engine.settings import EngineSettings
from tradewind.engine.timers import Timers
from tradewind.executors.base import Executor
from tradewind.services.session import Services
from tradewind.store import Store

InstanceName = tuple[int, str, int]
"""(run_key, task_id, map_index)"""


@dataclass
class EngineState:
    store: Store
    services: Services
    clock: Clock
    settings: EngineSettings
    engine_id: str
    wake: Callable[[], None]
    """Asks the loop around the engine to call `Engine.drain` soon. May be called from any callback of the loop."""
    dispatcher: Dispatcher
    catalog: Catalog
    executor: Executor
    timers: Timers = field(default_factory=Timers)
    inbox: deque[object] = field(default_factory=deque)
    live: dict[int, LiveRun] = field(default_factory=dict)
    tries: dict[str, InstanceName] = field(default_factory=dict)
    """Tries that an executor has, or is about to be given."""
    batch: Batch | None = None
    is_stopping: bool = False
    """True once nothing new may begin: what runs is ended and written down."""

    def emit(self, event: object) -> None:
        """Puts `event` at the end of the inbox."""
        self.inbox.append(event)
        self.wake()

    def at(self, key: object, moment: datetime, event: object) -> None:
        """Emits `event` at `moment`; replaces an earlier timer with the same key."""
        self.timers.set(key, moment, lambda _now: self.inbox.append(event))
        self.wake()

    def open_batch(self) -> Batch:
        if self.batch is None:
            self.batch = Batch(self.clock.now())
        return self.batch
