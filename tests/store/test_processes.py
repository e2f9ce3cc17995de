"""Several processes on one database, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.rows import NOW, a_run, a_try, an_event, an_instance, an_xcom, moves
from tradewind.core.changes import Changes
from tradewind.core.states import TaskState
from tradewind.store import Store, StoreBusy, StoreError, dialects, faults

S = TaskState
ROOT = Path(__file__).parents[2]
WRITES = 150


def start(function: str, *arguments: str) -> subprocess.Popen[str]:
    """Runs a function of this module in a process of its own."""
    code = f"import sys; from tests.store import test_processes as t; t.{function}(*sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def write_many(url: str, name: str) -> None:
    """Half batches of the engine, half short transactions of services."""
    from tradewind.store import open_store

    with open_store(url) as store:
        for number in range(WRITES):
            if number % 2:
                store.variables.set(name, str(number), outbox=an_event("variable", who=name))
            else:
                store.edit(Changes(outbox=[an_event(who=name)]))


def write_batches(url: str, first: str) -> None:
    """Writes batches of coupled rows until it is killed, and says the number of each one that was committed."""
    from tradewind.store import open_store

    store = open_store(url)
    for number in range(int(first), int(first) + 100_000):
        run = a_run("killed", f"run_{number}", run_key=1_000_000 + number)
        attempt = a_try(run, "a", try_id=f"try_{number}")
        changes = Changes(
            new_runs=[run],
            new_instances=[an_instance(run, task) for task in "abcdefgh"],
            instance_updates=[moves(run, S.NONE, S.QUEUED, "a", try_id=attempt.try_id)],
            new_tries=[attempt],
            xcoms=[an_xcom(run, "a", value="x" * 2000)],
            rendered=[(attempt.try_id, "{}")],
            outbox=[an_event(run_key=run.run_key) for _ in range(4)],
        )
        assert store.edit(changes) is None
        print(number, flush=True)


def test_writers_in_several_processes_never_meet_a_lock(store: Store, url: str) -> None:
    writers = [start("write_many", url, name) for name in "abc"]
    assert [writer.communicate()[1] for writer in writers] == ["", "", ""]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    events = store.outbox.since(0, limit=10_000)
    assert {name: sum(event.who == name for event in events) for name in "abc"} == dict.fromkeys("abc", WRITES)


def test_a_process_killed_inside_a_commit_leaves_everything_or_nothing(store: Store, url: str) -> None:
    acknowledged: list[int] = []
    for round_number in range(8):
        writer = start("write_batches", url, str(round_number * 100_000))
        assert writer.stdout is not None
        acknowledged.append(int(writer.stdout.readline()))
        # Not on the moment of an acknowledgement, but anywhere within the batches that follow.
        time.sleep(0.01 + round_number * 0.0037)
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.communicate()[0].split()]
    runs = store.runs.list(dag_id="killed")
    assert {f"run_{number}" for number in acknowledged} <= {run.run_id for run in runs}
    for run in runs:
        loaded = store.engine.load_run(run.run_key)
        assert loaded is not None
        assert [one.state for one in loaded.instances] == [S.QUEUED] + [S.NONE] * 7
        (attempt,) = store.tries.of_run(run.run_key)
        assert store.tries.rendered(attempt.try_id) == "{}"
        assert len(store.xcoms.get(run.run_key)) == 1
        assert len(store.outbox.history(run.run_key)) == 4
    # And it goes on.
    assert store.edit(Changes(outbox=[an_event()])) is None


def test_a_writer_waits_for_another_and_readers_do_not(opened: Callable[..., Store]) -> None:
    holder, waiter = opened(), opened()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with holder._database.write() as connection:
            connection.exec_driver_sql("UPDATE pool SET slots = 7")
            held.set()
            release.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    pool = waiter.pools.get("default_pool")
    assert pool is not None
    assert pool.slots == 128
    threading.Timer(0.05, release.set).start()
    waiter.variables.set("a", "1")
    thread.join()
    assert waiter.pools.list()[0].slots == 7


def hold_the_lock(path: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    print("held", flush=True)
    signal.pause()


def test_a_lock_that_is_held_too_long_is_reported_with_its_holder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tradewind.store import database, open_store

    with open_store(f"sqlite:///{tmp_path}/airflow.db", create=True) as store:
        store.schema.migrate()
        holder = start("hold_the_lock", f"{tmp_path}/airflow.db")
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for module in (database, faults, dialects):
            monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.05)
        try:
            with pytest.raises(StoreBusy, match=f"held by pid {holder.pid}") as busy:
                store.edit(Changes(outbox=[an_event()]))
            with pytest.raises(StoreBusy):
                store.variables.set("a", "1")
        finally:
            holder.kill()
            holder.communicate()
        assert "fuser" in str(busy.value)
        assert "database is locked" not in str(busy.value)
        store.variables.set("a", "1")


def test_a_store_refuses_to_work_in_a_forked_child(store: Store) -> None:
    store.pools.list()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store.pools.list()
            os.write(writer, b"worked")
        except StoreError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as said:
        assert "Open it after the fork" in said.read()
    assert store.pools.list()


def test_a_closed_store_leaves_no_socket_or_file_open(store: Store) -> None:
    def descriptors() -> set[str]:
        found = set()
        for name in os.listdir("/proc/self/fd"):
            try:
                found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
            except OSError:
                continue
        return found

    before = descriptors()
    store.pools.list()
    store.edit(Changes(outbox=[an_event(at=NOW)]))
    assert descriptors() > before
    store.close()
    assert descriptors() == before
