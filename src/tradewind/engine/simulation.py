"""Which runs a schedule makes, with which intervals, between two moments: the real engine on a virtual clock.

The store is in memory and the tasks take no time; everything else is what happens in earnest, `max_active_runs`,
`depends_on_past`, catch-up and daylight saving included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from tradewind.configuration import conf
from tradewind.core.dispatch import Dispatcher
from tradewind.core.errors import TradewindError
from tradewind.core.messages import TaskTry
from tradewind.core.records import RunRecord
from tradewind.core.spec import DagSpec
from tradewind.engine.catalog import Catalog
from tradewind.engine.clock import VirtualClock
from tradewind.engine.engine import Engine
from tradewind.engine.settings import EngineSettings
from tradewind.engine.state import EngineState
from tradewind.executors.instant import Ending, InstantExecutor, succeeds_at_once
from tradewind.services.session import Services
from tradewind.store import Store, open_store
from tradewind.store.dag_files import ParsedFile

_NEVER_S: Final = 1e8


class SpanEndsBeforeItBegins(TradewindError):
    """The two moments of a simulation are the wrong way round."""


@dataclass(frozen=True, slots=True)
class Simulation:
    runs: list[RunRecord]
    """In the order in which they were created."""
    is_complete: bool
    """False when `limit` runs were reached before the end."""


def simulate(
    spec: DagSpec,
    start: datetime,
    end: datetime,
    *,
    limit: int = 10_000,
    ending: Callable[[TaskTry], Ending] = succeeds_at_once,
) -> Simulation:
    """Un-pauses the DAG at `start` and turns the clock to `end` (both aware). The user's database is not touched."""
    if end < start:
        raise SpanEndsBeforeItBegins(
            f"The span ends ({end.isoformat()}) before it begins ({start.isoformat()}). Swap the two."
        )
    store = open_store("sqlite://", create=True)
    try:
        store.schema.migrate()
        clock = VirtualClock(start)
        engine, executor = virtual_engine(store, clock, ending=ending)
        undated = msgspec.structs.replace(spec, is_paused_upon_creation=False)
        store.dags.save_file(file_of(undated), clock.now(), paused_by_default=False)
        engine.start(watch_files=False)
        is_complete = run_until(engine, executor, clock, end, lambda: store.runs.count(dag_id=spec.dag_id) < limit)
        runs = store.runs.list(dag_id=spec.dag_id, newest_first=False)
        return Simulation(runs[:limit], is_complete)
    finally:
        store.close()


def file_of(spec: DagSpec) -> ParsedFile:
    """A file that defines this one DAG, as if it had been imported."""
    return ParsedFile(file=spec.fileloc, relative=spec.fileloc, source="", source_digest="simulated", dags=[spec])


def virtual_engine(
    store: Store,
    clock: VirtualClock,
    *,
    ending: Callable[[TaskTry], Ending] = succeeds_at_once,
    parallelism: int = 32,
) -> tuple[Engine, InstantExecutor]:
    """An engine that only moves when it is drained, with tasks that end as `ending` says."""
    settings = EngineSettings(
        home=Path("/nowhere"),
        logs_folder=Path("/nowhere/logs"),
        dags_folder=Path("/nowhere/dags"),
        plugins_folder=Path("/nowhere/plugins"),
        parallelism=parallelism,
        heartbeat_interval_s=_NEVER_S,
        safety_poll_s=_NEVER_S,
        started_flush_s=0.0,
    )
    inbox_of: list[EngineState] = []
    executor = InstantExecutor(lambda event: inbox_of[0].inbox.append(event), clock, ending)
    state = EngineState(
        store=store,
        services=Services(store=store, conf=conf, who="engine", clock=clock),
        clock=clock,
        settings=settings,
        engine_id="virtual",
        wake=lambda: None,
        dispatcher=Dispatcher(pools={}, parallelism=parallelism),
        catalog=Catalog(store),
        executor=executor,
    )
    inbox_of.append(state)
    return Engine(state), executor


def run_until(
    engine: Engine,
    executor: InstantExecutor,
    clock: VirtualClock,
    end: datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Drains the engine at every moment it waits for up to `end`; False when `go_on` said to stop before."""
    while True:
        executor.pass_time()
        engine.drain()
        if engine.state.inbox:
            continue
        if not go_on():
            return False
        planned = [ended.exit.ended_at for ended in executor.running.values() if ended.exit.ended_at is not None]
        wake = engine.next_wake()
        moments = [*planned, *([wake] if wake is not None else [])]
        if not moments or min(moments) > end:
            if clock.now() < end:
                clock.set(end)
                continue
            return True
        clock.set(max(min(moments), clock.now()))
