"""Clearing as the APIs ask for it: instances of one run, or of all runs between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.services import clearing
from tradewind.services.dags import get_dag
from tradewind.services.errors import Invalid
from tradewind.services.notes import set_run_note
from tradewind.services.runs import get_run
from tradewind.services.selections import MAX_RUNS, Selection, Wanted, select_named
from tradewind.services.session import Services
from tradewind.store.instance_pages import Placed


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
    options: clearing.Options = clearing.PLAIN


class Cleared(NamedTuple):
    instances: list[Placed]
    """Of a dry run as they are; otherwise as they are afterwards."""
    new_task_ids: list[str]
    """Tasks that the runs get in addition."""


def clear(services: Services, request: ClearRequest, *, dry_run: bool) -> Cleared:
    """Clear, or only tell what would be. Raises Unknown, Invalid for too many runs, and Busy for running instances that
    are to be left alone."""
    act = clearing.plan if dry_run else clearing.perform
    parts = act(services, _selection(services, request), request.options)
    keys = [
        (each.run.run_key, each.instance.task_id, each.instance.map_index)
        for part in parts
        for each in part.edit.instances
    ]
    new = dict.fromkeys(instance.task_id for part in parts for instance in part.new_instances)
    return Cleared(services.store.instance_pages.named(keys), list(new))


def clear_run(services: Services, run: RunRecord, request: ClearRequest, *, dry_run: bool) -> Cleared:
    """`clear` of one run; its note is the run's."""
    note = request.options.note
    request = replace(request, run_id=run.run_id, options=replace(request.options, note=None))
    done = clear(services, request, dry_run=dry_run)
    if note is not None and not dry_run:
        set_run_note(services, run, note)
    return done


def _selection(services: Services, request: ClearRequest) -> Selection:
    wanted: dict[str, frozenset[int] | None] | None = None
    if request.task_ids is not None:
        wanted = {}
        for named in request.task_ids:
            task_id, index = (named, NOT_MAPPED) if isinstance(named, str) else named
            so_far = wanted.get(task_id, frozenset())
            whole = index == NOT_MAPPED or so_far is None
            wanted[task_id] = None if whole or so_far is None else so_far | {index}
    return _of_runs(services, request, wanted)


def _of_runs(services: Services, request: ClearRequest, wanted: Wanted | None) -> Selection:
    if request.run_id is not None:
        runs = [get_run(services, request.dag_id, request.run_id)]
        past, future = request.past, request.future
    else:
        get_dag(services, request.dag_id)
        runs = list(
            services.store.runs.list(
                dag_id=request.dag_id,
                logical_from=None if request.past else request.first,
                logical_to=None if request.future else request.last,
                newest_first=False,
                limit=MAX_RUNS + 1,
            )
        )
        past = future = False
        if len(runs) > MAX_RUNS:
            raise Invalid(f"These are more than {MAX_RUNS} runs. Do it in parts.")
    return select_named(
        services,
        request.dag_id,
        runs,
        wanted,
        past=past,
        future=future,
        upstream=request.upstream,
        downstream=request.downstream,
    )
