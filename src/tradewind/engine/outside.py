"""What others wrote to the store — commands, the API, other processes — as events of this engine."""

from __future__ import annotations

from tradewind.core.records import OutboxRecord
from tradewind.engine.automated import AutomatedRuns
from tradewind.engine.events import ScheduleDue
from tradewind.engine.files import DagFiles
from tradewind.engine.runs import Runs
from tradewind.engine.state import EngineState

ENGINE = "engine"


class Outside:
    """Follows the outbox from where it stood at the start."""

    def __init__(self, state: EngineState, runs: Runs, automated: AutomatedRuns, files: DagFiles) -> None:
        self._state = state
        self._runs = runs
        self._automated = automated
        self._files = files
        self._seen = 0

    def start_from_here(self) -> None:
        """To be called before the unfinished runs are read, so that nothing falls between."""
        self._seen = self._state.store.outbox.last_seq()

    def look(self) -> None:
        """Acts on every change of others since the last look. Each run is read once, however many rows it has."""
        last, rows = self._state.store.outbox.others_since(self._seen, ENGINE)
        self._act(rows)
        # Only now: acting twice does no harm, not acting at all would.
        self._seen = last

    def _act(self, rows: list[OutboxRecord]) -> None:
        runs: dict[int, str] = {}
        dags: set[str] = set()
        variables: set[str] = set()
        pools_changed = False
        for row in rows:
            if row.run_key is not None and row.kind in ("run", "task"):
                runs[row.run_key] = row.dag_id
            elif row.kind == "dag" or row.kind == "backfill":
                dags.add(row.dag_id)
            elif row.kind == "variable":
                variables.add(str(row.detail.get("key", "")))
            elif row.kind == "pool":
                pools_changed = True
            elif row.kind == "reserialize":
                self._files.parse_again(row.dag_id or None)
        if pools_changed:
            self._runs.read_pools()
        for dag_id in dags:
            self._automated.forget(dag_id)
            self._runs.pause_changed(dag_id)
        for run_key, dag_id in runs.items():
            self._runs.reload(run_key)
            self._automated.forget(dag_id)
            self._state.emit(ScheduleDue(dag_id))
        if variables:
            self._files.variables_changed(variables)
