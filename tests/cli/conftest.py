"""A home of its own for each test, the commands run in this process, and a stand-in for what `wiring` puts together."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.services.conftest import a_dag
from tradewind.cli.main import cli
from tradewind.configuration import conf
from tradewind.core.spec import DagSpec
from tradewind.engine.simulation import simulate
from tradewind.services.parsing import ParseReport
from tradewind.services.session import Services, open_services
from tradewind.store import ParsedFile


class FakeWiring(types.ModuleType):
    """Says what it was asked for; `parse_files` saves the DAGs that the test put into `dags`."""

    def __init__(self) -> None:
        super().__init__("tradewind.wiring")
        self.dags: list[DagSpec] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}

    def parse_files(self, home: Path, files: Sequence[Path] | None = None) -> list[ParseReport]:
        self.asked.append(("parse_files", {"home": home, "files": files}))
        now = datetime(2025, 1, 10, tzinfo=timezone.utc)
        with open_services(conf) as services:
            for spec in self.dags:
                save(services, spec, now)
        return [ParseReport(spec.fileloc, 0.25, (spec.dag_id,), len(spec.tasks)) for spec in self.dags]

    # Needs no processes: the real one.
    simulate = staticmethod(simulate)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def answer(*args: Any, **kwargs: Any) -> Any:
            self.asked.append((name, {"args": args, **kwargs}))
            found = self.answers.get(name)
            return found(*args, **kwargs) if callable(found) else found

        return answer


def save(services: Services, spec: DagSpec, now: datetime, problems: Sequence[Any] = ()) -> None:
    parsed = ParsedFile(
        file=spec.fileloc,
        relative=Path(spec.fileloc).name,
        source="#",
        source_digest=spec.dag_id,
        dags=[spec],
        problems=list(problems),
    )
    services.store.dags.save_file(parsed, now)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "home"
    monkeypatch.setenv("AIRFLOW_HOME", str(place))
    monkeypatch.delenv("AIRFLOW_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    conf.reload()
    yield place
    conf.reload()


@pytest.fixture
def wiring(home: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWiring:
    fake = FakeWiring()
    monkeypatch.setitem(sys.modules, "tradewind.wiring", fake)
    # The two that need no wiring are asked the same way.
    monkeypatch.setattr("tradewind.server.serve.run_webserver", fake.run_webserver)
    monkeypatch.setattr("tradewind.standalone.run_standalone", fake.run_standalone)
    fake.dags = [a_dag("nightly")]
    return fake


@pytest.fixture
def services(wiring: FakeWiring) -> Iterator[Services]:
    """The services of the test's home, with the DAGs of `wiring` in it."""
    wiring.parse_files(conf.home)
    with open_services(conf) as found:
        yield found


Run = Callable[..., Result]


@pytest.fixture
def run(wiring: FakeWiring) -> Run:
    """Run a command line; `fails` is the expected exit code."""

    def run_it(line: str | Sequence[str], *, fails: int = 0, answer: str = "") -> Result:
        arguments = line.split() if isinstance(line, str) else list(line)
        result = CliRunner().invoke(cli, arguments, input=answer, prog_name="airflow")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == fails, result.output
        return result

    return run_it
