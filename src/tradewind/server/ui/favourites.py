"""The DAGs that somebody keeps at the top of his list."""

from __future__ import annotations

from fastapi import APIRouter

from tradewind.server.access import CallerOf
from tradewind.services.dags import get_dag

router = APIRouter()


@router.put("/ui/dags/{dag_id:name}/favourite", operation_id="add_favourite", status_code=204)
def add_favourite(caller: CallerOf, dag_id: str) -> None:
    get_dag(caller.services, dag_id)
    caller.services.store.personal.add_favourite(caller.username, dag_id)


@router.delete("/ui/dags/{dag_id:name}/favourite", operation_id="remove_favourite", status_code=204)
def remove_favourite(caller: CallerOf, dag_id: str) -> None:
    caller.services.store.personal.remove_favourite(caller.username, dag_id)
