"""Clearing and marking from a page: any selection of runs, tasks, groups and single instances, previewed exactly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradewind.core import clearing, marking
from tradewind.core.changes import Changes
from tradewind.core.edits import Edit, InstanceEdit, RunSnapshot
from tradewind.core.graph import Graph
from tradewind.core.records import NOT_MAPPED, DagRecord, InstanceRecord, RunRecord
from tradewind.core.states import ACTIVE, RunState, TaskState
from tradewind.services.clearing import reach
from tradewind.services.dags import get_dag
from tradewind.services.edits import Graphs, audit_of, in_groups, snapshots, write_changes
from tradewind.services.errors import Busy, Invalid, Unknown
from tradewind.services.session import Services
from tradewind.services.views.viewer import View

MAX_RUNS: Final = 2_000
"""So many runs may be named or reached at once."""

Wanted = dict[str, "frozenset[int] | None"]
"""Task id → map indexes; None: all."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which instances of a DAG an action begins with: `task_ids` of `run_ids`, and single `instances`."""

    dag_id: str
    run_ids: Sequence[str] = ()
    task_ids: Sequence[str] | None = None
    """Groups stand for their members; None: all tasks."""
    instances: Sequence[tuple[str, str, int]] = ()
    """(run id, task id, map index); -1 stands for all instances of a mapped task."""
    map_indexes: Sequence[int] | None = None
    upstream: bool = False
    downstream: bool = False
    past: bool = False
    future: bool = False


@dataclass(frozen=True, slots=True)
class Clearing:
    """What a clear does beyond the selection."""

    only_failed: bool = False
    only_new: bool = False
    newest_version: bool = False
    prevent_running: bool = False
    note: str | None = None


def clear(services: Services, selection: Selection, options: Clearing, *, dry_run: bool) -> View:
    """`shapes.AffectedList`. Raises Unknown, Invalid, and Busy when running ones are to be left alone."""
    dag = get_dag(services, selection.dag_id)
    plan = _Plan(services, selection)
    moves = options.newest_version or options.only_new

    def decide(snapshot: RunSnapshot, wanted: Wanted | None) -> tuple[Edit, list[InstanceRecord]]:
        graph = Graph(dag.spec) if moves else snapshot.graph
        edit = Edit()
        new = _new_instances(dag, snapshot) if moves else []
        if not options.only_new:
            chosen = _picked(snapshot, graph, wanted, selection)
            clearing.clear_instances(edit, snapshot, chosen, services.now(), only_failed=options.only_failed)
        if wanted is not None and new:
            named = set(clearing.select(graph, wanted, upstream=selection.upstream, downstream=selection.downstream))
            new = [instance for instance in new if instance.task_id in named or options.newest_version]
        if options.note:
            for each in edit.instances:
                each.values["note"] = options.note
        if moves and (edit or new):
            _requeue(services, edit, snapshot, dag)
        return edit, new

    if options.prevent_running and not dry_run:
        before = plan.carry_out(decide, dry_run=True, event="task.clear")
        if before["running"]:
            raise Busy(f"{before['running']} of these task instances are running, so nothing was cleared.")
    answer = plan.carry_out(decide, dry_run=dry_run, event="task.clear")
    answer["warnings"] = _warnings(dag, answer, options)
    return answer


def mark(services: Services, selection: Selection, state: str, *, note: str | None, dry_run: bool) -> View:
    """`shapes.AffectedList`. Raises Unknown, and Invalid for a state that cannot be given."""
    dag = get_dag(services, selection.dag_id)
    plan = _Plan(services, selection)
    whole_runs = selection.task_ids is None and not selection.instances
    if whole_runs and state not in ("success", "failed"):
        raise Invalid(f"A run can be marked as success or failed, not as {state}. Name its tasks to mark them.")

    def decide(snapshot: RunSnapshot, wanted: Wanted | None) -> tuple[Edit, list[InstanceRecord]]:
        now = services.now()
        if wanted is None:
            edit = marking.mark_run(snapshot, RunState(state), now)
        else:
            edit = _marked(snapshot, wanted, TaskState(state), selection, now)
        if note:
            for each in edit.instances:
                if each.state.value == state:
                    each.values["note"] = note
            for run_edit in edit.runs if wanted is None else ():
                run_edit.values["note"] = note
        return edit, []

    answer = plan.carry_out(decide, dry_run=dry_run, event=f"{'run' if whole_runs else 'task'}.mark_{state}")
    answer["warnings"] = _warnings(dag, answer, None)
    return answer


# --- what is meant ----------------------------------------------------------------------------------------------------

Decide = Callable[[RunSnapshot, "Wanted | None"], "tuple[Edit, list[InstanceRecord]]"]


