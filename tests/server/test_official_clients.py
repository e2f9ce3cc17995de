"""Airflow's own clients, installed from PyPI, read what we answer."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.home import Home
from tests.outside import python_with
from tests.server.site import Site, serving

pytestmark = pytest.mark.slow

SCRIPTS = sorted((Path(__file__).parent / "clients").glob("v?_*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_client_of_airflow_understands_every_answer(script: Path, make_site: Callable[..., Site]) -> None:
    site = make_site(AIRFLOW__API__EXPOSE_CONFIG="True", AIRFLOW__CORE__TEST_CONNECTION="Enabled")
    python = python_with(f"client-{script.stem[:2]}")
    with serving(site) as url:
        done = subprocess.run(
            [str(python), str(script), url, "Role Admin"], capture_output=True, text=True, timeout=100, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"


DAY = """
from airflow.decorators import dag, task
from datetime import datetime

@dag(dag_id="day", schedule=None, start_date=datetime(2025, 1, 1))
def day():
    @task
    def say(**context):
        word = context["dag_run"].conf["word"]
        print(f"I say {word}")
        return {"said": word}

    @task
    def then(before):
        return len(before)

    then(say())

day()
"""


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_day_with_the_client_and_a_real_scheduler(version: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write_dag("day", DAY)
    script = Path(__file__).parent / "clients" / f"day_{version}.py"
    python = python_with(f"client-{version}")
    with home.running("standalone", "--port", "0"):
        url = home.wait_for(lambda: _told(tmp_path, r"(http://localhost:\d+)"))
        password = home.wait_for(lambda: _told(tmp_path, r"password: (\w+)"))
        home.wait_for(lambda: [dag["dag_id"] for dag in home.json("dags", "list")] == ["day"])
        done = subprocess.run(
            [str(python), str(script), url, password], capture_output=True, text=True, timeout=150, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"


def _told(folder: Path, pattern: str) -> str | None:
    """What standalone said of itself."""
    found = re.search(pattern, (folder / "standalone.out").read_text())
    return found.group(1) if found else None
