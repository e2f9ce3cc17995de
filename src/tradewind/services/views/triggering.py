"""Triggering a DAG from its form, and what that will make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradewind.core.records import DagRecord, RunRecord
from tradewind.core.runs import run_id_for
from tradewind.core.states import RunType
from tradewind.services.dags import get_dag, set_paused
from tradewind.services.errors import Invalid
from tradewind.services.params import check_conf
from tradewind.services.runs import manual_interval, trigger_run
from tradewind.services.session import Services
from tradewind.services.views.viewer import View


@dataclass(frozen=True, slots=True)
class Order:
    """What the form says."""

    conf: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    use_now: bool = False
    run_id: str | None = None
    note: str | None = None
    unpause: bool = False


def trigger(services: Services, dag_id: str, order: Order) -> RunRecord:
    """Makes the run. Raises Unknown, Invalid, and RunExists (of the store)."""
    _check_date(order)
    logical_date = services.now() if order.use_now and order.logical_date is None else order.logical_date
    run = trigger_run(
        services,
        dag_id,
        conf=order.conf,
        run_id=order.run_id or None,
        logical_date=logical_date,
        keep_microseconds=True,
        note=order.note or None,
    )
    if order.unpause:
        set_paused(services, [dag_id], False)
    return run


def preview(services: Services, dag_id: str, order: Order) -> View:
    """`shapes.TriggerPreview`. Raises Unknown, and Invalid for params that do not fit."""
    _check_date(order)
    dag = get_dag(services, dag_id)
    check_conf(dag.spec, order.conf, overrides=services.conf.getboolean("core", "dag_run_conf_overrides_params"))
    now = services.now()
    logical_date = order.logical_date
    if logical_date is None and (order.use_now or dag.spec.dialect == 2):
        logical_date = now
    interval = manual_interval(dag, logical_date)
    return {
        "run_id": order.run_id or _run_id(dag, logical_date, now),
        "logical_date": logical_date,
        "data_interval_start": interval.start if interval else None,
        "data_interval_end": interval.end if interval else None,
        "waits_for_unpause": dag.is_paused and not order.unpause,
    }


def _run_id(dag: DagRecord, logical_date: datetime | None, now: datetime) -> str:
    return run_id_for(
        RunType.MANUAL,
        dialect=dag.spec.dialect,
        run_after=max(now, logical_date) if logical_date is not None else now,
        logical_date=logical_date,
        suffix="" if logical_date is not None else "…",
    )


def _check_date(order: Order) -> None:
    if order.logical_date is not None and order.logical_date.tzinfo is None:
        raise Invalid(f"The logical date {order.logical_date.isoformat()} has no time zone. Write it with its offset.")
