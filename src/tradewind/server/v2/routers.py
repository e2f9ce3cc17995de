"""The routers of `/api/v2` for DAGs, their runs and what belongs to these."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from tradewind.server.v2 import (
    backfills,
    clearing,
    dag_bulk,
    dag_facts,
    dag_runs,
    dags,
    logs,
    task_instances,
    tasks,
    xcoms,
)

DAG_ROUTERS: Final[tuple[APIRouter, ...]] = (
    dags.router,
    dag_facts.router,
    tasks.router,
    dag_bulk.router,
    clearing.router,
    dag_runs.router,
    logs.router,
    xcoms.router,
    task_instances.router,
    backfills.router,
)
