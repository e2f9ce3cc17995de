"""Homes that are taken, closed, broken or somebody else's: a clear sentence, and nothing is damaged."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import airflow_database
from tests.airflow_database import DATABASES, AirflowDatabase
from tests.faults.site import Site
from tests.home import Home

MakeSite = Callable[..., Site]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_second_scheduler_names_the_first_and_leaves_it_alone(site: Site) -> None:
    first = site.start()
    site.write_chain(length=2, seconds=0.0)
    site.wait_for_dag("chain")
    second = site.home.run("scheduler", check=False)
    assert second.returncode == 0
    assert f"process {first.pid}" in second.stdout and "AIRFLOW_HOME" in second.stdout
    beside = site.home.run("standalone", "--port", "0", check=False)
    assert beside.returncode not in (0, None)
    assert f"process {first.pid}" in beside.stdout + beside.stderr
    assert first.poll() is None
    (run,) = site.trigger("chain")
    assert site.wait_for_end(run).state == "success"


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A home with a database, on which nothing can be written any more."""
    folder = tmp_path / "closed"
    Site(folder).close()
    (folder / "airflow.cfg").write_text("[core]\nload_examples = False\n")
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    # Rights do not hold root back, a read-only mount does.
    mount = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True)
    if mount.returncode:
        pytest.skip("this root may not mount")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize(
    "command", [("scheduler",), ("standalone", "--port", "0"), ("db", "init"), ("variables", "set", "a", "1")]
)
def test_a_read_only_home_is_named_with_what_to_do(closed: Path, command: tuple[str, ...]) -> None:
    before = digests(closed)
    done = Home(closed).run(*command, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert str(closed) in said and ("writable" in said or "permissions" in said), said
    assert "Traceback" not in said
    assert digests(closed) == before


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("scheduler",), "[core]\nparallelism = many\n"),
        (("scheduler",), "core]\nparallelism = 4\n"),
        (("standalone", "--port", "0"), "core]\nparallelism = 4\n"),
        (("dags", "list"), "[core\n\x00\n"),
    ],
)
def test_a_broken_airflow_cfg_is_named_with_its_line(tmp_path: Path, command: tuple[str, ...], text: str) -> None:
    config = tmp_path / "airflow.cfg"
    config.write_text(text)
    done = Home(tmp_path).run(*command, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "airflow.cfg" in said or "parallelism" in said, said
    assert "Traceback" not in said
    assert config.read_text() == text


@pytest.mark.parametrize("made_by", DATABASES, ids=str)
@pytest.mark.parametrize(
    "command",
    [
        ("scheduler",),
        ("standalone", "--port", "0"),
        ("webserver", "--port", "0"),
        ("db", "init"),
        ("db", "migrate"),
        ("db", "upgrade"),
        ("db", "reset", "--yes"),
        ("db", "check"),
        ("db", "check-migrations"),
        ("db", "clean", "--clean-before-timestamp", "2025-01-01", "--yes"),
        ("db", "shell"),
        ("dags", "list"),
        ("dags", "reserialize"),
        ("users", "create", "-u", "me", "-p", "secret", "-f", "M", "-l", "E", "-e", "me@example.com", "-r", "Admin"),
        ("variables", "set", "a", "1"),
    ],
    ids=" ".join,
)
def test_a_database_of_the_real_airflow_is_refused_and_not_touched(
    tmp_path: Path, command: tuple[str, ...], made_by: AirflowDatabase
) -> None:
    made_by.make(tmp_path / "airflow.db")
    before = airflow_database.digests(tmp_path)
    done = Home(tmp_path).run(*command, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "belongs to Apache Airflow" in said and "AIRFLOW_HOME" in said
    assert "Traceback" not in said
    assert airflow_database.digests(tmp_path) == before
