"""Collecting a file: what a process keeps from one file to the next, and what it does not."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path

import pytest

from tests.airflow_cfg import generated
from tradewind.sdk import definition_context
from tradewind.sdk.collect import _SAMPLES, collect_dags, module_name, preload

FILE = """
from airflow import DAG
from airflow.operators.empty import EmptyOperator

with DAG("d", schedule=None):
    EmptyOperator(task_id="a")
"""


def test_the_samples_are_sound_and_leave_nothing_behind(home: Path) -> None:
    for number, sample in enumerate(_SAMPLES):
        found = collect_dags(f"<sample {number}>", sample)
        assert (found.problems, found.warnings) == ([], [])
        assert (found.dialect.dialect, len(found.specs)) == (2 + number, 1)
        sys.modules.pop(module_name(f"<sample {number}>"))
        linecache.cache.pop(f"<sample {number}>")
    modules, lines = set(sys.modules), set(linecache.cache)
    preload()
    assert set(sys.modules) == modules
    assert set(linecache.cache) == lines
    assert definition_context.current_dag() is None
    assert not definition_context.auto_registered


def test_a_broken_configuration_is_told_by_the_file_that_needs_it_and_not_before(home: Path) -> None:
    (home / "airflow.cfg").write_text("no section here\n")
    preload()
    with pytest.raises(Exception, match=r"airflow\.cfg"):
        collect_dags(str(home / "d.py"), FILE)


def test_a_process_that_read_the_configuration_before_sees_how_it_is_now(home: Path) -> None:
    path = home / "airflow.cfg"
    path.write_text("[core]\nmax_active_runs_per_dag = 3\n")
    preload()
    assert collect_dags(str(home / "d.py"), FILE).specs[0].max_active_runs == 3
    path.write_text("[core]\nmax_active_runs_per_dag = 21\n")
    assert collect_dags(str(home / "d.py"), FILE).specs[0].max_active_runs == 21


@pytest.mark.parametrize("airflow", [2, 3])
def test_a_generated_configuration_leaves_each_dialect_its_defaults(home: Path, airflow: int) -> None:
    (home / "airflow.cfg").write_text(generated(airflow, home))
    old = """
from datetime import datetime
from airflow import DAG
d = DAG("d", schedule_interval="@daily", start_date=datetime(2026, 1, 1))
"""
    new = "from airflow.sdk import DAG\ndag = DAG('d', schedule='@daily')"
    two, three = (collect_dags(str(home / "d.py"), text).specs[0] for text in (old, new))
    assert (two.catchup, three.catchup) == (True, False)
    assert (two.timetable.kind, three.timetable.kind) == ("cron_interval", "cron_trigger")
