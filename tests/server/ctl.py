"""airflowctl as its users type it, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.outside import python_with


class AirflowCtl:
    """Logged in where `auth login` says; keeps its state in `folder`."""

    def __init__(self, folder: Path, *, token: str | None = None) -> None:
        self.command = python_with("airflowctl").parent / "airflowctl"
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
        # Without a keyring of the system, credentials stay in the folder.
        self.environ = {**kept, "AIRFLOW_HOME": str(folder), "AIRFLOW_CLI_DEBUG_MODE": "true"}
        if token is not None:
            self.environ["AIRFLOW_CLI_TOKEN"] = token

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self.command), *arguments],
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"airflowctl {arguments} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *arguments: str) -> Any:
        """The last line of what a command prints: its answer."""
        lines = self.run(*arguments, "--output", "json").stdout.strip().splitlines()
        return json.loads(lines[-1])