class _Plan:
    """The runs that are meant, with the tasks in each."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self._services = services
        self._selection = selection
        self.wanted: dict[int, Wanted | None] = {}
        self._graphs = Graphs(services)
        runs = self._runs()
        spec = get_dag(services, selection.dag_id).spec
        known = set(selection.task_ids or ()) | {task_id for _, task_id, _ in selection.instances}
        all_ids: set[str] = {task.task_id for task in spec.tasks} | {group.group_id for group in spec.groups}
        for run in runs.values():
            graph = self._graphs.of(run)
            all_ids.update(graph.task_ids)
            all_ids.update(group.group_id for group in graph.spec.groups)
        for name in sorted(known - all_ids):
            raise Unknown("task", name, all_ids, f"DAG '{selection.dag_id}'")
        indexes = None if selection.map_indexes is None else frozenset(selection.map_indexes)
        for run_id in selection.run_ids:
            run = runs[run_id]
            wanted: Wanted | None = None
            if selection.task_ids is not None:
                wanted = {task_id: indexes for task_id in selection.task_ids}
            self._add(run, wanted)
        for run_id, task_id, index in selection.instances:
            self._add(runs[run_id], {task_id: frozenset([index])})

    def _runs(self) -> dict[str, RunRecord]:
        ids = list(dict.fromkeys([*self._selection.run_ids, *(run_id for run_id, _, _ in self._selection.instances)]))
        if not ids:
            raise Invalid("Nothing is named. Give run_ids, or single instances.")
        if len(ids) > MAX_RUNS:
            raise Invalid(f"These are {len(ids)} runs; {MAX_RUNS} may be named at once. Do it in parts.")
        dag_id = self._selection.dag_id
        found = {run.run_id: run for run in self._services.store.runs.list(dag_id=dag_id, run_ids=ids)}
        for run_id in ids:
            if run_id not in found:
                raise Unknown("run", run_id, where=f"DAG '{dag_id}'", hint="It may have been deleted.")
        return found

    def _add(self, run: RunRecord, wanted: Wanted | None) -> None:
        selection = self._selection
        keys = reach(self._services, run, past=selection.past, future=selection.future)
        for key in keys:
            if key in self.wanted:
                self.wanted[key] = _merged(self.wanted[key], wanted)
            else:
                self.wanted[key] = wanted
        if len(self.wanted) > MAX_RUNS:
            raise Invalid(f"These are more than {MAX_RUNS} runs. Do it in parts.")

    def carry_out(self, decide: Decide, *, dry_run: bool, event: str) -> View:
        services = self._services
        done: list[tuple[Edit, list[InstanceRecord]]] = []
        for keys in in_groups(sorted(self.wanted)):
            made: list[tuple[Edit, list[InstanceRecord]]] = []

            def build(keys: Sequence[int] = keys, made: list[Any] = made) -> tuple[Edit, Changes]:
                made.clear()
                whole, changes, now = Edit(), Changes(), services.now()
                for snapshot in snapshots(services, keys, self._graphs):
                    edit, new = decide(snapshot, self.wanted[snapshot.run.run_key])
                    made.append((edit, new))
                    whole.instances += edit.instances
                    whole.runs += edit.runs
                    whole.kill += edit.kill
                    changes.new_instances += new
                if not dry_run:
                    own = whole.changes(now, services.who)
                    own.new_instances = changes.new_instances
                    if own:
                        own.outbox.append(audit_of(services, event, whole))
                    changes = own
                return whole, changes

            if dry_run:
                build()
            else:
                write_changes(services, f"DAG '{self._selection.dag_id}'", build)
            done += made
        return _affected(done, dry_run)


def _merged(one: Wanted | None, other: Wanted | None) -> Wanted | None:
    if one is None or other is None:
        return None
    merged = dict(one)
    for task_id, indexes in other.items():
        mine = merged.get(task_id, frozenset())
        merged[task_id] = None if indexes is None or mine is None else mine | indexes
    return merged


def _resolved(wanted: Wanted, snapshot: RunSnapshot, graph: Graph) -> Wanted:
    """Groups as their tasks, and index -1 of an expanded task as all of its instances."""
    groups = {group.group_id for group in graph.spec.groups}
    expanded = {each.task_id for each in snapshot.instances if each.map_index != NOT_MAPPED}
    found: Wanted = {}
    for name, indexes in wanted.items():
        members = graph.group_task_ids(name) if name in groups else (name,)
        for task_id in members:
            mine = None if indexes is not None and NOT_MAPPED in indexes and task_id in expanded else indexes
            found = _merged(found, {task_id: mine}) or {}
    return found


def _picked(snapshot: RunSnapshot, graph: Graph, wanted: Wanted | None, selection: Selection) -> list[InstanceRecord]:
    if wanted is None:
        return list(snapshot.instances)
    named = _resolved(wanted, snapshot, graph)
    chosen = set(clearing.select(graph, named, upstream=selection.upstream, downstream=selection.downstream))
    # A task that the version does not have any more can still be named.
    chosen.update(named)
    return [
        instance
        for instance in snapshot.instances
        if instance.task_id in chosen and _fits(named.get(instance.task_id), instance.map_index)
    ]


def _fits(indexes: Collection[int] | None, index: int) -> bool:
    return indexes is None or index in indexes


def _marked(snapshot: RunSnapshot, wanted: Wanted, state: TaskState, selection: Selection, now: datetime) -> Edit:
    named = _resolved(wanted, snapshot, snapshot.graph)
    by_indexes: dict[frozenset[int] | None, list[str]] = {}
    for task_id, indexes in named.items():
        by_indexes.setdefault(indexes, []).append(task_id)
    found: dict[tuple[str, int], InstanceEdit] = {}
    whole = Edit()
    for indexes, task_ids in by_indexes.items():
        edit = marking.mark_tasks(
            snapshot.run,
            [snapshot],
            task_ids,
            state,
            now,
            map_indexes=indexes,
            upstream=selection.upstream,
            downstream=selection.downstream,
        )
        for each in edit.instances:
            key = (each.instance.task_id, each.instance.map_index)
            # Marked by one part and cleared by another: the user named it.
            if key not in found or each.state is state:
                found[key] = each
        whole.runs = edit.runs or whole.runs
        whole.kill += edit.kill
    marked_already = {
        (each.task_id, each.map_index)
        for each in snapshot.instances
        if each.state is state and each.task_id in named and _fits(named[each.task_id], each.map_index)
    }
    whole.instances = [each for key, each in found.items() if each.state is state or key not in marked_already]
    return whole


# --- another version --------------------------------------------------------------------------------------------------


def _new_instances(dag: DagRecord, snapshot: RunSnapshot) -> list[InstanceRecord]:
    """Of the tasks that the newest version has and the run does not."""
    if not snapshot.run.expanded:
        return []
    has = {instance.task_id for instance in snapshot.instances}
    weights = Graph(dag.spec)
    return [
        InstanceRecord(
            run_key=snapshot.run.run_key,
            task_id=task.task_id,
            operator=task.operator,
            max_tries=task.retries,
            pool=task.pool,
            pool_slots=task.pool_slots,
            priority_weight=weights.nodes[task.task_id].total_weight,
            queue=task.queue,
        )
        for task in dag.spec.tasks
        if task.task_id not in has
    ]


def _requeue(services: Services, edit: Edit, snapshot: RunSnapshot, dag: DagRecord) -> None:
    """The run goes on with the newest version; one that had ended is queued again, also for new tasks alone."""
    if not edit.runs:
        clearing.requeue(edit, snapshot.run, services.now())
    edit.runs[0].values["version_id"] = dag.version_id


# --- the answer -------------------------------------------------------------------------------------------------------


def _affected(done: Iterable[tuple[Edit, list[InstanceRecord]]], dry_run: bool) -> View:
    runs: list[View] = []
    states: list[TaskState] = []
    for edit, new in done:
        by_run: dict[int, tuple[RunRecord, list[View]]] = {}
        for each in edit.instances:
            states.append(each.instance.state)
            _, rows = by_run.setdefault(each.run.run_key, (each.run, []))
            rows.append(_row(each.run, each.instance, each.instance.state.value, each.state.value))
        after: Mapping[int, str] = {
            each.run.run_key: str(each.values.get("state", each.run.state)) for each in edit.runs
        }
        for each_run in edit.runs:
            by_run.setdefault(each_run.run.run_key, (each_run.run, []))
        for instance in new:
            found = by_run.get(instance.run_key)
            if found is not None:
                states.append(TaskState.NONE)
                found[1].append(_row(found[0], instance, "none", "none"))
        for key, (run, rows) in by_run.items():
            runs.append(
                {
                    "run_id": run.run_id,
                    "logical_date": run.logical_date,
                    "before": run.state.value,
                    "after": after.get(key, run.state.value),
                    "instances": rows,
                }
            )
    return {
        "runs": runs,
        "total": len(states),
        "running": sum(state in ACTIVE for state in states),
        "succeeded": sum(state is TaskState.SUCCESS for state in states),
        "warnings": [],
        "done": not dry_run,
    }


def _row(run: RunRecord, instance: InstanceRecord, before: str, after: str) -> View:
    return {
        "run_id": run.run_id,
        "task_id": instance.task_id,
        "map_index": instance.map_index,
        "before": before,
        "after": after,
    }


def _warnings(dag: DagRecord, answer: View, options: Clearing | None) -> list[str]:
    found = []
    running, total = answer["running"], answer["total"]
    if running and options is not None and options.prevent_running:
        found.append(f"{running} of them are at work: nothing will be cleared.")
    elif running:
        found.append(f"{running} of them are at work, and will be stopped.")
    if options is not None:
        if answer["succeeded"]:
            found.append(f"{answer['succeeded']} of them had succeeded.")
        limit = dag.spec.max_active_runs
        if limit and len(answer["runs"]) > limit:
            found.append(f"{len(answer['runs'])} runs start again, {limit} at a time (max_active_runs).")
        if dag.is_paused and total:
            found.append("The DAG is paused: nothing runs before it is un-paused.")
        if dag.is_stale:
            found.append(f"The file {dag.relative_fileloc} does not define the DAG any more.")
    return found
