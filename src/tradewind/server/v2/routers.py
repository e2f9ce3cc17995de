"""The routers of `/api/v2` for DAGs, their runs and what belongs to these."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from tradewind.server.v2 import dag_runs, dags, task_instances, xcoms

# The XComs first: their paths begin as those of the task instances do.
DAG_ROUTERS: Final[tuple[APIRouter, ...]] = (dags.router, dag_runs.router, xcoms.router, task_instances.router)
