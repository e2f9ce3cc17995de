"""Task instances as the APIs show and change them: found by name, with their tries, marked, noted, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from tradewind.core.edits import Edit
from tradewind.core.graph import Graph
from tradewind.core.reason import Reason
from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord, TryRecord
from tradewind.core.states import TaskState
from tradewind.services.edits import spec_of_run
from tradewind.services.errors import Busy, Unknown
from tradewind.services.explaining import DEPENDENCY_NAMES, why
from tradewind.services.marking import mark_tasks
from tradewind.services.notes import set_instance_note
from tradewind.services.runs import get_run
from tradewind.services.session import Services
from tradewind.services.tasks import check_task
from tradewind.services.views.instances import instance_or_plan
from tradewind.store.instance_pages import Placed

MOST_INSTANCES: Final = 10_000
"""Of one task, in an answer about all of them."""
_WAITING: Final = frozenset(
    {
        TaskState.NONE,
        TaskState.SCHEDULED,
        TaskState.QUEUED,
        TaskState.UP_FOR_RETRY,
        TaskState.UP_FOR_RESCHEDULE,
        TaskState.DEFERRED,
    }
)


class Seen(NamedTuple):
    """A try, and the instance whose try it is."""

    run: RunRecord
    instance: InstanceRecord
    made: TryRecord


class Dependency(NamedTuple):
    """Something that keeps an instance from running, as Airflow calls the check that fails."""

    name: str
    reason: str


def find_instance(services: Services, dag_id: str, run_id: str, task_id: str, map_index: int = NOT_MAPPED) -> Placed:
    """The instance, or what it will be while its run has not begun. Raises Unknown, also for a mapped task without index."""
    run = get_run(services, dag_id, run_id)
    return run, instance_or_plan(services, run, task_id, map_index)[0]


def tries_of(services: Services, run: RunRecord, instance: InstanceRecord) -> list[Seen]:
    """The tries by number; of several with one number, the newest: the others were lost before they began."""
    found = services.store.tries.of_instance(run.run_key, instance.task_id, instance.map_index)
    by_number = {made.try_number: made for made in found}
    return [Seen(run, instance, by_number[number]) for number in sorted(by_number)]


def find_try(services: Services, run: RunRecord, instance: InstanceRecord, number: int) -> Seen:
    """Raises Unknown."""
    found = tries_of(services, run, instance)
    for seen in found:
        if seen.made.try_number == number:
            return seen
    numbers = [str(seen.made.try_number) for seen in found]
    raise Unknown(
        "try", str(number), where=f"task '{instance.task_id}'", hint=f"Its tries: {', '.join(numbers) or '-'}."
    )


def dependencies_of(services: Services, run: RunRecord, task_id: str, map_index: int) -> list[Dependency]:
    """What keeps an instance from running; nothing for one that runs, or has ended. Raises Unknown."""
    answer = why(services, run, task_id, map_index)
    if answer.instance is not None and answer.instance.state not in _WAITING:
        return []
    return [Dependency(DEPENDENCY_NAMES.get(reason.kind, reason.kind), _text(reason)) for reason in answer.reasons]


def _text(reason: Reason) -> str:
    return f"{reason.text} {reason.remedy}" if reason.remedy else reason.text


def group_task_ids(services: Services, run: RunRecord, group_id: str) -> tuple[str, ...]:
    """The tasks of a group in the version of the run. Raises Unknown."""
    spec = spec_of_run(services, run)
    known = [group.group_id for group in spec.groups]
    if group_id not in known:
        raise Unknown("task group", group_id, known, f"DAG '{run.dag_id}'")
    return tuple(Graph(spec).group_task_ids(group_id))


def check_mapped(services: Services, run: RunRecord, task_id: str) -> None:
    """Raises Unknown for a task that is not mapped."""
    spec = spec_of_run(services, run)
    check_task(spec, task_id)
    if Graph(spec).mapped_scope(task_id) is None:
        raise Unknown("mapped task", task_id, where=f"DAG '{run.dag_id}'", hint="The task has one instance only.")


class Reach(NamedTuple):
    """Which others a mark goes to."""

    upstream: bool = False
    downstream: bool = False
    past: bool = False
    future: bool = False


ALONE: Final = Reach()


def instances_of_tasks(
    services: Services, run: RunRecord, task_ids: Sequence[str], map_index: int | None
) -> list[Placed]:
    """The instances of tasks; with a map index, that one of each. Raises Unknown when there is none of a task."""
    found: list[Placed] = []
    for task_id in task_ids:
        if map_index is not None:
            found.append((run, instance_or_plan(services, run, task_id, map_index)[0]))
            continue
        rows = services.store.instances.of_task(run.run_key, task_id, MOST_INSTANCES)
        if not rows:
            check_task(spec_of_run(services, run), task_id)
        found += [(run, instance) for instance in rows]
    return found


def mark(
    services: Services,
    run: RunRecord,
    task_ids: Sequence[str],
    state: TaskState,
    reach: Reach = ALONE,
    *,
    map_index: int | None = None,
    dry_run: bool = False,
) -> list[Placed]:
    """Mark instances as success, failed or skipped; those that change, as they were. Raises Unknown, Invalid."""
    edit: Edit = mark_tasks(
        services,
        run,
        task_ids,
        state,
        map_indexes=None if map_index is None else (map_index,),
        past=reach.past,
        future=reach.future,
        upstream=reach.upstream,
        downstream=reach.downstream,
        dry_run=dry_run,
    )
    return [(each.run, each.instance) for each in edit.instances if each.state is state]


def note(services: Services, found: Iterable[Placed], text: str | None) -> None:
    """The same note for several instances. Raises NotFound (of the store) for one whose run has not begun."""
    for run, instance in found:
        set_instance_note(services, run, instance.task_id, instance.map_index, text)


def now_of(services: Services, found: Iterable[Placed]) -> list[Placed]:
    """The same instances as they are now."""
    placed = list(found)
    keys = [(run.run_key, instance.task_id, instance.map_index) for run, instance in placed]
    return services.store.instance_pages.named(keys)


def delete_instance(services: Services, run: RunRecord, task_id: str, map_index: int) -> None:
    """Deletes an instance of a run that has ended, with its tries and XComs. Raises Unknown, and Busy before the end."""
    instance, exists = instance_or_plan(services, run, task_id, map_index)
    if not run.state.is_final:
        raise Busy(
            f"Run '{run.run_id}' is {run.state.value}, so its task '{task_id}' was not deleted. Wait for its end, or mark "
            "it as failed first."
        )
    if not exists:
        raise Unknown("instance", f"{task_id}[{map_index}]", where=f"run '{run.run_id}'")
    place: dict[str, Any] = {"dag_id": run.dag_id, "run_id": run.run_id, "run_key": run.run_key, "task_id": task_id}
    entry = services.audit("task.delete", before={"state": instance.state.value}, map_index=map_index, **place)
    services.store.instances.delete(run.run_key, task_id, map_index, [entry])
