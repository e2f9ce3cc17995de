"""The routers of `/api/v1` for DAGs, their runs and what belongs to these."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from tradewind.server.v1 import dag_runs, dags, task_instances, tasks, xcoms

DAG_ROUTERS: Final[tuple[APIRouter, ...]] = (
    dag_runs.lists,
    task_instances.lists,
    dags.router,
    tasks.router,
    xcoms.router,
    dag_runs.router,
    task_instances.router,
)
