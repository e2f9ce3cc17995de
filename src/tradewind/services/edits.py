"""Writing what clearing and marking decide: read, decide, write guarded, and again when the engine was faster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from tradewind.core.changes import Changes
from tradewind.core.edits import Edit, RunSnapshot
from tradewind.core.graph import Graph
from tradewind.core.records import OutboxRecord, RunRecord
from tradewind.core.spec import DagSpec
from tradewind.services.dags import get_dag
from tradewind.services.errors import Contended
from tradewind.services.session import Services

ATTEMPTS: Final = 8
_NAMED_IN_AUDIT: Final = 100
RUNS_AT_ONCE: Final = 20
"""Runs in one transaction: a clear of a whole year must not hold the engine up."""


class Graphs:
    """Graphs of DAG versions, each made once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[str, Graph] = {}

    def of(self, run: RunRecord) -> Graph:
        """The graph of the version that the run started with."""
        if run.version_id not in self._known:
            self._known[run.version_id] = Graph(spec_of_run(self._services, run))
        return self._known[run.version_id]


def spec_of_run(services: Services, run: RunRecord) -> DagSpec:
    """The specification of the version that the run started with; the newest one when that is gone."""
    version = services.store.dags.version(run.version_id)
    return version.spec if version is not None else get_dag(services, run.dag_id).spec


def snapshots(services: Services, run_keys: Iterable[int], graphs: Graphs | None = None) -> list[RunSnapshot]:
    """The runs as they are now; those that were deleted meanwhile are left out."""
    known = graphs or Graphs(services)
    return [
        RunSnapshot(loaded.run, known.of(loaded.run), tuple(loaded.instances))
        for loaded in services.store.engine.load_runs(run_keys)
    ]


def write(services: Services, what: str, decide: Callable[[], Edit], *, event: str | None = None) -> Edit:
    """Decide, write, and decide again while somebody else changes the same rows. Returns what was written.

    `event`: of the entry in the audit log, when this is what a user asked for. Rings the engine when anything was written.
    Raises Contended, and has written nothing, after several attempts.
    """

    def build() -> tuple[Edit, Changes]:
        edit = decide()
        changes = edit.changes(services.now(), services.who)
        if changes and event is not None and services.by_user:
            changes.outbox.append(audit_of(services, event, edit))
        return edit, changes

    return write_changes(services, what, build)


def write_changes(services: Services, what: str, build: Callable[[], tuple[Edit, Changes]]) -> Edit:
    """As `write`, for callers that add to the batch of an edit."""
    for _ in range(ATTEMPTS):
        edit, changes = build()
        if not changes:
            return edit
        if services.store.edit(changes) is None:
            services.ring()
            return edit
    raise Contended(what)


def audit_of(services: Services, event: str, edit: Edit) -> OutboxRecord:
    """The audit log's entry of an edit of one DAG's runs: how much, and the first hundred of what."""
    runs = {each.run.run_key: each.run for each in edit.instances} | {each.run.run_key: each.run for each in edit.runs}
    names = [f"{each.run.run_id} {each.instance.task_id}[{each.instance.map_index}]" for each in edit.instances]
    after = {
        "count": len(names),
        "instances": names[:_NAMED_IN_AUDIT],
        "runs": [each.run.run_id for each in edit.runs][:_NAMED_IN_AUDIT],
    }
    place: dict[str, Any] = {"dag_id": next((run.dag_id for run in runs.values()), "")}
    if len(runs) == 1:
        (run,) = runs.values()
        place |= {"run_id": run.run_id, "run_key": run.run_key}
        tasks = {each.instance.task_id for each in edit.instances}
        if len(tasks) == 1:
            place["task_id"] = tasks.pop()
            indexes = {each.instance.map_index for each in edit.instances}
            if len(indexes) == 1:
                place["map_index"] = indexes.pop()
    return services.audit(event, after=after, **place)


def in_groups(run_keys: Sequence[int]) -> Iterable[Sequence[int]]:
    """The runs in the order given, as many together as one transaction takes."""
    for start in range(0, len(run_keys), RUNS_AT_ONCE):
        yield run_keys[start : start + RUNS_AT_ONCE]
