"""The one place where adapters meet ports: stores, executors, engines and servers are put together here, from a home.

Imported by the commands that need it, so nothing here is on the way of the quick ones.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pendulum

from tradewind.configuration import ConfigError, Configuration, conf
from tradewind.configuration.home import prepare_home, require_writable
from tradewind.core.dispatch import Dispatcher
from tradewind.core.ids import new_try_id
from tradewind.core.spec import DagSpec
from tradewind.core.states import TaskState
from tradewind.engine.catalog import Catalog
from tradewind.engine.engine import Engine
from tradewind.engine.lock import HomeLock
from tradewind.engine.rehearsal import NotRehearsed, Rehearsal, copy_settings, marks_success
from tradewind.engine.service import EngineService, once_per_turn
from tradewind.engine.settings import EngineSettings
from tradewind.engine.simulation import Simulation
from tradewind.engine.simulation import simulate as run_simulation
from tradewind.engine.state import EngineState
from tradewind.executors.local import LocalExecutor, LocalSettings
from tradewind.runtime.log_reader import read_log, render_text
from tradewind.services.clearing import clear, start_anyway
from tradewind.services.doorbell import doorbell_path
from tradewind.services.explaining import why
from tradewind.services.jobs import ENGINE, is_alive
from tradewind.services.marking import mark_tasks
from tradewind.services.parsing import ParseReport
from tradewind.services.runs import get_run
from tradewind.services.selections import select_from_run
from tradewind.services.session import Services, SystemClock, open_services
from tradewind.store import open_store

# Reasons that will not pass by themselves while a command waits.
_DEPENDENCIES: Final = frozenset({"trigger_rule", "past", "mapped_source", "skipped_past", "dag_paused", "start_date"})

log = logging.getLogger(__name__)


# --- the long-running commands -----------------------------------------------------------------------------------------


def run_scheduler(home: Path) -> int:
    """The engine, until SIGINT or SIGTERM; the exit code. Raises HomeInUse when one runs on this home already."""
    with holding(home), open_services(conf, who="engine") as services:
        loop = asyncio.new_event_loop()
        engine, service = local_engine(loop, services, engine_settings(conf, home), local_settings(conf, home))
        say(f"Scheduler is running. DAG files: {engine.state.settings.dags_folder}")
        service.run()
        loop.close()
    return 0


def run_engine_until(home: Path, done: Callable[[], bool]) -> None:
    """An engine of this process's own, until `done()`, which is asked after everything that happened. Raises HomeInUse."""
    with holding(home), open_services(conf, who="engine") as services:
        loop = asyncio.new_event_loop()
        _, service = local_engine(loop, services, engine_settings(conf, home), local_settings(conf, home))
        service.run(until=done)
        loop.close()


def parse_files(home: Path, files: Sequence[Path] | None = None) -> list[ParseReport]:
    """Imports DAG files (None: all of them, examples included when they are on) and saves what they define."""
    reports: list[ParseReport] = []
    with open_services(conf, who="engine") as services, one_off(home, services) as (engine, service):
        engine.files.heard = reports.append
        wanted = engine.files.found() if files is None else [str(path.resolve()) for path in files]
        service.run(ready=lambda: engine.files.take(wanted), until=lambda: not engine.files.first_look_pending)
    return reports


def test_dag(
    home: Path,
    dag_id: str,
    *,
    file: Path | None,
    logical_date: datetime | None,
    conf: Mapping[str, Any],
    mark_success_pattern: str | None,
    echo: Callable[[str], None],
) -> str:
    """Runs one DAG run in memory, printing the logs; the run's final state. Nothing is stored."""
    with rehearsal(home, echo, marks_success=marks_success(mark_success_pattern)) as trial:
        return trial.whole_run(dag_id, file, logical_date, conf)


def test_task(
    home: Path,
    dag_id: str,
    task_id: str,
    *,
    file: Path | None,
    run: str | None,
    map_index: int,
    params: Mapping[str, Any],
    environment: Mapping[str, str],
    dry_run: bool,
    echo: Callable[[str], None],
) -> str:
    """Runs one task without checks and without storing anything; its final state. `run`: a run id or a date."""
    with rehearsal(home, echo, environment=environment) as trial:
        ended, rendered = trial.one_try(
            dag_id, task_id, file, run, _as_date(run), map_index, params, render_only=dry_run
        )
    if dry_run:
        for name, text in rendered.items():
            echo(f"{name}: {text}")
    return ended


