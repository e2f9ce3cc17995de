"""Bulk changes of runs and task instances: each entry is found and checked before the first is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from fastapi import APIRouter

from tradewind.core.permissions import Action, Resource
from tradewind.core.records import NOT_MAPPED, RunRecord
from tradewind.core.states import TaskState
from tradewind.server.access import Caller, CallerOf
from tradewind.server.conventions import changes, or_any
from tradewind.server.errors import Forbidden, status_of
from tradewind.server.v2.bulk import (
    BulkActionResponse,
    BulkBody,
    BulkCreateAction,
    BulkDeleteAction,
    BulkResponse,
    BulkUpdateAction,
)
from tradewind.server.v2.dag_runs import patch_run
from tradewind.server.v2.models.dag_runs import BulkDAGRunBody
from tradewind.server.v2.models.task_instances import BulkTaskInstanceBody
from tradewind.services import task_instances as service
from tradewind.services.bulk import Entry, each_found
from tradewind.services.errors import Invalid
from tradewind.services.runs import delete_run, get_run

router = APIRouter(prefix="/api/v2/dags/{dag_id}")

E = TypeVar("E", BulkDAGRunBody, BulkTaskInstanceBody)
_NOT_ALLOWED: Final = 405

Make = Callable[[E, Action, "Sequence[str] | None"], Entry]
"""What is to be done to an entity: to be changed (with a mask), or to be deleted."""


def check(caller: Caller, action: Action, resource: Resource, dag_id: str) -> None:
    """For a DAG that stands in the body, where the guard does not look. Raises Forbidden."""
    if not caller.may(action, resource, dag_id):
        raise Forbidden(
            f"User '{caller.username}' lacks the permission '{action.value} on {resource.value}' of DAG '{dag_id}'. "
            "An administrator can give a role that has it."
        )


def dag_of(in_path: str, in_body: str | None, name: str) -> str:
    """Raises Invalid when neither names a DAG, and when they name two."""
    return _one_of("DAG", "dag_id", in_path, in_body, name)


def _one_of(what: str, field: str, in_path: str, in_body: str | None, name: str) -> str:
    path = or_any(in_path)
    body = None if in_body is None else or_any(in_body)
    if path is not None and body is not None and path != body:
        raise Invalid(f"The path names {what} '{path}', and '{name}' is said to be of '{body}'. Use ~ in the path.")
    found = path or body
    if found is None:
        raise Invalid(f"With ~ in the path, each entry needs a {field}: '{name}' has none.")
    return found


def _carry_out(what: str, body: BulkBody[E], make: Make[E], of_key: Callable[[str], E]) -> BulkResponse:
    answers: dict[str, BulkActionResponse] = {}
    for action in body.actions:
        answer = answers.setdefault(action.action, BulkActionResponse())
        if isinstance(action, BulkCreateAction):
            error = f"Bulk create of {what}s is not supported: trigger a DAG to make them."
            answer.errors.append({"error": error, "status_code": _NOT_ALLOWED})
            continue
        outcome = each_found(what, _entries(action, make, of_key), action.action_on_non_existence)
        answer.success += outcome.success
        answer.errors += [{"error": str(error), "status_code": status_of(error)} for error in outcome.errors]
    return BulkResponse(**answers)


def _entries(
    action: BulkUpdateAction[E] | BulkDeleteAction[E], make: Make[E], of_key: Callable[[str], E]
) -> list[Entry]:
    if isinstance(action, BulkUpdateAction):
        return [make(entity, Action.EDIT, action.update_mask) for entity in action.entities]
    entities = [of_key(entity) if isinstance(entity, str) else entity for entity in action.entities]
    return [make(entity, Action.DELETE, None) for entity in entities]


@router.patch("/dagRuns", operation_id="bulk_dag_runs", tags=["DagRun"])
def bulk_dag_runs(dag_id: str, body: BulkBody[BulkDAGRunBody], caller: CallerOf) -> BulkResponse:
    services = caller.services

    def make(entity: BulkDAGRunBody, action: Action, mask: Sequence[str] | None) -> Entry:
        def find() -> RunRecord:
            of_dag = dag_of(dag_id, entity.dag_id, entity.dag_run_id)
            check(caller, action, Resource.DAG_RUN, of_dag)
            return get_run(services, of_dag, entity.dag_run_id)

        def act(run: RunRecord) -> None:
            if action is Action.DELETE:
                delete_run(services, run)
            else:
                patch_run(services, run, changes(entity, list(mask or ()), ("state", "note")))

        return Entry(f"{entity.dag_id or dag_id}.{entity.dag_run_id}", find, act)

    return _carry_out("run", body, make, lambda key: BulkDAGRunBody(dag_run_id=key))


@router.patch("/dagRuns/{dag_run_id}/taskInstances", operation_id="bulk_task_instances", tags=["Task Instance"])
def bulk_task_instances(
    dag_id: str, dag_run_id: str, body: BulkBody[BulkTaskInstanceBody], caller: CallerOf
) -> BulkResponse:
    services = caller.services

    def make(entity: BulkTaskInstanceBody, action: Action, mask: Sequence[str] | None) -> Entry:
        task_id = entity.task_id

        def find() -> Any:
            of_dag = dag_of(dag_id, entity.dag_id, task_id)
            check(caller, action, Resource.TASK_INSTANCE, of_dag)
            run = get_run(services, of_dag, _one_of("run", "dag_run_id", dag_run_id, entity.dag_run_id, task_id))
            return run, service.instances_of_tasks(services, run, [task_id], entity.map_index)

        def act(found: Any) -> None:
            run, named = found
            if action is Action.DELETE:
                index = NOT_MAPPED if entity.map_index is None else entity.map_index
                service.delete_instance(services, run, task_id, index)
                return
            wanted = changes(entity, list(mask or ()), ("new_state", "note"))
            if "note" in wanted:
                service.note(services, named, wanted["note"])
            if wanted.get("new_state") is not None:
                state = TaskState(wanted["new_state"])
                service.mark(services, run, [task_id], state, entity.reach(), map_index=entity.map_index)

        index = "" if entity.map_index is None else f"[{entity.map_index}]"
        key = f"{entity.dag_id or dag_id}.{entity.dag_run_id or dag_run_id}.{task_id}{index}"
        return Entry(key, find, act)

    return _carry_out("task instance", body, make, lambda key: BulkTaskInstanceBody(task_id=key))
