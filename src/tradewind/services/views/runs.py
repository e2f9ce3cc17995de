"""Runs in lists and on pages of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tradewind.core.records import RunRecord
from tradewind.services.views import actions
from tradewind.services.views.instances import bar_record
from tradewind.services.views.run_bars import bar_of
from tradewind.services.views.task_tree import RunStates
from tradewind.services.views.viewer import View, Viewer
from tradewind.store.bars import Cell


def run_row(viewer: Viewer, run: RunRecord) -> View:
    return run_rows(viewer, [run])[0]


def run_rows(viewer: Viewer, runs: Sequence[RunRecord]) -> list[View]:
    """`shapes.RunRow`s."""
    bars = viewer.services.store.bars
    versions = bars.versions(run.version_id for run in runs)
    cells: dict[int, list[Cell]] = {}
    for cell in bars.cells(run.run_key for run in runs):
        cells.setdefault(cell.run_key, []).append(cell)
    return [
        {
            **bar_of(bar_record(run), versions),
            "dag_id": run.dag_id,
            "conf": conf_of(run),
            "task_counts": RunStates(cells.get(run.run_key, ())).counts(),
            "end_reason": run.end_reason,
            "actions": actions.of_run(viewer, run.dag_id, run.state),
        }
        for run in runs
    ]


def conf_of(run: RunRecord) -> dict[str, Any]:
    try:
        found = json.loads(run.conf, parse_constant=str)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
