"""Health as Airflow's probes read it: `/health`, `/api/v1/health`, `/api/v2/monitor/health`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from tradewind.services.health import HealthReport

Report = dict[str, Any]


def health_routes(read: Callable[[], HealthReport], path: str) -> APIRouter:
    router = APIRouter()

    @router.get(path, operation_id="get_health")
    def get_health() -> Report:
        return as_airflow(read())

    return router


def as_airflow(report: HealthReport) -> Report:
    """The answer's shape in Airflow 2 and 3; what is built into the engine answers as the engine does."""
    beat = None if report.heartbeat_at is None else report.heartbeat_at.isoformat()
    return {
        "metadatabase": {"status": report.database},
        "scheduler": {"status": report.engine, "latest_scheduler_heartbeat": beat},
        "triggerer": {"status": report.engine, "latest_triggerer_heartbeat": beat},
        "dag_processor": {"status": report.engine, "latest_dag_processor_heartbeat": beat},
    }
