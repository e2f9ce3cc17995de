"""Airflow's own clients, installed from PyPI, read what we answer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

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
