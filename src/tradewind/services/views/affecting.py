"""Clearing and marking from a page: any selection of runs, tasks, groups and single instances, previewed exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tradewind.core.records import DagRecord, InstanceRecord, RunRecord
from tradewind.core.states import ACTIVE, TaskState
from tradewind.services import clearing, marking
from tradewind.services.clearing import Options
from tradewind.services.dags import get_dag
from tradewind.services.edits import Part
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.selections import MAX_RUNS, Selection, Wanted, select_named
from tradewind.services.session import Services
from tradewind.services.views.viewer import View


@dataclass(frozen=True, slots=True)
class Named:
    """What a page names: `task_ids` of `run_ids`, and single `instances`."""

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


def clear(services: Services, named: Named, options: Options, *, dry_run: bool) -> View:
    """`shapes.AffectedList`. Raises Unknown, Invalid, and Busy when running ones are to be left alone."""
    dag = get_dag(services, named.dag_id)
    selection = _selection(services, named)
    done = (clearing.plan if dry_run else clearing.perform)(services, selection, options)
    answer = _affected(done, dry_run)
    answer["warnings"] = _warnings(dag, answer, options)
    return answer


def mark(services: Services, named: Named, state: str, *, note: str | None, dry_run: bool) -> View:
    """`shapes.AffectedList`. Raises Unknown, and Invalid for a state that cannot be given."""
    dag = get_dag(services, named.dag_id)
    done = marking.mark(services, _selection(services, named), TaskState(state), note=note, dry_run=dry_run)
    answer = _affected(done, dry_run)
    answer["warnings"] = _warnings(dag, answer, None)
    return answer


def _selection(services: Services, named: Named) -> Selection:
    runs = _runs(services, named)
    indexes = None if named.map_indexes is None else frozenset(named.map_indexes)
    wanted: Wanted | None = None if named.task_ids is None else dict.fromkeys(named.task_ids, indexes)
    return select_named(
        services,
        named.dag_id,
        [runs[run_id] for run_id in named.run_ids],
        wanted,
        instances=[(runs[run_id], task_id, index) for run_id, task_id, index in named.instances],
        past=named.past,
        future=named.future,
        upstream=named.upstream,
        downstream=named.downstream,
    )


def _runs(services: Services, named: Named) -> dict[str, RunRecord]:
    ids = list(dict.fromkeys([*named.run_ids, *(run_id for run_id, _, _ in named.instances)]))
    if not ids:
        raise Invalid("Nothing is named. Give run_ids, or single instances.")
    if len(ids) > MAX_RUNS:
        raise Invalid(f"These are {len(ids)} runs; {MAX_RUNS} may be named at once. Do it in parts.")
    found = {run.run_id: run for run in services.store.runs.list(dag_id=named.dag_id, run_ids=ids)}
    for run_id in ids:
        if run_id not in found:
            raise Unknown("run", run_id, where=f"DAG '{named.dag_id}'", hint="It may have been deleted.")
    return found


# --- the answer -------------------------------------------------------------------------------------------------------


def _affected(done: Iterable[Part], dry_run: bool) -> View:
    runs: list[View] = []
    states: list[TaskState] = []
    for part in done:
        edit, new = part.edit, part.new_instances
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


def _warnings(dag: DagRecord, answer: View, options: Options | None) -> list[str]:
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
