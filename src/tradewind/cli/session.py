"""The commands' way to the rest: the services of the home in use, and what only `tradewind.wiring` can put together."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import click

from tradewind.configuration import conf
from tradewind.configuration.home import home_hint, prepare_home
from tradewind.core.spec import DagSpec
from tradewind.services import jobs
from tradewind.services.parsing import ParseReport
from tradewind.services.session import Services, open_services

if TYPE_CHECKING:
    from tradewind.engine.simulation import Simulation


class Wiring(Protocol):
    """What the commands need of `tradewind.wiring`. User code runs in DAG hosts, never in the command's own process."""

    def run_scheduler(self, home: Path) -> int:
        """The engine, until SIGINT or SIGTERM; the exit code. Raises HomeInUse."""
        ...

    def simulate(self, spec: DagSpec, start: datetime, end: datetime, *, limit: int = 10_000) -> Simulation:
        """The runs that a DAG's schedule makes between two moments, on a virtual clock."""
        ...

    def parse_files(self, home: Path, files: Sequence[Path] | None = None) -> Sequence[ParseReport]:
        """Import DAG files (None: all of them, examples included when they are on) and save what they define."""
        ...

    def run_engine_until(self, home: Path, done: Callable[[], bool]) -> None:
        """An engine of this process's own, until `done()`; called after each batch. Raises HomeInUse."""
        ...

    def test_dag(
        self,
        home: Path,
        dag_id: str,
        *,
        file: Path | None,
        logical_date: datetime | None,
        conf: Mapping[str, Any],
        mark_success_pattern: str | None,
        echo: Callable[[str], None],
    ) -> str:
        """Run one DAG run in memory, task by task, printing the logs; the run's final state. Nothing is stored."""
        ...

    def test_task(
        self,
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
        """Run one task without checks and without storing anything; its final state. `run`: a run id or a date."""
        ...

    def render_task(
        self, home: Path, dag_id: str, task_id: str, *, file: Path | None, run: str, map_index: int
    ) -> Mapping[str, str]:
        """Template field → its rendered text, in the order of the task's template fields."""
        ...

    def run_task(
        self,
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
        """Make one stored try of an instance; its final state."""
        ...


def wiring() -> Wiring:
    """Imported at use: it brings in the engine and the runtime, which most commands do without."""
    return cast(Wiring, importlib.import_module("tradewind.wiring"))


@contextmanager
def services(*, migrate: bool = True) -> Iterator[Services]:
    """The services of the home in use; on a terminal, a hint when the user probably meant another home."""
    hint()
    with open_services(conf, migrate=migrate) as found:
        yield found


def home() -> Path:
    """The home in use, made when it is missing."""
    prepare_home(conf.home)
    return conf.home


def hint() -> None:
    """Say in one line when the current directory looks like a home but another one is in use."""
    found = home_hint(conf.home, Path(os.getcwd()))
    if found is not None:
        click.echo(found, err=True)


def ensure_parsed(found: Services) -> None:
    """Import the DAG files when nobody has yet: an empty store and no scheduler that would do it."""
    if found.store.dags.files() or jobs.is_alive(found, jobs.ENGINE):
        return
    wiring().parse_files(conf.home)
