"""The recorded DAGs of the real Airflow, through the real engine with real processes, on both databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.home import Home
from tests.postgres import postgres_url

HERE = Path(__file__).parent
DAGS = HERE / "dags"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("style", ["2x", "3x"])
@pytest.mark.parametrize(
    ("specs", "expected", "count"),
    [("specs.json", "expected-3.3.2.json", 138), ("more-specs.json", "more-expected.json", 37)],
    ids=["expected", "more"],
)
def test_every_recorded_dag_ends_as_in_airflow(
    specs: str, expected: str, count: int, style: str, database: str, tmp_path: Path
) -> None:
    home = Home(
        tmp_path,
        database=postgres_url() if database == "postgresql" else None,
        settings={"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"},
    )
    ours = tmp_path / "ours.json"
    run(home, str(DAGS / "emit.py"), str(DAGS / specs), str(home.dags), "--style", style)
    run(home, str(HERE / "drive.py"), str(ours))
    judged = run(home, str(DAGS / "compare.py"), str(DAGS / expected), str(ours), "--specs", str(DAGS / specs), "--tries")
    assert f"{count} of {count} agree" in judged


def run(home: Home, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], env=home.environ, cwd=home.folder, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
