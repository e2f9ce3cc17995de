"""A home of its own and the real commands, as a user types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.05


class Home:
    """A folder with dags/, and commands that work on it. Nothing of the caller's environment leaks in."""

    def __init__(self, folder: Path, *, database: str | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.dags = folder / "dags"
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TRADEWIND"))
        }
        self.environ |= {"AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", **(settings or {})}
        if database is not None:
            self.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = database

    def write_dag(self, name: str, text: str) -> Path:
        self.dags.mkdir(exist_ok=True)
        path = self.dags / f"{name}.py"
        # Renamed into place, as editors do: nobody reads half a file.
        aside = path.with_suffix(".tmp")
        aside.write_text(text)
        aside.rename(path)
        return path

    def start(self, *command: str, name: str = "airflow") -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "tradewind.cli.main", *command]
        with (self.folder / f"{command[0]}.out").open("a") as log:
            return subprocess.Popen(
                argv, env=self.environ, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, text=True,
                start_new_session=True,
            )  # fmt: skip

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """The command runs as long as the block; ended by SIGTERM, then SIGKILL with everything below it."""
        process = self.start(*command)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def run(self, *command: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tradewind.cli.main", *command],
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            input=stdin,
            timeout=120,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{command} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *command: str) -> Any:
        return json.loads(self.run(*command, "-o", "json").stdout)

    def wait_for(self, what: Callable[[], Any], patience_s: float = _PATIENCE_S) -> Any:
        """Asks until `what` answers with something true; there is no event between two processes to wait for."""
        deadline = time.monotonic() + patience_s
        while not (answer := what()):
            if time.monotonic() > deadline:
                outputs = "\n".join(f"{path}:\n{path.read_text()[-2000:]}" for path in self.folder.glob("*.out"))
                raise AssertionError(f"it did not happen within {patience_s:g} s\n{outputs}")
            time.sleep(_LOOK_EVERY_S)
        return answer