def render_task(
    home: Path, dag_id: str, task_id: str, *, file: Path | None, run: str, map_index: int
) -> Mapping[str, str]:
    """Template field → its rendered text, in the order of the task's template fields."""
    lines: list[str] = []
    with rehearsal(home, lines.append) as trial:
        ended, rendered = trial.one_try(dag_id, task_id, file, run, _as_date(run), map_index, {}, render_only=True)
    if ended != TaskState.SUCCESS:
        raise NotRehearsed("\n".join([f"The templates of '{task_id}' could not be rendered.", *lines]))
    return rendered


def run_task(
    home: Path,
    dag_id: str,
    task_id: str,
    run_id: str,
    *,
    map_index: int,
    ignore_dependencies: bool,
    mark_success: bool,
    echo: Callable[[str], None],
) -> str:
    """Makes one stored try of an instance; its final state.

    The instance is cleared (or marked), and whoever schedules this home makes the try: the scheduler that runs, else an
    engine of this process's own until the try has ended.
    """
    with open_services(conf) as services:
        run = get_run(services, dag_id, run_id)
        if mark_success:
            mark_tasks(services, run, [task_id], TaskState.SUCCESS, map_indexes=_indexes(map_index))
            return TaskState.SUCCESS.value
        clear(services, select_from_run(services, run, [task_id], map_indexes=_indexes(map_index)))
        if ignore_dependencies:
            start_anyway(services, run, task_id, map_index)
        elif held := [one for one in why(services, run, task_id, map_index).reasons if one.kind in _DEPENDENCIES]:
            raise NotRehearsed(
                f"Task '{task_id}' cannot run now: {' '.join(reason.text for reason in held)} "
                "--ignore-all-dependencies runs it anyway."
            )

        def ended() -> bool:
            found = services.store.instances.get(run.run_key, task_id, map_index)
            return found is not None and (found.state.is_final or found.state is TaskState.UP_FOR_RETRY)

        if is_alive(services, ENGINE):
            wait_for(ended)
        else:
            run_engine_until(home, ended)
        found = services.store.instances.get(run.run_key, task_id, map_index)
        if found is not None and found.try_id is not None:
            made = services.store.tries.get(found.try_id)
            if made is not None and os.path.exists(made.log_path):
                echo(render_text(read_log(made.log_path).lines))
        return found.state.value if found is not None else TaskState.NONE.value


def simulate(spec: DagSpec, start: datetime, end: datetime, *, limit: int = 10_000) -> Simulation:
    """See `tradewind.engine.simulation`."""
    return run_simulation(spec, start, end, limit=limit)


def say(text: str) -> None:
    print(text, flush=True)


def _as_date(run: str | None) -> datetime | None:
    """The date that `run` is, or None when it is a run id."""
    if run is None:
        return None
    try:
        found: object = pendulum.parse(run)
    except ValueError:
        return None
    return found if isinstance(found, datetime) else None


def _indexes(map_index: int) -> list[int] | None:
    return None if map_index < 0 else [map_index]


def wait_for(done: Callable[[], bool], every_s: float = 0.2) -> None:
    """Asks again and again, for a command that waits for what another process does."""
    while not done():
        time.sleep(every_s)


# --- parts -------------------------------------------------------------------------------------------------------------


@contextmanager
def holding(home: Path) -> Iterator[HomeLock]:
    """The home's engine lock. Raises HomeInUse, HomeError."""
    prepare_home(home)
    require_writable(home)
    lock = HomeLock(home)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()


