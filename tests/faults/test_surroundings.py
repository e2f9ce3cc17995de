"""The database goes away, the disk is full, many tasks at once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.site import Balance, Site, settle
from tests.postgres import PostgresServer, postgres_server
from tradewind.runtime.log_reader import parse_line, read_log

Measure = Callable[..., None]
MakeSite = Callable[..., Site]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.mark.postgres
@pytest.mark.parametrize(("away_s", "at_once"), [(10.0, False), (3.0, True)], ids=["10 s", "3 s, by a crash"])
def test_while_the_database_is_away_everything_waits_and_nothing_fails(
    make_site: MakeSite, server: PostgresServer, measured: Measure, away_s: float, at_once: bool
) -> None:
    site = make_site(database=server.url())
    engine = site.start()
    site.write_chain(seconds=0.1, retries=0)
    site.trigger("chain", 20)
    site.wait(lambda: site.count("end") >= 40, "40 tasks done", every_s=0.01)
    server.stop(at_once=at_once)
    stopped_at = time.monotonic()
    site.wait(lambda: time.monotonic() - stopped_at > away_s, "the database was away long enough", 60)
    assert engine.poll() is None, "the scheduler has ended"
    server.start()
    back_at = time.time()

    def all_ended() -> bool:
        return not site.unfinished()

    site.wait(all_ended, "all runs ended", 60, every_s=0.05)
    assert engine.poll() is None
    # Nothing failed, nothing was lost, nothing ran twice.
    assert settle(site) == Balance(tries=200, lost=0, failed=0, doubled=0)
    assert site.count("start") == site.count("end") == 200
    measured("silence after the database is back", site.silence_s(back_at), 2.0)
    site.close()


FULL = """
import os, time
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def work(ti):
    begin(ti)
    for number in range(20):
        print("line", number, "." * 2000)
    note("written", ti)
    while not os.path.exists(NOTES + ".go"):
        time.sleep(0.02)
    print("after")
    note("end", ti)

with DAG("full", start_date=datetime(2024, 1, 1), schedule=None) as dag:
    for n in range(4):
        PythonOperator(task_id=f"t{n}", python_callable=work)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_of_the_logs_costs_log_lines_and_no_task(small_disk: Path, make_site: MakeSite) -> None:
    site = make_site(AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(small_disk / "logs"))
    # The folders of the logs fit, what is in them does not.
    ballast = small_disk / "ballast"
    site.write("full", FULL)
    site.start()
    site.wait_for_dag("full")
    _fill(ballast)
    (run,) = site.trigger("full")
    site.wait(lambda: site.count("written") == 4, "all tasks have written", 20)
    ballast.unlink()
    Path(f"{site.notes_file}.go").touch()
    site.wait_for_end(run)
    assert settle(site) == Balance(tries=4, lost=0, failed=0, doubled=0)
    said = [
        str(parse_line(line).get("event"))
        for n in range(4)
        for line in read_log(site.tries(run, f"t{n}")[0].log_path).lines
    ]
    assert said.count("after") == 4
    assert any("missing here, the log could not be written: No space left on device" in line for line in said)


def test_a_full_disk_of_the_database_is_waited_for(small_disk: Path, make_site: MakeSite) -> None:
    site = make_site(database=f"sqlite:///{small_disk}/airflow.db")
    engine = site.start()
    site.write_chain(seconds=0.05)
    site.trigger("chain", 20)
    site.wait(lambda: site.count("end") >= 40, "40 tasks done", every_s=0.01)
    ballast = small_disk / "ballast"
    _fill(ballast)
    site.wait(lambda: "cannot be used" in site.output(), "the full disk is met", 30)
    assert engine.poll() is None
    ballast.unlink()
    site.wait_until_all_ended()
    assert engine.poll() is None
    assert settle(site) == Balance(tries=200, lost=0, failed=0, doubled=0)
    assert site.output().count("is back") == 1


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def test_a_log_that_cannot_be_written_at_all_fails_no_task(make_site: MakeSite, tmp_path: Path) -> None:
    blocked = tmp_path / "logs"
    blocked.write_text("a file where the folder should be")
    site = make_site(AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(blocked))
    site.start()
    site.write_chain(seconds=0.0, length=3)
    (run,) = site.trigger("chain")
    site.wait_for_end(run)
    assert settle(site).tries == 3


def test_500_tasks_on_sqlite_8_at_once(site: Site, measured: Measure) -> None:
    site.start()
    site.write(
        "wide",
        """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
def work(ti):
    pass
with DAG("wide", start_date=datetime(2024, 1, 1), schedule=None, max_active_tasks=1000) as dag:
    for n in range(500):
        PythonOperator(task_id=f"t{n}", python_callable=work)
""",
    )
    for _ in range(2):
        (run,) = site.trigger("wide")
        ended = site.wait_for_end(run, 60)
        assert ended.start_date is not None and ended.end_date is not None
        took_s = (ended.end_date - ended.start_date).total_seconds()
        assert len(site.store.tries.of_run(run.run_key)) == 500
    measured("500 tasks", took_s, 1.5, slack=6)
    assert "locked" not in site.output() and "Traceback" not in site.output()
