"""Opening the store of a home, and looking after its database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.airflow_database import DATABASES, AirflowDatabase, digests
from tests.services.conftest import MORNING, World, a_task
from tradewind.configuration import Configuration
from tradewind.core.states import TaskState
from tradewind.services import database, runs
from tradewind.services.session import open_services
from tradewind.store import NotFound, SchemaProblem, StoreError


def test_the_first_use_of_a_home_makes_its_configuration_and_its_database(tmp_path: Path):
    home = tmp_path / "new"
    with open_services(Configuration(home, {})) as services:
        assert services.store.pools.get("default_pool") is not None
        assert services.who.startswith("cli:")
    assert (home / "airflow.cfg").exists() and (home / "airflow.db").exists()


def test_the_default_pool_of_a_new_database_has_the_configured_slots(tmp_path: Path):
    conf = Configuration(tmp_path, {"AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "7"})
    with open_services(conf) as services:
        assert services.store.pools.get("default_pool").slots == 7  # type: ignore[union-attr]


@pytest.mark.parametrize("made_by", DATABASES, ids=str)
@pytest.mark.parametrize("options", [{}, {"upgrade": True}, {"migrate": False}], ids=str)
def test_a_database_of_the_real_airflow_is_refused_and_left_alone(
    tmp_path: Path, made_by: AirflowDatabase, options: dict[str, bool]
):
    made_by.make(tmp_path / "airflow.db")
    before = digests(tmp_path)
    with pytest.raises(SchemaProblem, match="Airflow"), open_services(Configuration(tmp_path, {}), **options):
        pass
    assert digests(tmp_path) == before


def test_checking_tries_as_often_as_asked(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch):
    from tradewind.store import StoreUnavailable

    waited: list[float] = []

    def revision() -> str:
        if len(waited) < 2:
            raise StoreUnavailable("away")
        return "1"

    monkeypatch.setattr(world.services.store.schema, "revision", revision)
    with pytest.raises(StoreError, match="away"):
        database.check(world.services)
    database.check(world.services, attempts=3, pause_s=5, sleep=waited.append)
    assert waited == [5, 5]


def test_cleaning_takes_airflows_table_names_too(world: World):
    world.add_dag("nightly", a_task("load"))
    for day in range(3):
        run = runs.trigger_run(world.services, "nightly", logical_date=MORNING - timedelta(days=day + 1))
        world.begin(run, load=TaskState.SUCCESS)
    world.clock.advance(days=100)
    counts = database.clean(world.services, world.clock.now(), tables=["dag_run", "task_fail"], dry_run=True)
    assert counts == {"dag_run": 2}
    assert database.clean(world.services, world.clock.now(), tables=["dag_run"]) == {"dag_run": 2}
    with pytest.raises(NotFound, match="table 'dagrun'"):
        database.clean(world.services, world.clock.now(), tables=["dagrun"])


def test_the_shell_of_postgres_gets_its_password_where_no_process_list_shows_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda program: f"/bin/{program}")
    command, environment = database.shell_command("postgresql://me:s%40cret@db:5433/flows")
    assert command == ["/bin/psql", "-h", "db", "-p", "5433", "-U", "me", "-d", "flows"]
    assert environment["PGPASSWORD"] == "s@cret"
    assert database.shell_command("sqlite:////home/me/airflow.db")[0] == ["/bin/sqlite3", "/home/me/airflow.db"]


def test_a_shell_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda program: None)
    with pytest.raises(Exception, match="sqlite3"):
        database.shell_command("sqlite:////x.db")
