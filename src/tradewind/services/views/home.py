"""The first page: what is broken, what is late, what comes next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tradewind.core.records import DagRecord
from tradewind.core.states import RunState
from tradewind.services.dags import list_dags, next_runs
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.views import actions, health_page, import_errors
from tradewind.services.views.favourites import favourites_of
from tradewind.services.views.run_bars import RECENT, bar_of, durations, p95_of, planned_of, stored_next
from tradewind.services.views.run_page import failures_of
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.bars import BarRecord
from tradewind.store.history import RunFilter

_DAY: Final = timedelta(hours=24)
_AHEAD: Final = timedelta(hours=2)
_MOST: Final = 20
_MOST_LANES: Final = 40
_MOST_BARS: Final = 2000
_LONG_QUEUE: Final = timedelta(minutes=5)


def get_home(viewer: Viewer) -> View:
    """`shapes.HomePage`."""
    services = viewer.services
    store = services.store
    seq = store.outbox.last_seq()
    now = services.now()
    visible = viewer.visible_dags
    dags = {dag.dag_id: dag for dag in list_dags(services) if visible is None or dag.dag_id in visible}
    recent = store.history.bars(RunFilter(dag_ids=visible, after=now - _DAY), _MOST_BARS)
    last = {dag_id: run for dag_id, run in store.bars.last_runs().items() if dag_id in dags}
    active = [dag for dag in dags.values() if not dag.is_paused]
    return {
        "failures": _failures(viewer, dags, last),
        "late": _late(services, dags, now),
        "upcoming": _upcoming(active, now),
        "timeline": _timeline(services, dags, recent, now),
        "timeline_from": now - _DAY,
        "timeline_to": now + _AHEAD,
        "health": health_page.parts(services),
        "run_counts": store.history.runs_by_state(now - _DAY, visible),
        "task_counts": store.history.counts_by_state() if visible is None else {},
        "import_errors": import_errors.count_of(viewer),
        "dag_counts": {"active": len(active), "paused": len(dags) - len(active)},
        "favourites": sorted(favourites_of(viewer) & dags.keys()),
        "first_steps": {
            "has_dags": bool(dags),
            "has_unpaused": bool(active),
            "has_run": bool(last),
        },
        "dags_folder": services.conf.get("core", "dags_folder"),
        "load_examples": services.conf.getboolean("core", "load_examples"),
        "seq": seq,
    }


def _name(dag: DagRecord) -> str:
    return dag.spec.display_name or dag.dag_id


def _failures(viewer: Viewer, dags: dict[str, DagRecord], last: dict[str, BarRecord]) -> list[View]:
    """DAGs whose newest run failed, the newest failure first."""
    services = viewer.services
    failed = [run for run in last.values() if run.state is RunState.FAILED]
    failed.sort(key=lambda run: run.end_date or run.run_after, reverse=True)
    rows = []
    for run in failed[:_MOST]:
        full = services.store.runs.get(run.dag_id, run.run_id)
        first = failures_of(services, full)[:1] if full is not None else []
        in_a_row = 0
        for other in services.store.bars.newest([run.dag_id], RECENT)[run.dag_id]:
            if other.state is not RunState.FAILED:
                break
            in_a_row += 1
        rows.append(
            {
                "dag_id": run.dag_id,
                "display_name": _name(dags[run.dag_id]),
                "run": _bar(services, run),
                "task_id": first[0]["task_id"] if first else "",
                "map_index": first[0]["map_index"] if first else -1,
                "last_line": first[0]["last_line"] if first else (full.end_reason if full is not None else ""),
                "since": run.end_date or run.run_after,
                "count": in_a_row,
                "actions": actions.of_run(viewer, run.dag_id, run.state),
            }
        )
    return rows


def _bar(services: Services, run: BarRecord) -> View:
    return bar_of(run, services.store.bars.versions([run.version_id]))


def _late(services: Services, dags: dict[str, DagRecord], now: datetime) -> list[View]:
    """Runs that take longer than 95 % of their DAG's, and runs that have been queued for long."""
    wanted = RunFilter(dag_ids=dags.keys(), states=[RunState.RUNNING, RunState.QUEUED])
    rows: list[View] = []
    usual: dict[str, float | None] = {}
    for run in services.store.history.bars(wanted, 200):
        if run.state is RunState.RUNNING and run.start_date is not None:
            if run.dag_id not in usual:
                seconds = durations(services.store.bars.newest([run.dag_id], RECENT)[run.dag_id])
                usual[run.dag_id] = p95_of(seconds) if len(seconds) >= 5 else None
            limit = usual[run.dag_id]
            spent = (now - run.start_date).total_seconds()
            if limit is not None and spent > max(limit, 1.0):
                rows.append(_late_row(services, dags, run, "running_long", limit, run.start_date))
        elif (
            run.queued_at is not None and run.run_after <= now and now - max(run.queued_at, run.run_after) > _LONG_QUEUE
        ):
            since = max(run.queued_at, run.run_after)
            rows.append(_late_row(services, dags, run, "queued_long", None, since))
    return rows[:_MOST]


def _late_row(
    services: Services, dags: dict[str, DagRecord], run: BarRecord, kind: str, usual_s: float | None, since: datetime
) -> View:
    return {
        "dag_id": run.dag_id,
        "display_name": _name(dags[run.dag_id]),
        "run": _bar(services, run),
        "task_id": None,
        "kind": kind,
        "usual_s": usual_s,
        "since": since,
    }


def _upcoming(active: list[DagRecord], now: datetime) -> list[View]:
    soon = [dag for dag in active if dag.next_run_after is not None and dag.next_run_after >= now]
    soon.sort(key=lambda dag: dag.next_run_after or now)
    return [{"dag_id": dag.dag_id, "display_name": _name(dag), "planned": stored_next(dag)} for dag in soon[:_MOST]]


def _timeline(services: Services, dags: dict[str, DagRecord], recent: list[BarRecord], now: datetime) -> list[View]:
    """One lane for each DAG that ran or will run, the last active first."""
    by_dag: dict[str, list[BarRecord]] = {}
    for run in recent:
        if run.dag_id in dags:
            by_dag.setdefault(run.dag_id, []).append(run)
    versions = services.store.bars.versions(run.version_id for run in recent)
    lanes = []
    for dag_id, runs in list(by_dag.items())[:_MOST_LANES]:
        lanes.append(
            {
                "dag_id": dag_id,
                "display_name": _name(dags[dag_id]),
                "runs": [bar_of(run, versions) for run in reversed(runs)],
                "planned": _planned(services, dags[dag_id], now),
            }
        )
    return lanes


def _planned(services: Services, dag: DagRecord, now: datetime) -> list[View]:
    if dag.is_paused or (dag.next_run_after is not None and dag.next_run_after > now + _AHEAD):
        return []
    try:
        found = next_runs(services, dag, 24, until=now + _AHEAD)
        return [planned_of(run) for run in found if now <= run.run_after]
    except Invalid:
        stored = stored_next(dag)
        return [stored] if stored is not None and now <= stored["run_after"] <= now + _AHEAD else []
