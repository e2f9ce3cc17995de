"""airflowctl, installed from PyPI, against our API.

Its 0.1.5 breaks on its own answers to `connections test` and `connections create-defaults`, before it has printed them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.home import Home
from tests.server.ctl import AirflowCtl
from tests.server.site import Site, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def ctl(make_site: Callable[..., Site], tmp_path: Path) -> Iterator[AirflowCtl]:
    """Logged in with a token of the seeded site's Admin."""
    site = make_site(AIRFLOW__API__EXPOSE_CONFIG="True", AIRFLOW__CORE__TEST_CONNECTION="Enabled")
    folder = tmp_path / "ctl"
    folder.mkdir()
    program = AirflowCtl(folder, token="Admin")
    with serving(site) as url:
        program.run("auth", "login", "--api-url", url, "--skip-keyring")
        yield program


def test_pools_variables_and_connections_are_made_changed_read_and_deleted(ctl: AirflowCtl) -> None:
    assert ctl.json("pools", "create", "--name", "gpu", "--slots", "3")[0]["open_slots"] == "3"
    assert ctl.json("pools", "update", "--pool", "gpu", "--slots", "4")[0]["slots"] == "4"
    assert [pool["name"] for pool in ctl.json("pools", "list")] == ["default_pool", "gpu"]
    ctl.run("pools", "delete", "gpu")

    assert ctl.json("variables", "create", "--key", "colour", "--value", "red")[0]["value"] == "red"
    assert ctl.json("variables", "update", "--key", "colour", "--value", "blue")[0]["value"] == "blue"
    assert ctl.json("variables", "get", "colour")[0]["value"] == "blue"
    ctl.run("variables", "delete", "colour")
    assert ctl.run("variables", "get", "colour", check=False).returncode != 0

    made = ctl.json("connections", "create", "--connection-id", "c1", "--conn-type", "http", "--password", "hush")
    assert made[0]["password"] == "***"
    changed = ctl.json("connections", "update", "--connection-id", "c1", "--conn-type", "http", "--host", "h")
    assert changed[0]["host"] == "h"
    ctl.run("connections", "delete", "c1")


def test_what_it_imports_in_bulk_is_there(ctl: AirflowCtl) -> None:
    (ctl.folder / "pools.json").write_text('[{"name": "gpu", "slots": 2}, {"name": "cpu", "slots": 8}]')
    ctl.run("pools", "import", "pools.json")
    assert [pool["name"] for pool in ctl.json("pools", "list")] == ["cpu", "default_pool", "gpu"]
    (ctl.folder / "variables.json").write_text('{"one": "1", "two": {"value": "2", "description": "d"}}')
    ctl.run("variables", "import", "variables.json")
    assert ctl.json("variables", "get", "two")[0]["description"] == "d"


def test_it_reads_the_installation(ctl: AirflowCtl) -> None:
    assert ctl.json("config", "get", "core", "dialect")[0]["options"] == [{"key": "dialect", "value": "2"}]
    assert ctl.json("jobs", "list")[0]["job_type"] == "SchedulerJob"
    assert ctl.json("assets", "list")[0]["uri"] == "s3://lake/orders"
    assert "3." in ctl.run("version", "--remote").stdout


def test_it_lists_reads_pauses_and_triggers_dags(ctl: AirflowCtl) -> None:
    assert [dag["dag_id"] for dag in ctl.json("dags", "list")] == ["etl", "fan", "quiet"]
    assert ctl.json("dags", "get", "fan")[0]["owners"] == ["anna", "ben"]
    ctl.run("dags", "unpause", "quiet")
    made = ctl.json("dags", "trigger", "quiet", "--dag-run-id", "mine", "--note", "by hand")
    assert (made[0]["dag_run_id"], made[0]["note"]) == ("mine", "by hand")
    assert ctl.json("dagrun", "get", "quiet", "mine")[0]["state"] == "queued"


def test_it_logs_in_to_standalone_with_a_password_and_drives_it(tmp_path: Path) -> None:
    home = Home(tmp_path, settings={"AIRFLOW__API__EXPOSE_CONFIG": "True"})
    program = AirflowCtl(tmp_path)
    with home.running("standalone", "--port", "0"):
        url = home.wait_for(lambda: _told(tmp_path, r"(http://localhost:\d+)"))
        password = home.wait_for(lambda: _told(tmp_path, r"password: (\w+)"))
        login = ["auth", "login", "--api-url", url, "--username", "admin"]
        assert program.run(*login, "--password", "wrong", check=False).returncode != 0
        program.run(*login, "--password", password)
        assert [pool["name"] for pool in program.json("pools", "list")] == ["default_pool"]
        program.json("variables", "create", "--key", "colour", "--value", "red")
        program.json("connections", "create", "--connection-id", "c1", "--conn-type", "http", "--host", "h")
        assert home.run("variables", "get", "colour").stdout.strip() == "red"
        assert home.json("connections", "get", "c1")[0]["host"] == "h"


def _told(folder: Path, pattern: str) -> str | None:
    """What standalone said of itself."""
    found = re.search(pattern, (folder / "standalone.out").read_text())
    return found.group(1) if found else None
