"""What the command palette finds: DAGs, tasks and runs whose names hold the text (`matching.fits`)."""

from __future__ import annotations

from typing import Final

from tradewind.services.dags import list_dags
from tradewind.services.views.matching import fits
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.history import RunFilter

_MOST: Final = 12
_RUNS_SEARCHED: Final = 10_000
"""The newest ones: a text may stand anywhere in a run id, so that no index finds it."""


def search(viewer: Viewer, q: str) -> list[View]:
    """`shapes.PaletteHit`s: first DAGs, then tasks, then runs; names that begin with the text first."""
    wanted = q.strip().casefold()
    if len(wanted) < 2:
        return []
    dags = [dag for dag in list_dags(viewer.services) if viewer.sees(dag.dag_id)]

    def rank(name: str) -> tuple[bool, int, str]:
        return (not name.casefold().startswith(wanted), len(name), name)

    found = [dag for dag in dags if fits(dag.dag_id, wanted) or fits(dag.spec.display_name, wanted)]
    found.sort(key=lambda dag: rank(dag.dag_id))
    hits: list[View] = [
        _hit("dag", dag.dag_id, dag.spec.display_name or dag.dag_id, dag.spec.description) for dag in found[:_MOST]
    ]
    tasks = sorted(
        ((task.task_id, dag.dag_id) for dag in dags for task in dag.spec.tasks if fits(task.task_id, wanted)),
        key=lambda pair: (rank(pair[0]), pair[1]),
    )
    hits += [_hit("task", dag_id, task_id, dag_id, task_id=task_id) for task_id, dag_id in tasks[:_MOST]]
    runs = viewer.services.store.history.bars(
        RunFilter(dag_ids=viewer.visible_dags, text=q.strip()), _MOST, among=_RUNS_SEARCHED
    )
    hits += [_hit("run", run.dag_id, run.run_id, run.dag_id, run_id=run.run_id) for run in runs]
    return hits


def _hit(kind: str, dag_id: str, label: str, detail: str, **names: str) -> View:
    return {"kind": kind, "dag_id": dag_id, "run_id": None, "task_id": None, "label": label, "detail": detail, **names}
