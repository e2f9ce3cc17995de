"""Doing things to runs and task instances: trigger, clear, mark."""

from __future__ import annotations

from fastapi import APIRouter, Response

from tradewind.core.permissions import Action, Resource
from tradewind.server.access import CallerOf
from tradewind.server.errors import Forbidden
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.clearing import Options
from tradewind.services.views import affecting, runs, triggering

router = APIRouter()


@router.post("/ui/dags/{dag_id:name}/runs", operation_id="trigger_run", response_model=shapes.RunRow)
def trigger_run(caller: CallerOf, dag_id: str, body: shapes.TriggerRequest) -> Response:
    if body.unpause and not caller.may(Action.EDIT, Resource.DAG, dag_id):
        raise Forbidden(
            f"User '{caller.username}' lacks the permission 'can_edit on DAGs' of DAG '{dag_id}' to un-pause it."
        )
    run = triggering.trigger(caller.services, dag_id, _order(body))
    return answer(runs.run_row(caller, run))


@router.post(
    "/ui/dags/{dag_id:name}/trigger-preview", operation_id="preview_trigger", response_model=shapes.TriggerPreview
)
def preview_trigger(caller: CallerOf, dag_id: str, body: shapes.TriggerRequest) -> Response:
    return answer(triggering.preview(caller.services, dag_id, _order(body)))


@router.post("/ui/dags/{dag_id:name}/clear", operation_id="clear_instances", response_model=shapes.AffectedList)
def clear_instances(caller: CallerOf, dag_id: str, body: shapes.ClearRequest) -> Response:
    options = Options(
        only_failed=body.only_failed,
        only_new=body.only_new,
        newest_version=body.newest_version,
        prevent_running=body.prevent_running,
        note=body.note or None,
    )
    return answer(affecting.clear(caller.services, _named(dag_id, body), options, dry_run=body.dry_run))


@router.post("/ui/dags/{dag_id:name}/mark", operation_id="mark_instances", response_model=shapes.AffectedList)
def mark_instances(caller: CallerOf, dag_id: str, body: shapes.MarkRequest) -> Response:
    named = _named(dag_id, body)
    return answer(affecting.mark(caller.services, named, body.state, note=body.note or None, dry_run=body.dry_run))


def _order(body: shapes.TriggerRequest) -> triggering.Order:
    return triggering.Order(body.conf, body.logical_date, body.use_now, body.run_id, body.note, body.unpause)


def _named(dag_id: str, body: shapes.ClearRequest | shapes.MarkRequest) -> affecting.Named:
    return affecting.Named(
        dag_id,
        body.run_ids,
        body.task_ids,
        [(each.run_id, each.task_id, each.map_index) for each in body.instances],
        body.map_indexes,
        body.upstream,
        body.downstream,
        body.past,
        body.future,
    )
