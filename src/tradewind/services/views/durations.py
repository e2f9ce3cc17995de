"""How long a DAG's runs and tasks took, run by run."""

from __future__ import annotations

from tradewind.services.dags import get_dag
from tradewind.services.session import Services
from tradewind.services.views import run_bars
from tradewind.services.views.viewer import View
from tradewind.store.bars import BarRecord


def get_durations(services: Services, dag_id: str, limit: int) -> View:
    """`shapes.DurationsPage` of the newest `limit` runs (1 to 1,000). Raises Unknown."""
    get_dag(services, dag_id)
    store = services.store
    runs = store.bars.page(dag_id, limit=min(max(limit, 1), 1000))[::-1]
    versions = store.bars.versions(run.version_id for run in runs)
    seconds = store.history.task_seconds([run.run_key for run in runs])
    whole = run_bars.durations(runs)
    return {
        "points": [
            {
                "run_id": run.run_id,
                "run_type": run.run_type.value,
                "state": run.state.value,
                "logical_date": run.logical_date,
                "run_after": run.run_after,
                "version_number": versions[run.version_id].number if run.version_id in versions else 0,
                "queued_s": _queued(run),
                "duration_s": run.duration_s,
                "landing_s": _landing(run),
                "tasks": {name: spent for name, (spent, _) in seconds.get(run.run_key, {}).items()},
                "tries": {name: tries for name, (_, tries) in seconds.get(run.run_key, {}).items()},
            }
            for run in runs
        ],
        "median_s": run_bars.median_of(whole),
        "p95_s": run_bars.p95_of(whole),
    }


def _queued(run: BarRecord) -> float | None:
    if run.queued_at is None or run.start_date is None:
        return None
    return max(0.0, (run.start_date - run.queued_at).total_seconds())


def _landing(run: BarRecord) -> float | None:
    """From the moment at which its data was complete to the end of the run."""
    if run.end_date is None:
        return None
    return (run.end_date - (run.data_interval_end or run.run_after)).total_seconds()
