"""tradewind, started and driven as its users do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.ports import free_port, health
from benchmarks.results import Results, SqliteResults
from benchmarks.subject import DidNotHappen, Subject


class Tradewind(Subject):
    name = "tradewind"

    def __init__(self, home: Path, dag_files: Mapping[str, str], *, parallelism: int = 8) -> None:
        super().__init__(home, dag_files, parallelism=parallelism)
        self.port = free_port()
        self._commands: subprocess.Popen[str] | None = None

    def environment(self) -> dict[str, str]:
        return {
            "AIRFLOW__CORE__PARALLELISM": str(self.parallelism),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "10000",
            "AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "10000",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
        }

    def command(self) -> Sequence[str]:
        return [str(Path(sys.executable).with_name("tradewind")), "standalone"]

    def prepare(self) -> None:
        """Nothing: the first start makes what it needs."""

    def closed(self) -> None:
        """Nothing was taken."""

    def is_healthy(self) -> bool:
        return health(self.port, "/health")

    @property
    def results(self) -> Results:
        return SqliteResults(self.home / "airflow.db", made_by_airflow=False)

    def pause(self, dag_id: str, paused: bool) -> float:
        return self._run("dags", "pause" if paused else "unpause", dag_id)

    def trigger(self, dag_id: str, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            self._run("dags", "trigger", dag_id, "--run-id", run_id)

    def stop(self) -> None:
        if self._commands is not None and self._commands.stdin is not None:
            self._commands.stdin.close()
            self._commands.wait()
            self._commands = None
        super().stop()

    def _run(self, *arguments: str) -> float:
        """Runs one command line. Returns the time just before; raises DidNotHappen when it failed."""
        if self._commands is None:
            self._commands = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.commands"],
                env=self.full_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._commands.stdin is not None and self._commands.stdout is not None
        print(json.dumps(arguments), file=self._commands.stdin, flush=True)
        answer = json.loads(self._commands.stdout.readline() or '{"status": "no answer", "output": "", "began": 0}')
        if answer["status"] != 0:
            line = " ".join(arguments)
            raise DidNotHappen(f"`tradewind {line}` ended with {answer['status']}:\n{answer['output']}")
        return float(answer["began"])
