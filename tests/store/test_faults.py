"""A database in trouble: which error, whether anything was written, and that the work goes on afterwards."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer, postgres_server
from tests.store.rows import a_run, an_event, moves, stored
from tradewind.core.changes import Changes
from tradewind.core.states import TaskState
from tradewind.store import (
    BadAddress,
    SchemaProblem,
    Store,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFault,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    StoreUnavailable,
    faults,
    open_store,
)
from tradewind.store.dialects import parse_address

EVENT = Changes(outbox=[an_event()])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a migrated SQLite database."""
    with open_store(f"sqlite:///{tmp_path}/airflow.db", create=True) as store:
        store.schema.migrate()
    return tmp_path


# --- SQLite ------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "airflow.db"
    path.write_text("these are not the pages you are looking for" * 100)
    with open_store(f"sqlite:///{path}") as store, pytest.raises(StoreCorrupt, match="not an SQLite database"):
        store.schema.state()


def test_a_damaged_file_is_reported(home: Path) -> None:
    path = home / "airflow.db"
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(content)
    with open_store(f"sqlite:///{path}") as store, pytest.raises(StoreCorrupt):
        store.dags.list()


def test_a_full_disk_writes_nothing_and_goes_on_when_there_is_space(home: Path) -> None:
    with open_store(f"sqlite:///{home}/airflow.db") as store:
        run = stored(store, a_run(), "load")
        pooled = store._database._writers.raw_connection()
        pooled.driver_connection.execute("PRAGMA max_page_count = 1")  # type: ignore[union-attr]
        pooled.close()
        big = [an_event(detail={"text": "x" * 100_000}) for _ in range(50)]
        change = Changes(instance_updates=[moves(run, TaskState.NONE, TaskState.SCHEDULED)], outbox=big)
        with pytest.raises(StoreFull, match="Free some space"):
            store.edit(change)
        assert store.instances.counts_by_state(run.run_key) == {TaskState.NONE: 1}
        pooled = store._database._writers.raw_connection()
        pooled.driver_connection.execute("PRAGMA max_page_count = 1000000")  # type: ignore[union-attr]
        pooled.close()
        assert store.edit(change) is None


