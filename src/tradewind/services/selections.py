"""Which task instances a user means: tasks, groups and single instances, of one run or of many.

Clearing and marking begin with a selection, whoever asks: a page, an API or a command.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tradewind.core.clearing import select
from tradewind.core.edits import RunSnapshot
from tradewind.core.graph import Graph
from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord
from tradewind.services.dags import get_dag
from tradewind.services.edits import Graphs
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services

MAX_RUNS: Final = 2_000
"""So many runs may be named or reached at once through the web server."""

Wanted = Mapping[str, "frozenset[int] | None"]
"""Id of a task or group → map indexes. None: all; -1 stands for all instances of a task that was expanded."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Instances of a DAG, and what comes along with them."""

    dag_id: str
    runs: Mapping[int, Wanted | None] = field(default_factory=dict)
    """Run key → what is meant in that run; None: all tasks."""
    upstream: bool = False
    downstream: bool = False


def select_by_date(
    services: Services,
    dag_id: str,
    *,
    task_regex: str | None = None,
    logical_from: datetime | None = None,
    logical_to: datetime | None = None,
    upstream: bool = False,
    downstream: bool = False,
) -> Selection:
    """The tasks whose ids match, in every run whose logical date lies between two dates (both inclusive).

    Without dates: in every run. Raises Unknown when the DAG has no task that matches.
    """
    dag = get_dag(services, dag_id)
    wanted: Wanted | None = None
    if task_regex is not None:
        found = _matching_tasks(dag_id, [task.task_id for task in dag.spec.tasks], task_regex)
        wanted = dict.fromkeys(found)
    runs = services.store.runs.list(dag_id=dag_id, logical_from=logical_from, logical_to=logical_to, newest_first=False)
    return Selection(dag_id, {run.run_key: wanted for run in runs}, upstream, downstream)


def select_from_run(
    services: Services,
    run: RunRecord,
    task_ids: Iterable[str] | None = None,
    *,
    map_indexes: Collection[int] | None = None,
    past: bool = False,
    future: bool = False,
    upstream: bool = False,
    downstream: bool = False,
) -> Selection:
    """Tasks of one run and, when asked for, of the runs with earlier (`past`) or later (`future`) logical dates."""
    indexes = None if map_indexes is None else frozenset(map_indexes)
    wanted = None if task_ids is None else dict.fromkeys(task_ids, indexes)
    keys = reach(services, run, past=past, future=future)
    return Selection(run.dag_id, dict.fromkeys(keys, wanted), upstream, downstream)


def select_named(
    services: Services,
    dag_id: str,
    runs: Sequence[RunRecord],
    wanted: Wanted | None = None,
    *,
    instances: Iterable[tuple[RunRecord, str, int]] = (),
    past: bool = False,
    future: bool = False,
    upstream: bool = False,
    downstream: bool = False,
) -> Selection:
    """`wanted` of `runs`, and single `instances` of others. Raises Unknown for a task that neither the DAG nor one of the
    runs has, and Invalid for more than MAX_RUNS."""
    singles = list(instances)
    _check_names(
        services,
        dag_id,
        [*runs, *(run for run, _, _ in singles)],
        {*(wanted or ()), *(task_id for _, task_id, _ in singles)},
    )
    found: dict[int, Wanted | None] = {}
    given: list[tuple[RunRecord, Wanted | None]] = [(run, wanted) for run in runs]
    given += [(run, {task_id: frozenset([index])}) for run, task_id, index in singles]
    for run, part in given:
        for key in reach(services, run, past=past, future=future):
            found[key] = _merged(found[key], part) if key in found else part
        if len(found) > MAX_RUNS:
            raise Invalid(f"These are more than {MAX_RUNS} runs. Do it in parts.")
    return Selection(dag_id, found, upstream, downstream)


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


def resolved(wanted: Wanted, snapshot: RunSnapshot, graph: Graph) -> Wanted:
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


def picked(selection: Selection, snapshot: RunSnapshot, graph: Graph) -> list[InstanceRecord]:
    """The instances of a run that are meant, with those that come along by `graph`."""
    wanted = selection.runs[snapshot.run.run_key]
    if wanted is None:
        return list(snapshot.instances)
    named = resolved(wanted, snapshot, graph)
    chosen = set(select(graph, named, upstream=selection.upstream, downstream=selection.downstream))
    # A task that the version does not have any more can still be named.
    chosen.update(named)
    return [
        instance
        for instance in snapshot.instances
        if instance.task_id in chosen and fits(named.get(instance.task_id), instance.map_index)
    ]


def fits(indexes: Collection[int] | None, index: int) -> bool:
    return indexes is None or index in indexes


def _merged(one: Wanted | None, other: Wanted | None) -> Wanted | None:
    if one is None or other is None:
        return None
    merged = dict(one)
    for task_id, indexes in other.items():
        mine = merged.get(task_id, frozenset())
        merged[task_id] = None if indexes is None or mine is None else mine | indexes
    return merged


def _check_names(services: Services, dag_id: str, runs: Iterable[RunRecord], names: Collection[str]) -> None:
    """Raises Unknown for what is neither in the newest version of the DAG nor in that of one of the runs."""
    graphs = Graphs(services)
    specs = {id(spec): spec for spec in [get_dag(services, dag_id).spec, *(graphs.of(run).spec for run in runs)]}
    known: dict[str, None] = {}
    for spec in specs.values():
        known.update(dict.fromkeys(task.task_id for task in spec.tasks))
        known.update(dict.fromkeys(group.group_id for group in spec.groups))
    for name in sorted(set(names) - set(known)):
        raise Unknown("task", name, known, f"DAG '{dag_id}'")


def _matching_tasks(dag_id: str, known: list[str], task_regex: str) -> tuple[str, ...]:
    try:
        pattern = re.compile(task_regex)
    except re.error as error:
        raise Invalid(f"'{task_regex}' is no regular expression: {error}. Correct it.") from None
    found = tuple(task_id for task_id in known if pattern.search(task_id))
    if not found:
        raise Unknown("task that matches", task_regex, known, f"DAG '{dag_id}'")
    return found
