"""Clearing: task instances go back to the start and run again; their tries stay as history."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from tradewind.core import clearing as core
from tradewind.core.changes import Changes, InstanceUpdate
from tradewind.core.edits import Edit, InstanceEdit
from tradewind.core.records import RunRecord
from tradewind.core.states import TaskState
from tradewind.services.dags import get_dag
from tradewind.services.edits import Graphs, in_groups, snapshots, write
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services


@dataclass(frozen=True, slots=True)
class Selection:
    """Which instances of a DAG are cleared."""

    dag_id: str
    run_keys: tuple[int, ...]
    task_ids: tuple[str, ...] | None = None
    """None: all tasks."""
    map_indexes: tuple[int, ...] | None = None
    upstream: bool = False
    downstream: bool = False
    only_failed: bool = False
    only_running: bool = False


def select_by_date(
    services: Services,
    dag_id: str,
    *,
    task_regex: str | None = None,
    logical_from: datetime | None = None,
    logical_to: datetime | None = None,
    upstream: bool = False,
    downstream: bool = False,
    only_failed: bool = False,
    only_running: bool = False,
) -> Selection:
    """The tasks whose ids match, in every run whose logical date lies between two dates (both inclusive).

    Without dates: in every run. Raises Unknown when the DAG has no task that matches.
    """
    dag = get_dag(services, dag_id)
    task_ids = None if task_regex is None else _matching_tasks(dag_id, [t.task_id for t in dag.spec.tasks], task_regex)
    runs = services.store.runs.list(dag_id=dag_id, logical_from=logical_from, logical_to=logical_to, newest_first=False)
    return Selection(
        dag_id,
        tuple(run.run_key for run in runs),
        task_ids,
        upstream=upstream,
        downstream=downstream,
        only_failed=only_failed,
        only_running=only_running,
    )


def select_from_run(
    services: Services,
    run: RunRecord,
    task_ids: Sequence[str] | None = None,
    *,
    map_indexes: Collection[int] | None = None,
    past: bool = False,
    future: bool = False,
    upstream: bool = False,
    downstream: bool = False,
    only_failed: bool = False,
    only_running: bool = False,
) -> Selection:
    """Tasks of one run and, when asked for, of the runs with earlier (`past`) or later (`future`) logical dates."""
    return Selection(
        run.dag_id,
        reach(services, run, past=past, future=future),
        None if task_ids is None else tuple(task_ids),
        None if map_indexes is None else tuple(map_indexes),
        upstream,
        downstream,
        only_failed,
        only_running,
    )


def reach(services: Services, run: RunRecord, *, past: bool, future: bool) -> tuple[int, ...]:
    """The run itself, and the runs of its DAG before or after it by logical date, oldest first."""
    if run.logical_date is None or not (past or future):
        return (run.run_key,)
    found = services.store.runs.list(
        dag_id=run.dag_id,
        logical_from=None if past else run.logical_date,
        logical_to=None if future else run.logical_date,
        newest_first=False,
    )
    return tuple(other.run_key for other in found)


def preview(services: Services, selection: Selection) -> list[InstanceEdit]:
    """The dry run: exactly the instances that `clear` would change now."""
    graphs = Graphs(services)
    found: list[InstanceEdit] = []
    for keys in in_groups(selection.run_keys):
        found += _decide(services, selection, keys, graphs).instances
    return found


def clear(services: Services, selection: Selection) -> list[InstanceEdit]:
    """Clear, and return the instances that were.

    Running ones are stopped and run again; runs that had ended are queued again. Some runs at a time: a crash on the
    way leaves the later ones as they were, and doing it again finishes.
    """
    graphs = Graphs(services)
    done: list[InstanceEdit] = []
    for keys in in_groups(selection.run_keys):
        decide = partial(_decide, services, selection, keys, graphs)
        edit = write(services, f"DAG '{selection.dag_id}'", decide, event="task.clear")
        done += edit.instances
    return done


def _decide(services: Services, selection: Selection, keys: Sequence[int], graphs: Graphs) -> Edit:
    now = services.now()
    edit = Edit()
    for snapshot in snapshots(services, keys, graphs):
        part = core.clear(
            snapshot.run,
            [snapshot],
            snapshot.graph.task_ids if selection.task_ids is None else selection.task_ids,
            now,
            map_indexes=selection.map_indexes,
            upstream=selection.upstream,
            downstream=selection.downstream,
            only_failed=selection.only_failed,
            only_running=selection.only_running,
        )
        edit.instances += part.instances
        edit.runs += part.runs
        edit.kill += part.kill
    return edit


def _matching_tasks(dag_id: str, known: list[str], task_regex: str) -> tuple[str, ...]:
    try:
        pattern = re.compile(task_regex)
    except re.error as error:
        raise Invalid(f"'{task_regex}' is no regular expression: {error}. Correct it.") from None
    found = tuple(task_id for task_id in known if pattern.search(task_id))
    if not found:
        raise Unknown("task that matches", task_regex, known, f"DAG '{dag_id}'")
    return found


def start_anyway(services: Services, run: RunRecord, task_id: str, map_index: int) -> None:
    """Puts a cleared instance in line for a slot, whatever it depends on. It still waits for slots and for its DAG.

    Raises Invalid when the instance has moved on in the meantime.
    """
    place: dict[str, Any] = {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_key": run.run_key,
        "task_id": task_id,
        "map_index": map_index,
    }
    old, new = TaskState.NONE.value, TaskState.SCHEDULED.value
    outbox = [services.note("task", "dependencies ignored", old=old, new=new, **place)]
    if services.by_user:
        outbox.append(services.audit("task.start_anyway", before={"state": old}, after={"state": new}, **place))
    values = {"state": TaskState.SCHEDULED, "scheduled_at": services.now()}
    update = InstanceUpdate(run.run_key, task_id, map_index, TaskState.NONE, values)
    if services.store.edit(Changes(instance_updates=[update], outbox=outbox)) is not None:
        raise Invalid(f"Task '{task_id}' of run '{run.run_id}' changed while it was being started. Try again.")
    services.ring()
