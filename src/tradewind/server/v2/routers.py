"""The routers of `/api/v2` for DAGs, their runs and what belongs to these."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from tradewind.server.v2 import dag_runs, dags, logs, task_instances

DAG_ROUTERS: Final[tuple[APIRouter, ...]] = (dags.router, dag_runs.router, logs.router, task_instances.router)