# The interpreter of the tests may lie where nobody may look, so rights are dropped after the imports.
AS_NOBODY = """
import os, sys, sqlite3, sqlalchemy.dialects.sqlite
from tradewind.store import StoreError, open_store
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
store = open_store(sys.argv[1])
try:
    store.variables.set("a", "1")
except StoreError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("what", ["file", "folder", "folder above"])
def test_a_home_that_may_not_be_written_is_reported(what: str) -> None:
    # Not in pytest's own folder, which is closed to other users as a whole.
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        home = top / "above" / "home"
        url = f"sqlite:///{home}/airflow.db"
        with open_store(url, create=True) as store:
            store.schema.migrate()
        top.chmod(0o755)
        home.chmod(0o000 if what == "folder" else 0o555)
        home.parent.chmod(0o000 if what == "folder above" else 0o555)
        (home / "airflow.db").chmod(0o444)
        command = [sys.executable, "-c", AS_NOBODY, url]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        home.parent.chmod(0o755)
        home.chmod(0o755)
    assert shown.startswith("StoreReadOnly ")
    assert "permissions" in shown


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("sqlite:////nowhere/at/all/airflow.db", StoreMissing, "no folder /nowhere/at/all"),
        ("sqlite:////tmp", BadAddress, "is a folder"),
        ("mysql://root@localhost/airflow", BadAddress, "kind 'mysql' are not supported"),
        ("postgres.example.org", BadAddress, "not a database URL"),
        ("postgresql://me:hunter2@localhost:notaport/x", BadAddress, "not a database URL"),
    ],
)
def test_an_address_that_leads_nowhere_says_why(url: str, error: type[StoreError], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        open_store(url).dags.list()
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:pw@db:5433/airflow",
        "postgres://me:pw@db:5433/airflow",
        "postgresql+psycopg2://me:pw@db:5433/airflow",
        "postgresql+psycopg://me:pw@db:5433/airflow",
    ],
)
def test_every_spelling_of_postgresql_is_understood(url: str) -> None:
    address = parse_address(url)
    assert address.url.drivername == "postgresql+psycopg"
    assert (address.url.host, address.url.port, address.url.password) == ("db", 5433, "pw")
    assert str(address) == "postgresql://me:***@db:5433/airflow"


def test_memory_is_one_database_for_all_threads() -> None:
    import threading

    with open_store("sqlite://", create=True) as store:
        store.schema.migrate()
        threads = [threading.Thread(target=store.edit, args=(EVENT,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.outbox.since(0)) == 8


# --- PostgreSQL --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> object:
    with postgres_server() as server:
        yield server


@pytest.mark.parametrize("at_once", [False, True], ids=["in order", "by a crash"])
def test_a_server_that_stops_and_comes_back_is_used_again(server: PostgresServer, at_once: bool) -> None:
    with open_store(server.url()) as store:
        store.schema.migrate()
        run = stored(store, a_run(), "load")
        server.stop(at_once=at_once)
        for use in (lambda: store.edit(EVENT), store.dags.list, lambda: store.variables.set("a", "1")):
            with pytest.raises(StoreUnavailable, match="goes on by itself") as gone:
                use()
            assert not gone.value.outcome_unknown
        server.start()
        change = Changes(instance_updates=[moves(run, TaskState.NONE, TaskState.SCHEDULED)])
        assert store.edit(change) is None
        assert store.variables.keys() == []


def test_a_connection_lost_while_idle_is_replaced_unnoticed(server: PostgresServer) -> None:
    url = server.url()
    with open_store(url) as store:
        store.schema.migrate()
        for name in ("_readers", "_writers"):
            getattr(store._database, name).dispose()
        assert store.edit(EVENT) is None
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tradewind'")
        # As if it had lain there for a while.
        from tradewind.store import dialects

        real, dialects.IDLE_CHECK_S = dialects.IDLE_CHECK_S, -1.0  # type: ignore[misc]
        try:
            assert store.edit(EVENT) is None
        finally:
            dialects.IDLE_CHECK_S = real  # type: ignore[misc]


def test_a_connection_lost_at_commit_leaves_the_outcome_open(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.url()
    with open_store(url) as store:
        store.schema.migrate()
        real_commit = psycopg.Connection.commit

        def die_first(connection: psycopg.Connection) -> None:
            # Closed by hand: the end of a `with` would commit, too.
            other = psycopg.connect(url, autocommit=True)
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
            other.close()
            real_commit(connection)

        monkeypatch.setattr(psycopg.Connection, "commit", die_first)
        uses: list[Callable[[], object]] = [lambda: store.edit(EVENT), lambda: store.variables.set("a", "1")]
        for use in uses:
            with pytest.raises(StoreUnavailable) as gone:
                use()
            assert gone.value.outcome_unknown
        monkeypatch.undo()
        assert store.outbox.since(0) == []
        assert store.edit(EVENT) is None


def test_a_session_that_hangs_inside_a_transaction_is_ended_by_the_server(server: PostgresServer) -> None:
    with open_store(server.url()) as store, store._database.read() as connection:
        shown = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
        assert shown == "1min"


def test_a_database_that_does_not_exist_says_how_to_make_it(server: PostgresServer) -> None:
    url = server.url().replace("/test_", "/nope_")
    with open_store(url) as store, pytest.raises(StoreMissing, match="createdb nope_"):
        store.dags.list()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("57P01", StoreUnavailable),
        ("57P03", StoreUnavailable),
        ("53300", StoreUnavailable),
        ("08006", StoreUnavailable),
        ("53100", StoreFull),
        ("25006", StoreReadOnly),
        ("42501", StoreReadOnly),
        ("28P01", BadAddress),
        ("3D000", StoreMissing),
        ("55P03", StoreBusy),
        ("XX001", StoreCorrupt),
        ("42P01", SchemaProblem),
        ("0A000", StoreFault),
    ],
)
def test_each_sqlstate_has_its_error(state: str, error: type[StoreError]) -> None:
    address = parse_address("postgresql://me:hunter2@db/airflow")
    raised = psycopg.errors.lookup(state)("something")
    found = faults.translate(raised, address)
    assert type(found) is error
    assert "hunter2" not in str(found)


def test_a_connection_that_never_was_is_unavailable() -> None:
    with (
        open_store("postgresql://me:hunter2@127.0.0.1:1/airflow") as store,
        pytest.raises(StoreUnavailable, match="Check that the server runs") as gone,
    ):
        store.edit(EVENT)
    assert "hunter2" not in str(gone.value)


def test_an_error_while_reading_leaves_the_store_usable(opened: Callable[..., Store]) -> None:
    store = opened()
    with pytest.raises(StoreError), store._database.write() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    assert store.edit(EVENT) is None
