"""Runs every DAG of a home once with the real engine and real processes, and writes what became of them.

    AIRFLOW_HOME=... python drive.py OURS.json

The output has the shape that `dags/compare.py` reads. A program of its own, because the configuration of a process is that
of one home.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tradewind.configuration import conf
from tradewind.core.records import RunRecord
from tradewind.core.states import RunState
from tradewind.services.runs import trigger_run
from tradewind.services.session import Services, open_services
from tradewind.wiring import run_engine_until

_LOOK_EVERY_S = 0.05


class Drive:
    """Asked by the engine after each batch whether it is done; triggers once everything is imported."""

    def __init__(self, services: Services, files: set[str]) -> None:
        self._services = services
        self._files = files
        self._runs: list[RunRecord] | None = None
        self._next_look = 0.0

    def is_done(self) -> bool:
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + _LOOK_EVERY_S
        if self._runs is None:
            if self._imported() >= self._files:
                self._runs = [trigger_run(self._services, dag.dag_id, conf={}) for dag in self._services.store.dags.list()]
            return False
        return not self._services.store.runs.count(states=[RunState.QUEUED, RunState.RUNNING])

    def _imported(self) -> set[str]:
        store = self._services.store
        return set(store.dags.files()) | {error.file for error in store.import_errors.list()}

    def outcomes(self) -> dict[str, object]:
        found: dict[str, object] = {
            Path(error.file).stem: {"parse_error": error.message} for error in self._services.store.import_errors.list()
        }
        for run in self._services.store.runs.list():
            instances = self._services.store.instances.of_run(run.run_key)
            names = {
                (one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]"): one for one in instances
            }
            found[run.dag_id] = {
                "run_state": run.state.value,
                "tis": {name: one.state.value for name, one in names.items()},
                "tries": {name: one.try_number for name, one in names.items()},
            }
        return found


def main() -> None:
    dags = Path(conf.get("core", "dags_folder"))
    with open_services(conf, who="test") as services:
        drive = Drive(services, {str(path) for path in dags.glob("*.py")})
        run_engine_until(conf.home, drive.is_done)
        Path(sys.argv[1]).write_text(json.dumps(drive.outcomes(), indent=1))


if __name__ == "__main__":
    main()
