"""Clearing as the APIs ask for it: instances of one run, or of all runs between two dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.core.graph import Graph
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.states import ACTIVE
from tradewind.services import clearing
from tradewind.services.dags import get_dag
from tradewind.services.errors import Busy, Invalid, Unknown
from tradewind.services.notes import set_instance_note, set_run_note
from tradewind.services.runs import get_run
from tradewind.services.session import Services
from tradewind.services.views import affecting
from tradewind.store.instance_pages import Placed

MOST_RUNS: Final = affecting.MAX_RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearRequest:
    """What is to be cleared."""

    dag_id: str
    run_id: str | None = None
    """None: all runs whose logical dates lie between `first` and `last`, both included."""
    first: datetime | None = None
    last: datetime | None = None
    task_ids: Sequence[str | tuple[str, int]] | None = None
    """Tasks and groups, or single instances of mapped tasks; None: all tasks."""
    upstream: bool = False
    downstream: bool = False
    past: bool = False
    future: bool = False
    only_failed: bool = False
    only_running: bool = False
    newest_version: bool = False
    """The runs go on with the newest version of the DAG."""
    only_new: bool = False
    """Nothing but tasks that the newest version has and the run does not."""
    prevent_running: bool = False
    note: str | None = None


class Cleared(NamedTuple):
    instances: list[Placed]
    """Of a dry run as they are; otherwise as they are afterwards."""
    new_task_ids: list[str]
    """Tasks that the runs get in addition."""


def clear(services: Services, request: ClearRequest, *, dry_run: bool) -> Cleared:
    """Clear, or only tell what would be. Raises Unknown, Invalid for too many runs, and Busy for running instances that
    are to be left alone."""
    if request.newest_version or request.only_new:
        return _with_newest(services, request, dry_run=dry_run)
    parts = _parts(services, request)
    told = _keys(parts, services)
    if request.prevent_running and not dry_run:
        running = [placed for placed in services.store.instance_pages.named(told) if placed[1].state in ACTIVE]
        if running:
            raise Busy(f"{len(running)} of these task instances are running, so nothing was cleared.")
    if not dry_run:
        told = list(
            dict.fromkeys(
                (each.run.run_key, each.instance.task_id, each.instance.map_index)
                for part in parts
                for each in clearing.clear(services, part)
            )
        )
        if request.note:
            for run, instance in services.store.instance_pages.named(told):
                set_instance_note(services, run, instance.task_id, instance.map_index, request.note)
    return Cleared(services.store.instance_pages.named(told), [])


def clear_run(services: Services, run: RunRecord, request: ClearRequest, *, dry_run: bool) -> Cleared:
    """`clear` of one run; its note is the run's."""
    done = clear(services, replace(request, run_id=run.run_id, note=None), dry_run=dry_run)
    if request.note is not None and not dry_run:
        set_run_note(services, run, request.note)
    return done


def _parts(services: Services, request: ClearRequest) -> list[clearing.Selection]:
    keys = _run_keys(services, request)
    if len(keys) > MOST_RUNS:
        raise Invalid(f"These are {len(keys)} runs; {MOST_RUNS} may be cleared at once. Do it in parts.")
    whole, by_index = _names(services, request)
    common = clearing.Selection(
        request.dag_id,
        keys,
        upstream=request.upstream,
        downstream=request.downstream,
        only_failed=request.only_failed,
        only_running=request.only_running,
    )
    if whole is None:
        return [common]
    parts = [replace(common, task_ids=whole)] if whole else []
    return parts + [
        replace(common, task_ids=(task_id,), map_indexes=tuple(indexes)) for task_id, indexes in by_index.items()
    ]


def _run_keys(services: Services, request: ClearRequest) -> tuple[int, ...]:
    if request.run_id is not None:
        run = get_run(services, request.dag_id, request.run_id)
        return clearing.reach(services, run, past=request.past, future=request.future)
    get_dag(services, request.dag_id)
    runs = services.store.runs.list(
        dag_id=request.dag_id,
        logical_from=None if request.past else request.first,
        logical_to=None if request.future else request.last,
        newest_first=False,
        limit=MOST_RUNS + 1,
    )
    return tuple(run.run_key for run in runs)


def _names(services: Services, request: ClearRequest) -> tuple[tuple[str, ...] | None, dict[str, list[int]]]:
    """Tasks to clear whole (None: all of them), and map indexes of others. Raises Unknown."""
    if request.task_ids is None:
        return None, {}
    spec = get_dag(services, request.dag_id).spec
    graph = Graph(spec)
    groups = {group.group_id for group in spec.groups}
    whole: dict[str, None] = {}
    by_index: dict[str, list[int]] = {}
    for named in request.task_ids:
        task_id, index = (named, NOT_MAPPED) if isinstance(named, str) else named
        if task_id in groups:
            whole.update(dict.fromkeys(graph.group_task_ids(task_id)))
        elif task_id not in graph:
            raise Unknown("task", task_id, [*graph.task_ids, *groups], f"DAG '{request.dag_id}'")
        elif index == NOT_MAPPED:
            whole[task_id] = None
        else:
            by_index.setdefault(task_id, []).append(index)
    return tuple(whole), by_index


def _keys(parts: Iterable[clearing.Selection], services: Services) -> list[tuple[int, str, int]]:
    return list(
        dict.fromkeys(
            (each.run.run_key, each.instance.task_id, each.instance.map_index)
            for part in parts
            for each in clearing.preview(services, part)
        )
    )


def _with_newest(services: Services, request: ClearRequest, *, dry_run: bool) -> Cleared:
    if request.only_running:
        raise Invalid("only_running and another version of the DAG do not go together. Leave one of them out.")
    runs = services.store.runs.by_keys(_run_keys(services, request))
    if not runs:
        return Cleared([], [])
    whole, by_index = _names(services, request)
    selection = affecting.Selection(
        request.dag_id,
        run_ids=[run.run_id for run in runs.values()] if whole is None or whole else [],
        task_ids=whole or None,
        instances=[
            (run.run_id, task_id, index)
            for run in runs.values()
            for task_id, indexes in by_index.items()
            for index in indexes
        ],
        upstream=request.upstream,
        downstream=request.downstream,
    )
    options = affecting.Clearing(
        only_failed=request.only_failed,
        only_new=request.only_new,
        newest_version=request.newest_version,
        prevent_running=request.prevent_running,
        note=request.note,
    )
    answer = affecting.clear(services, selection, options, dry_run=dry_run)
    key_of = {run.run_id: run.run_key for run in runs.values()}
    rows = [row for run in answer["runs"] for row in run["instances"]]
    keys = [(key_of[row["run_id"]], row["task_id"], row["map_index"]) for row in rows if row["run_id"] in key_of]
    found = services.store.instance_pages.named(keys)
    there = {(run.run_key, instance.task_id, instance.map_index) for run, instance in found}
    return Cleared(
        found, list(dict.fromkeys(task_id for key, task_id, index in keys if (key, task_id, index) not in there))
    )
