"""Writing what clearing and marking decide: read, decide, write guarded, and again when the engine was faster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tradewind.core.edits import Edit, RunSnapshot
from tradewind.core.graph import Graph
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord
from tradewind.core.spec import DagSpec
from tradewind.services.dags import get_dag
from tradewind.services.errors import Contended
from tradewind.services.session import Services

ATTEMPTS: Final = 8
_NAMED_IN_AUDIT: Final = 100
RUNS_AT_ONCE: Final = 20
"""Runs in one transaction: a clear of a whole year must not hold the engine up."""


@dataclass(slots=True)
class Part:
    """What is done to one run."""

    edit: Edit = field(default_factory=Edit)
    new_instances: list[InstanceRecord] = field(default_factory=list)
    """Task instances that the run gets in addition."""


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


def carry_out(
    services: Services,
    what: str,
    run_keys: Sequence[int],
    decide: Callable[[RunSnapshot], Part],
    *,
    event: str | None,
    dry_run: bool,
) -> list[Part]:
    """Decide for each run, some runs at a time, and write it unless it is a dry run. What was decided, without what is empty.

    A crash on the way leaves the later runs as they were. `event`: of the entry in the audit log when a user asked for it;
    None: this is part of something that has one. Raises Contended, and leaves those runs as they were, when somebody else
    changes the same rows again and again.
    """
    graphs = Graphs(services)
    done: list[Part] = []
    for keys in in_groups(run_keys):
        for _ in range(ATTEMPTS):
            parts = [decide(snapshot) for snapshot in snapshots(services, keys, graphs)]
            if dry_run or _is_written(services, parts, event):
                break
        else:
            raise Contended(what)
        done += [part for part in parts if part.edit or part.new_instances]
    return done


def _is_written(services: Services, parts: Sequence[Part], event: str | None) -> bool:
    """False when a row has moved since it was read: nothing is written then."""
    whole = Edit()
    new: list[InstanceRecord] = []
    for part in parts:
        whole.instances += part.edit.instances
        whole.runs += part.edit.runs
        whole.kill += part.edit.kill
        new += part.new_instances
    changes = whole.changes(services.now(), services.who)
    changes.new_instances = new
    if not changes:
        return True
    if event is not None and services.by_user:
        changes.outbox.append(audit_of(services, event, whole))
    if services.store.edit(changes) is not None:
        return False
    services.ring()
    return True


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
