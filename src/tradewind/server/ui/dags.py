"""The list of DAGs, and one DAG: head, pausing, deleting, favourites."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from tradewind.core.permissions import Action, Resource
from tradewind.server.access import CallerOf
from tradewind.server.errors import Forbidden
from tradewind.server.ui import shapes
from tradewind.server.ui.answers import answer
from tradewind.services.dags import delete_dag as delete
from tradewind.services.dags import set_paused
from tradewind.services.views import dag_list, dag_page, why

router = APIRouter()


class PauseMany(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dag_ids: list[str]
    is_paused: bool


@router.get("/ui/dags", operation_id="list_dags", response_model=shapes.DagList)
def list_dags(
    caller: CallerOf,
    search: str = "",
    tag: Annotated[list[str] | None, Query()] = None,
    owner: Annotated[list[str] | None, Query()] = None,
    folder: str | None = None,
    state: Annotated[list[str] | None, Query()] = None,
    paused: bool | None = None,
    favourite: bool | None = None,
    order_by: Literal["dag_id", "next_run", "last_run", "median_duration"] = "dag_id",
    descending: bool = False,
    cursor: str | None = None,
    limit: int = 50,
    runs: int = 14,
) -> Response:
    wanted = dag_list.DagFilter(search, tag, owner, folder, state, paused, favourite)
    page = dag_list.list_dags(
        caller, wanted, order_by=order_by, descending=descending, cursor=cursor, limit=limit, bars=runs
    )
    return answer(page)


@router.patch("/ui/dags", operation_id="pause_dags", response_model=shapes.Done)
def pause_dags(caller: CallerOf, body: PauseMany) -> Response:
    for dag_id in body.dag_ids:
        if not caller.may(Action.EDIT, Resource.DAG, dag_id):
            raise Forbidden(f"User '{caller.username}' lacks the permission 'can_edit on DAGs' of DAG '{dag_id}'.")
    return answer({"changed": len(set_paused(caller.services, body.dag_ids, body.is_paused).changed)})


@router.get("/ui/dags/{dag_id:name}", operation_id="get_dag_page", response_model=shapes.DagPage)
def get_dag_page(caller: CallerOf, dag_id: str) -> Response:
    return answer(dag_page.get_dag_page(caller, dag_id))


@router.delete("/ui/dags/{dag_id:name}", operation_id="delete_dag", status_code=204)
def delete_dag(caller: CallerOf, dag_id: str) -> None:
    delete(caller.services, dag_id)


@router.get(
    "/ui/dags/{dag_id:name}/unpause-preview", operation_id="preview_unpause", response_model=shapes.UnpausePreview
)
def preview_unpause(caller: CallerOf, dag_id: str) -> Response:
    return answer(dag_page.preview_unpause(caller.services, dag_id))


@router.get("/ui/dags/{dag_id:name}/why", operation_id="why_dag", response_model=shapes.WhyAnswer)
def why_dag(caller: CallerOf, dag_id: str) -> Response:
    return answer(why.why_dag(caller.services, dag_id))
