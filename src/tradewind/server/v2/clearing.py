"""Clearing: of task instances, of a run, of several runs."""

from __future__ import annotations

from fastapi import APIRouter

from tradewind.core.permissions import Action, Resource
from tradewind.server.access import CallerOf
from tradewind.server.v2.dag_bulk import check, dag_of
from tradewind.server.v2.dag_runs import response
from tradewind.server.v2.dag_runs import responses as run_responses
from tradewind.server.v2.models.dag_runs import (
    BulkDAGRunClearBody,
    DAGRunClearBody,
    DAGRunCollectionResponse,
    DAGRunResponse,
)
from tradewind.server.v2.models.task_instances import (
    ClearedInstances,
    ClearTaskInstancesBody,
    NewTaskResponse,
    TaskInstanceCollectionResponse,
)
from tradewind.server.v2.task_instances import collection
from tradewind.server.v2.task_instances import responses as instance_responses
from tradewind.services.clear_requests import Cleared, ClearRequest, clear, clear_run
from tradewind.services.clearing import Options
from tradewind.services.errors import Invalid
from tradewind.services.runs import get_run
from tradewind.services.session import Services

router = APIRouter(prefix="/api/v2/dags/{dag_id}")


def _told(services: Services, cleared: Cleared, *, only_new: bool = False) -> ClearedInstances:
    if only_new:
        new = [NewTaskResponse(task_id=task_id, task_display_name=task_id) for task_id in cleared.new_task_ids]
        return ClearedInstances(task_instances=list(new), total_entries=len(new))
    rows = instance_responses(services, cleared.instances)
    return ClearedInstances(task_instances=list(rows), total_entries=len(rows))


@router.post("/clearTaskInstances", operation_id="post_clear_task_instances", tags=["Task Instance"])
def post_clear_task_instances(
    dag_id: str, body: ClearTaskInstancesBody, caller: CallerOf
) -> TaskInstanceCollectionResponse:
    request = ClearRequest(
        dag_id=dag_id,
        run_id=body.dag_run_id,
        first=body.start_date,
        last=body.end_date,
        task_ids=body.task_ids,
        upstream=body.include_upstream,
        downstream=body.include_downstream,
        past=body.include_past,
        future=body.include_future,
        options=Options(
            only_failed=body.only_failed and not body.only_running,
            only_running=body.only_running,
            newest_version=bool(body.run_on_latest_version),
            prevent_running=body.prevent_running_task,
            requeues=body.reset_dag_runs,
            note=body.note,
        ),
    )
    return collection(caller.services, clear(caller.services, request, dry_run=body.dry_run).instances)


def _request(dag_id: str, body: DAGRunClearBody | BulkDAGRunClearBody) -> ClearRequest:
    if body.only_new and body.only_failed:
        raise Invalid("only_new and only_failed do not go together. Leave one of them out.")
    options = Options(
        only_failed=body.only_failed,
        only_new=body.only_new,
        newest_version=bool(body.run_on_latest_version),
        note=body.note,
    )
    return ClearRequest(dag_id=dag_id, options=options)


@router.post("/dagRuns/{dag_run_id}/clear", operation_id="clear_dag_run", tags=["DagRun"])
def clear_dag_run(
    dag_id: str, dag_run_id: str, body: DAGRunClearBody, caller: CallerOf
) -> DAGRunResponse | ClearedInstances:
    """A dry run answers with the task instances that would be cleared (with `only_new`, with the tasks)."""
    services = caller.services
    run = get_run(services, dag_id, dag_run_id)
    done = clear_run(services, run, _request(dag_id, body), dry_run=body.dry_run)
    if body.dry_run:
        return _told(services, done, only_new=body.only_new)
    return response(services, get_run(services, dag_id, dag_run_id))


@router.post("/clearDagRuns", operation_id="clear_dag_runs", tags=["DagRun"])
def clear_dag_runs(
    dag_id: str, body: BulkDAGRunClearBody, caller: CallerOf
) -> DAGRunCollectionResponse | ClearedInstances:
    if body.partition_key is not None or body.partition_date_start is not None or body.partition_date_end is not None:
        raise Invalid("DAGs have no partitions here. Name the runs in dag_runs.")
    if not body.dag_runs:
        raise Invalid("No run is named. Give dag_runs.")
    services = caller.services
    runs = []
    for named in body.dag_runs:
        of_dag = dag_of(dag_id, named.dag_id, named.dag_run_id)
        check(caller, Action.EDIT, Resource.DAG_RUN, of_dag)
        runs.append(get_run(services, of_dag, named.dag_run_id))
    done = [clear_run(services, run, _request(run.dag_id, body), dry_run=body.dry_run) for run in runs]
    if body.dry_run:
        whole = Cleared(
            [each for one in done for each in one.instances], [each for one in done for each in one.new_task_ids]
        )
        return _told(services, whole, only_new=body.only_new)
    rows = run_responses(services, [get_run(services, run.dag_id, run.run_id) for run in runs])
    return DAGRunCollectionResponse(dag_runs=rows, total_entries=len(rows))
