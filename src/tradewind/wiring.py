"""The one place where adapters meet ports: stores, executors, engines and servers are put together here, from a home.

Imported by the commands that need it, so nothing here is on the way of the quick ones.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tradewind.configuration import Configuration, conf
from tradewind.configuration.home import prepare_home, require_writable
from tradewind.core.dispatch import Dispatcher
from tradewind.core.ids import new_try_id
from tradewind.engine.catalog import Catalog
from tradewind.engine.engine import Engine
from tradewind.engine.lock import HomeLock
from tradewind.engine.service import EngineService, once_per_turn
from tradewind.engine.settings import EngineSettings
from tradewind.engine.state import EngineState
from tradewind.executors.local import LocalExecutor, LocalSettings
from tradewind.services.doorbell import prepare_doorbell
from tradewind.services.session import Services, SystemClock, open_services
from tradewind.standalone import Half, Standalone

EXIT_HOME_IN_USE: Final = 3
EXIT_PORT_BUSY: Final = 4

log = logging.getLogger(__name__)


# --- the long-running commands -----------------------------------------------------------------------------------------


def run_scheduler(home: Path) -> int:
    """The engine, until SIGINT or SIGTERM; the exit code. Raises HomeInUse when one runs on this home already."""
    with holding(home), open_services(conf, who="engine") as services:
        loop = asyncio.new_event_loop()
        engine, service = local_engine(loop, home, services)
        say(f"Scheduler is running. DAG files: {engine.state.settings.dags_folder}")
        service.run()
        loop.close()
    return 0


def run_webserver(home: Path, *, host: str, port: int) -> int:
    """The web server, until SIGINT or SIGTERM; the exit code. Raises PortBusy."""
    from tradewind.server.app import make_app, serve
    from tradewind.server.listening import Listen, bind
    from tradewind.server.ports import holder_of

    with open_services(conf, who="api") as services:
        listening = bind(Listen(host, port), holder_of)
        shown = "localhost" if host in ("0.0.0.0", "::") else host
        say(f"Web server is running: http://{shown}:{listening.getsockname()[1]}")
        serve(make_app(services), listening)
    return 0


def run_standalone(home: Path, *, host: str, port: int) -> int:
    """Both halves, until SIGINT or SIGTERM; the exit code. Raises HomeInUse and PortBusy before anything is started."""
    from tradewind.server.listening import Listen, bind
    from tradewind.server.ports import holder_of

    prepare_home(home)
    with holding(home):
        """Only to see that nobody has it; the engine takes it for itself."""
    bind(Listen(host, port), holder_of).close()
    with open_services(conf):
        """Makes the database before both halves want it."""
    command = [sys.executable, "-m", "tradewind.cli.main"]
    halves = [
        Half("scheduler", [*command, "scheduler"], final_codes=frozenset({EXIT_HOME_IN_USE})),
        Half(
            "web server",
            [*command, "webserver", "--host", host, "--port", str(port)],
            final_codes=frozenset({EXIT_PORT_BUSY}),
        ),
    ]
    return Standalone(halves, say).run()


def run_engine_until(home: Path, done: Callable[[], bool]) -> None:
    """An engine of this process's own, until `done()`, which is asked after everything that happened. Raises HomeInUse."""
    with holding(home), open_services(conf, who="engine") as services:
        loop = asyncio.new_event_loop()
        _, service = local_engine(loop, home, services)
        service.run(until=done)
        loop.close()


def say(text: str) -> None:
    print(text, flush=True)


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


def local_engine(
    loop: asyncio.AbstractEventLoop, home: Path, services: Services, settings: EngineSettings | None = None
) -> tuple[Engine, EngineService]:
    """An engine on this machine's processes, and the loop's side of it. Nothing runs before `EngineService.run`."""
    settings = settings or engine_settings(conf, home)
    states: list[EngineState] = []
    executor = LocalExecutor(loop, lambda event: states[0].emit(event), local_settings(conf, home))
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
    service = EngineService(loop, engine, grace_s=min(10.0, settings.kill_grace_s))
    services_of_drain.append(service)
    return engine, service


def engine_settings(conf: Configuration, home: Path) -> EngineSettings:
    """What `airflow.cfg` and the environment say, for an engine on `home`."""
    return EngineSettings(
        home=home,
        logs_folder=Path(conf.get("logging", "base_log_folder")),
        dags_folder=Path(conf.get("core", "dags_folder")),
        plugins_folder=Path(conf.get("core", "plugins_folder")),
        doorbell=prepare_doorbell(home),
        example_folders=(example_folder(),) if conf.getboolean("core", "load_examples") else (),
        parallelism=conf.getint("core", "parallelism"),
        default_dialect=conf.getint("core", "dialect"),
        paused_at_creation=conf.getboolean("core", "dags_are_paused_at_creation"),
        ignore_syntax=conf.get("core", "dag_ignore_file_syntax"),
        safe_mode=conf.getboolean("core", "dag_discovery_safe_mode"),
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


def example_folder() -> Path:
    """The example DAGs that ship with tradewind."""
    return Path(__file__).parent / "example_dags"
