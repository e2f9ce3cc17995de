"""The tutorial's commands as it shows them, in an empty directory."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.airflow_cfg import generated
from tests.home import Home

HELLO_WORLD = Path(__file__).parents[1] / "conformance" / "tutorial" / "dags" / "hello_world.py"

pytestmark = pytest.mark.slow


def runs_of(home: Home) -> list[dict[str, str]]:
    return home.json("dags", "list-runs", "-d", "hello_world")


def both_succeeded(home: Home) -> bool:
    runs = runs_of(home)
    return len(runs) >= 2 and all(run["state"] == "success" for run in runs)


def create_user(home: Home) -> None:
    home.run(
        "users", "create", "--username", "admin", "--password", "!admin-password!", "--firstname", "b",
        "--lastname", "kkhyunn", "--role", "Admin", "--email", "admin@example.com",
    )  # fmt: skip


def test_the_tutorial_as_typed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.run("db", "init")
    assert (tmp_path / "airflow.cfg").exists() and (tmp_path / "airflow.db").exists()
    home.run("db", "init")  # a second time changes nothing
    create_user(home)
    assert [user["username"] for user in home.json("users", "list")] == ["admin"]

    with home.running("scheduler"):
        home.dags.mkdir()
        shutil.copy(HELLO_WORLD, home.dags)
        home.wait_for(lambda: home.json("dags", "list"))
        home.run("dags", "unpause", "hello_world")
        home.wait_for(lambda: both_succeeded(home))

        runs = sorted(runs_of(home), key=lambda run: run["logical_date"])
        now = datetime.now(timezone.utc)
        newest = now.replace(hour=6, minute=0, second=0, microsecond=0)
        if newest > now:
            newest -= timedelta(days=1)
        # `days_ago(2)` at midnight: the intervals that have closed since then.
        assert [datetime.fromisoformat(run["logical_date"]) for run in runs] == [
            newest - timedelta(days=2), newest - timedelta(days=1),
        ]  # fmt: skip
        first, second = (run["run_id"] for run in runs)
        starts = {
            (run_id, task["task_id"]): task
            for run_id in (first, second)
            for task in home.json("tasks", "states-for-dag-run", "hello_world", run_id)
        }
        assert starts[(second, "print_world")]["start_date"] >= starts[(first, "print_world")]["end_date"]
        assert "Hello" in home.run("tasks", "logs", "hello_world", "print_hello", first).stdout
        assert "world" in home.run("tasks", "logs", "hello_world", "print_world", second).stdout

        home.run("tasks", "clear", "hello_world", "-t", "print_hello", "-d", "--yes")
        logs = tmp_path / "logs" / "dag_id=hello_world" / f"run_id={first}" / "task_id=print_world"
        home.wait_for(lambda: (logs / "attempt=2.log").exists() and both_succeeded(home))
        assert (logs / "attempt=1.log").exists()
        assert len(runs_of(home)) == 2


def test_one_command_does_it_all(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.dags.mkdir()
    shutil.copy(HELLO_WORLD, home.dags)
    with home.running("standalone", "--port", "0"):
        home.wait_for(lambda: home.json("dags", "list"))
        home.run("dags", "unpause", "hello_world")
        home.wait_for(lambda: both_succeeded(home))
        assert len(runs_of(home)) == 2


@pytest.mark.parametrize("airflow", [2, 3])
def test_it_is_two_runs_with_the_airflow_cfg_of_a_real_airflow(tmp_path: Path, airflow: int) -> None:
    home = Home(tmp_path)
    (tmp_path / "airflow.cfg").write_text(generated(airflow, tmp_path))
    home.dags.mkdir()
    shutil.copy(HELLO_WORLD, home.dags)
    with home.running("scheduler"):
        home.wait_for(lambda: home.json("dags", "list"))
        home.run("dags", "unpause", "hello_world")
        home.wait_for(lambda: both_succeeded(home))
        assert len(runs_of(home)) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="a kernel's word that a parent died is asked for on Linux only")
def test_halves_do_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.running("standalone", "--port", "0") as parent:
        home.wait_for(lambda: home.run("jobs", "check", check=False).returncode == 0)
        parent.kill()
        parent.wait()
    with home.running("standalone", "--port", "0") as parent:
        home.wait_for(lambda: (tmp_path / "standalone.out").read_text().count("Scheduler is running") == 2)
        assert parent.poll() is None
