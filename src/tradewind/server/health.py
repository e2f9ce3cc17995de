"""Health as Airflow's probes read it: `/health`, `/api/v1/health`, `/api/v2/monitor/health`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from tradewind.server.bodies import Answer
from tradewind.services.health import HealthReport, Status


class Metadatabase(Answer):
    status: Status


class Scheduler(Answer):
    status: Status
    latest_scheduler_heartbeat: datetime | None


class Triggerer(Answer):
    status: Status
    latest_triggerer_heartbeat: datetime | None


class DagProcessor(Answer):
    status: Status
    latest_dag_processor_heartbeat: datetime | None


class HealthInfo(Answer):
    metadatabase: Metadatabase
    scheduler: Scheduler
    triggerer: Triggerer
    dag_processor: DagProcessor


def health_routes(read: Callable[[], HealthReport], path: str) -> APIRouter:
    router = APIRouter(tags=["Monitor"])

    @router.get(path, operation_id="get_health")
    def get_health() -> HealthInfo:
        return as_airflow(read())

    return router


def as_airflow(report: HealthReport) -> HealthInfo:
    """The answer's shape in Airflow 2 and 3; what is built into the engine answers as the engine does."""
    engine, beat = report.engine, report.heartbeat_at
    return HealthInfo(
        metadatabase=Metadatabase(status=report.database),
        scheduler=Scheduler(status=engine, latest_scheduler_heartbeat=beat),
        triggerer=Triggerer(status=engine, latest_triggerer_heartbeat=beat),
        dag_processor=DagProcessor(status=engine, latest_dag_processor_heartbeat=beat),
    )
