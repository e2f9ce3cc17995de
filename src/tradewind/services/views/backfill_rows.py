"""Backfills: planned, started, and how far they are."""

from __future__ import annotations

from tradewind.core.records import BackfillRecord
from tradewind.services.backfills import Reprocess, Request, Step, plan_backfill, start_backfill
from tradewind.services.dags import get_dag
from tradewind.services.session import Services
from tradewind.services.views import actions
from tradewind.services.views.viewer import View, Viewer


def list_rows(viewer: Viewer, dag_id: str) -> list[View]:
    """`shapes.BackfillRow`s of a DAG, newest first. Raises Unknown."""
    services = viewer.services
    get_dag(services, dag_id)
    return rows_of(viewer, services.store.backfills.list(dag_id=dag_id))


def rows_of(viewer: Viewer, found: list[BackfillRecord]) -> list[View]:
    counts = viewer.services.store.history.run_counts_of_backfills([one.backfill_id for one in found])
    return [
        {
            "backfill_id": one.backfill_id,
            "dag_id": one.dag_id,
            "from_date": one.from_date,
            "to_date": one.to_date,
            "reprocess": one.reprocess,
            "run_backwards": one.run_backwards,
            "max_active_runs": one.max_active_runs,
            "is_paused": one.is_paused,
            "created_at": one.created_at,
            "completed_at": one.completed_at,
            "run_counts": counts.get(one.backfill_id, {}),
            "total": sum(counts.get(one.backfill_id, {}).values()),
            "actions": actions.of_backfill(viewer, one),
        }
        for one in found
    ]


def create(services: Services, request: Request, *, dry_run: bool) -> View:
    """`shapes.BackfillPlan`. Raises Unknown, Invalid, Busy."""
    steps = plan_backfill(services, request)
    started = None if dry_run else start_backfill(services, request).backfill_id
    return {"steps": [_step(step) for step in steps], "backfill_id": started}


def reprocess_of(word: str) -> Reprocess:
    return Reprocess(word)


def _step(step: Step) -> View:
    return {
        "logical_date": step.planned.logical_date,
        "action": step.action.value,
        "existing_state": step.existing.state.value if step.existing is not None else None,
    }
