"""A run's task instances on a time scale: waiting, queued, running, try by try."""

from __future__ import annotations

from collections.abc import Iterator

from tradewind.core.graph import Graph
from tradewind.core.records import InstanceRecord, RunRecord, TryRecord
from tradewind.core.states import TaskState
from tradewind.services.edits import spec_of_run
from tradewind.services.session import Services
from tradewind.services.tasks import instances_of
from tradewind.services.views import critical_path
from tradewind.services.views.instances import run_bar
from tradewind.services.views.run_bars import RECENT, median_of
from tradewind.services.views.viewer import View


def get_gantt(services: Services, run: RunRecord) -> View:
    """`shapes.GanttPage`: rows in the order of the DAG."""
    store = services.store
    seq = store.outbox.last_seq()
    graph = Graph(spec_of_run(services, run))
    labels = {task.task_id: task.display_name or task.task_id for task in spec_of_run(services, run).tasks}
    tries: dict[tuple[str, int], list[TryRecord]] = {}
    for one in store.tries.of_run(run.run_key):
        tries.setdefault((one.task_id, one.map_index), []).append(one)
    medians = {name: median_of(values) for name, values in store.bars.durations_by_task(run.dag_id, RECENT).items()}
    instances = instances_of(services, run)
    ends = {
        one.task_id: max(other.end_date for other in instances if other.task_id == one.task_id and other.end_date)
        for one in instances
        if one.end_date is not None
    }
    return {
        "run": run_bar(services, run),
        "rows": [
            {
                "task_id": one.task_id,
                "map_index": one.map_index,
                "label": _label(labels, one),
                "state": one.state.value,
                "segments": list(_segments(one, tries.get((one.task_id, one.map_index), []))),
                "median_duration_s": medians.get(one.task_id),
            }
            for one in instances
        ],
        "critical_path": critical_path.by_ends(
            ends, lambda task_id: graph.upstream_ids(task_id) if task_id in graph else ()
        ),
        "seq": seq,
    }


def _label(labels: dict[str, str], one: InstanceRecord) -> str:
    name = labels.get(one.task_id, one.task_id)
    return name if one.map_index < 0 else f"{name}[{one.rendered_map_index or one.map_index}]"


def _segments(instance: InstanceRecord, tries: list[TryRecord]) -> Iterator[View]:
    """`shapes.GanttSegment`s, oldest first; the last one may have no end yet."""
    if instance.scheduled_at is not None and (not tries or tries[-1].queued_at >= instance.scheduled_at):
        until = tries[-1].queued_at if tries else None
        if instance.state is TaskState.SCHEDULED or until is not None:
            yield _segment("scheduled", max(instance.try_number, 1), instance.scheduled_at, until, "scheduled")
    previous: TryRecord | None = None
    for one in tries:
        if previous is not None and previous.end_date is not None:
            kind = "rescheduled" if previous.state is TaskState.UP_FOR_RESCHEDULE else "retry_wait"
            if one.queued_at > previous.end_date:
                yield _segment(kind, one.try_number, previous.end_date, one.queued_at, previous.state.value)
        yield _segment("queued", one.try_number, one.queued_at, one.start_date or one.end_date, "queued")
        if one.start_date is not None:
            yield _segment("running", one.try_number, one.start_date, one.end_date, one.state.value)
        previous = one
    waits = {
        TaskState.UP_FOR_RETRY: "retry_wait",
        TaskState.UP_FOR_RESCHEDULE: "rescheduled",
        TaskState.DEFERRED: "deferred",
    }
    if previous is not None and previous.end_date is not None and instance.state in waits:
        yield _segment(waits[instance.state], instance.try_number, previous.end_date, None, instance.state.value)


def _segment(kind: str, number: int, start: object, end: object, state: str) -> View:
    return {"kind": kind, "try_number": number, "start": start, "end": end, "state": state}
