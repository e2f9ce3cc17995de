"""Clearing: task instances go back to the start and run again; their tries stay as history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tradewind.core import clearing as core
from tradewind.core.changes import Changes, InstanceUpdate
from tradewind.core.edits import Edit, InstanceEdit, RunSnapshot
from tradewind.core.graph import Graph
from tradewind.core.records import DagRecord, InstanceRecord, RunRecord
from tradewind.core.states import ACTIVE, TaskState
from tradewind.services.dags import get_dag
from tradewind.services.edits import Part, carry_out
from tradewind.services.errors import Busy, Invalid
from tradewind.services.selections import Selection, picked, resolved
from tradewind.services.session import Services


@dataclass(frozen=True, slots=True)
class Options:
    """How a selection is cleared."""

    only_failed: bool = False
    only_running: bool = False
    only_new: bool = False
    """Nothing but tasks that the newest version has and the run does not."""
    newest_version: bool = False
    """The runs go on with the newest version of the DAG."""
    prevent_running: bool = False
    """Nothing is cleared while one of the instances is at work."""
    requeues: bool = True
    """Runs that had ended are queued again; else they stay as they are, and so do the instances, until somebody queues them."""
    note: str | None = None
    """For every instance that is cleared."""


PLAIN: Final = Options()


def preview(services: Services, selection: Selection, options: Options = PLAIN) -> list[InstanceEdit]:
    """The dry run: exactly the instances that `clear` would change now."""
    return [each for part in plan(services, selection, options) for each in part.edit.instances]


def clear(services: Services, selection: Selection, options: Options = PLAIN) -> list[InstanceEdit]:
    """Clear, and return the instances that were; see `perform`."""
    return [each for part in perform(services, selection, options) for each in part.edit.instances]


def plan(services: Services, selection: Selection, options: Options = PLAIN) -> list[Part]:
    """What `perform` would change now."""
    return _carried_out(services, selection, options, dry_run=True)


def perform(services: Services, selection: Selection, options: Options = PLAIN) -> list[Part]:
    """Clear. Running ones are stopped and run again; runs that had ended are queued again.

    Some runs at a time: a crash on the way leaves the later ones as they were, and doing it again finishes. Raises Busy,
    and has changed nothing, when running ones are to be left alone.
    """
    if options.prevent_running:
        running = sum(each.instance.state in ACTIVE for each in preview(services, selection, options))
        if running:
            raise Busy(f"{running} of these task instances are running, so nothing was cleared.")
    return _carried_out(services, selection, options, dry_run=False)


def _carried_out(services: Services, selection: Selection, options: Options, *, dry_run: bool) -> list[Part]:
    moves = options.newest_version or options.only_new
    if moves and options.only_running:
        raise Invalid("only_running and another version of the DAG do not go together. Leave one of them out.")
    newest = get_dag(services, selection.dag_id) if moves else None

    def decide(snapshot: RunSnapshot) -> Part:
        part = Part()
        graph = snapshot.graph if newest is None else Graph(newest.spec)
        if not options.only_new:
            core.clear_instances(
                part.edit,
                snapshot,
                picked(selection, snapshot, graph),
                services.now(),
                only_failed=options.only_failed,
                only_running=options.only_running,
            )
        if newest is not None:
            part.new_instances = _new_instances(selection, options, newest, graph, snapshot)
            if part.edit or part.new_instances:
                _move(services, part.edit, snapshot, newest)
        if options.note:
            for each in part.edit.instances:
                each.values["note"] = options.note
        if not options.requeues and snapshot.run.state.is_final:
            part.edit.runs.clear()
        return part

    return carry_out(
        services, f"DAG '{selection.dag_id}'", list(selection.runs), decide, event="task.clear", dry_run=dry_run
    )


def _new_instances(
    selection: Selection, options: Options, dag: DagRecord, graph: Graph, snapshot: RunSnapshot
) -> list[InstanceRecord]:
    """Of the tasks that the newest version has and the run does not; with `only_new`, of those that are meant."""
    if not snapshot.run.expanded:
        return []
    has = {instance.task_id for instance in snapshot.instances}
    wanted = selection.runs[snapshot.run.run_key]
    meant = None
    if wanted is not None and not options.newest_version:
        named = resolved(wanted, snapshot, graph)
        meant = set(core.select(graph, named, upstream=selection.upstream, downstream=selection.downstream))
    return [
        InstanceRecord(
            run_key=snapshot.run.run_key,
            task_id=task.task_id,
            operator=task.operator,
            max_tries=task.retries,
            pool=task.pool,
            pool_slots=task.pool_slots,
            priority_weight=graph.nodes[task.task_id].total_weight,
            queue=task.queue,
        )
        for task in dag.spec.tasks
        if task.task_id not in has and (meant is None or task.task_id in meant)
    ]


def _move(services: Services, edit: Edit, snapshot: RunSnapshot, dag: DagRecord) -> None:
    """The run goes on with the newest version; one that had ended is queued again, also for new tasks alone."""
    if not edit.runs:
        core.requeue(edit, snapshot.run, services.now())
    edit.runs[0].values["version_id"] = dag.version_id


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