@contextmanager
def one_off(home: Path, services: Services, **changes: Any) -> Iterator[tuple[Engine, EngineService]]:
    """An engine for one job of a command: it shares nothing with a scheduler that may run on the same home.

    `changes` are settings that differ from the home's.
    """
    with tempfile.TemporaryDirectory(prefix="tradewind-") as folder:
        environment = changes.pop("environment", {})
        settings = replace(
            engine_settings(conf, home), doorbell=None, schedules=False, logs_folder=Path(folder, "logs"), **changes
        )
        local = local_settings(conf, home)
        local = replace(local, home=folder, environ={**local.environ, **environment})
        loop = asyncio.new_event_loop()
        try:
            yield local_engine(loop, services, settings, local, watch_files=False)
        finally:
            loop.close()


@contextmanager
def rehearsal(home: Path, echo: Callable[[str], None], **changes: Any) -> Iterator[Rehearsal]:
    """A trial on a store in memory, with the home's variables, connections and pools."""
    with open_services(conf) as real:
        memory = open_store("sqlite://", create=True)
        try:
            memory.schema.migrate()
            copy_settings(real.store, memory)
            services = Services(store=memory, conf=conf, who="engine")
            with one_off(home, services, **changes) as (engine, service):
                yield Rehearsal(engine, service, real, echo)
        finally:
            memory.close()


def local_engine(
    loop: asyncio.AbstractEventLoop,
    services: Services,
    settings: EngineSettings,
    local: LocalSettings,
    *,
    watch_files: bool = True,
) -> tuple[Engine, EngineService]:
    """An engine on this machine's processes, and the loop's side of it. Nothing runs before `EngineService.run`."""
    states: list[EngineState] = []
    executor = LocalExecutor(loop, lambda event: states[0].emit(event), local)
    services_of_drain: list[EngineService] = []
    state = EngineState(
        store=services.store,
        services=services,
        clock=SystemClock(),
        settings=settings,
        engine_id=new_try_id(int(SystemClock().now().timestamp() * 1000)),
        wake=once_per_turn(loop, lambda: services_of_drain[0].drain()),
        dispatcher=Dispatcher(pools={}, parallelism=settings.parallelism),
        catalog=Catalog(services.store),
        executor=executor,
    )
    states.append(state)
    engine = Engine(state)
    service = EngineService(loop, engine, grace_s=min(10.0, settings.kill_grace_s), watch_files=watch_files)
    services_of_drain.append(service)
    return engine, service


def engine_settings(conf: Configuration, home: Path) -> EngineSettings:
    """What `airflow.cfg` and the environment say, for an engine on `home`."""
    return EngineSettings(
        home=home,
        logs_folder=Path(conf.get("logging", "base_log_folder")),
        dags_folder=Path(conf.get("core", "dags_folder")),
        plugins_folder=Path(conf.get("core", "plugins_folder")),
        doorbell=doorbell_path(home),
        example_folders=lambda: example_folders(conf),
        parallelism=conf.getint("core", "parallelism"),
        paused_at_creation=conf.getboolean("core", "dags_are_paused_at_creation"),
        ignore_syntax=conf.get("core", "dag_ignore_file_syntax"),
        safe_mode=conf.getboolean("core", "dag_discovery_safe_mode"),
        reparse_interval_s=conf.getfloat("dag_processor", "min_file_process_interval"),
        heartbeat_interval_s=conf.getfloat("scheduler", "scheduler_heartbeat_sec"),
        kill_grace_s=conf.getfloat("core", "killed_task_cleanup_time"),
        hostname=socket.gethostname(),
    )


def local_settings(conf: Configuration, home: Path) -> LocalSettings:
    return LocalSettings(
        home=str(home),
        dags_folder=conf.get("core", "dags_folder"),
        plugins_folder=conf.get("core", "plugins_folder"),
        import_timeout_s=conf.getfloat("core", "dagbag_import_timeout"),
        always_fresh=conf.getboolean("core", "execute_tasks_new_python_interpreter"),
        environ={**os.environ, "AIRFLOW_HOME": str(home)},
    )


def example_folders(conf: Configuration) -> tuple[Path, ...]:
    """The folder of the examples that ship with tradewind, while `[core] load_examples` is on: airflow.cfg may change."""
    try:
        conf.refresh()
    except ConfigError as broken:
        # Somebody is writing it, or made a mistake in it: what was read before holds until it can be read again.
        log.warning("%s", broken)
    return (Path(__file__).parent / "example_dags",) if conf.getboolean("core", "load_examples") else ()
