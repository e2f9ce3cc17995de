"""What a task may do to its own process and its surroundings, and what is made of it. One scheduler for all of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.site import Site
from tradewind.core.records import RunRecord, TryRecord
from tradewind.core.states import RunState, TaskState
from tradewind.runtime import process_facts
from tradewind.runtime.log_reader import parse_line, read_tail
from tradewind.runtime.rendezvous import private_folder

Measure = Callable[..., None]

FILE = """
import ctypes, hashlib, re, signal, subprocess
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator

def crash(ti):
    begin(ti)
    ctypes.string_at(0)

def exit_0(ti):
    begin(ti)
    os._exit(0)

def print_100_mb(ti):
    begin(ti)
    line = "x" * 999
    for number in range(100_000):
        print(f"{{number:06d}}", line)
    print("the end")

def write_100_mb(ti):
    begin(ti)
    block = (b"y" * 999 + b"\\n") * 1000
    for _ in range(100):
        rest = block
        while rest:
            rest = rest[os.write(1, rest):]

def kill_parent_once(ti):
    begin(ti)
    if ti.try_number == 1:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)

def ignore_sigterm(ti):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    begin(ti)
    while True:
        time.sleep(0.1)

def swallow(ti):
    begin(ti)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            note("swallowed", ti)

def count_in_c(ti):
    begin(ti)
    # Minutes of C code that never asks for signals: no handler of the interpreter gets to run.
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1_000_000_000)

def regex(ti):
    begin(ti)
    re.match(r"(a+)+$", "a" * 60 + "b")

def leave_child(ti):
    begin(ti)
    child = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
    note(f"child-{{child.pid}}", ti)

limit = {{"execution_timeout": timedelta(seconds=1)}}
for function, arguments in [
    (crash, {{}}), (exit_0, {{}}), (print_100_mb, {{}}), (write_100_mb, {{}}), (kill_parent_once, {{}}),
    (ignore_sigterm, limit), (swallow, limit), (count_in_c, limit), (regex, limit), (leave_child, {{}}),
]:
    with DAG(function.__name__, start_date=datetime(2024, 1, 1), schedule=None) as dag:
        PythonOperator(task_id="task", python_callable=function, **arguments)
    globals()[function.__name__] = dag
""".replace("{{", "{").replace("}}", "}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("tasks") / "home", AIRFLOW__CORE__KILLED_TASK_CLEANUP_TIME="2")
    site.write("badly", FILE)
    site.start()
    try:
        site.wait_for_dag("crash")
        yield site
    finally:
        site.close()
        shutil.rmtree(private_folder(str(site.home.folder)), ignore_errors=True)


def end_of(site: Site, dag_id: str, state: RunState, patience_s: float = 60.0) -> tuple[RunRecord, TryRecord, float]:
    """The run, its last try, and how long after the task's start the end was known."""
    (run,) = site.trigger(dag_id)
    begun = site.wait_for_note("start", dag_id)
    run = site.wait_for_end(run, patience_s)
    known_s = time.time() - begun.at
    assert run.state is state, site.tries(run, "task")
    return run, site.tries(run, "task")[-1], known_s


def log_of(made: TryRecord) -> str:
    lines = read_tail(made.log_path).lines
    return "\n".join(str(parse_line(line).get("event")) for line in lines)


def test_a_segmentation_fault_fails_the_task_with_the_signals_name(site: Site, measured: Measure) -> None:
    _, made, known_s = end_of(site, "crash", RunState.FAILED)
    assert (made.cause, made.signal) == ("signal", "SIGSEGV")
    assert "SIGSEGV" in made.error
    # Where it happened, as the interpreter itself says it.
    assert "Fatal Python error: Segmentation fault" in log_of(made) and "in crash" in log_of(made)
    measured("the crash is known", known_s, 0.1, slack=6)


def test_an_exit_without_an_outcome_is_a_failure_even_with_code_0(site: Site) -> None:
    _, made, _ = end_of(site, "exit_0", RunState.FAILED)
    assert (made.cause, made.exit_code) == ("exit_code", 0)
    assert "os._exit" in made.error


@pytest.mark.parametrize("dag_id", ["print_100_mb", "write_100_mb"])
def test_100_mb_of_output_are_kept_and_open_at_their_end(site: Site, measured: Measure, dag_id: str) -> None:
    _, made, took_s = end_of(site, dag_id, RunState.SUCCESS)
    assert Path(made.log_path).stat().st_size > 100_000_000
    before = time.monotonic()
    tail = read_tail(made.log_path)
    measured("the log opens at its tail", time.monotonic() - before, 0.3)
    measured("the task that prints 100 MB", took_s, 20.0)
    assert parse_line(tail.lines[-1])["event"] in ("the end", "y" * 999)


def test_a_task_that_kills_its_parent_is_lost_and_made_again(site: Site, measured: Measure) -> None:
    (run,) = site.trigger("kill_parent_once")
    begun = site.wait_for_note("start", "kill_parent_once")
    site.wait(lambda: site.tries(run, "task")[0].end_date, "it is known", every_s=0.001)
    known_s = time.time() - begun.at
    assert site.wait_for_end(run).state is RunState.SUCCESS
    first, second = site.tries(run, "task")
    assert first.cause == "host_lost" and "SIGKILL" in first.error and second.state is TaskState.SUCCESS
    assert not process_facts.is_alive(begun.pid, 0)
    measured("the death of the parent is known", known_s, 1.0)


@pytest.mark.parametrize("dag_id", ["ignore_sigterm", "swallow", "count_in_c", "regex"])
def test_no_task_outlives_its_execution_timeout(site: Site, measured: Measure, dag_id: str) -> None:
    _, made, known_s = end_of(site, dag_id, RunState.FAILED)
    assert made.cause == "execution_timeout" and "1 s" in made.error, made
    assert not process_facts.is_alive(site.wait_for_note("start", dag_id).pid, 0)
    # 1 s, and 2 s more for what does not listen to it.
    measured(f"{dag_id} is over", known_s, 1.0 if dag_id == "ignore_sigterm" else 3.1, slack=2)


def test_children_of_a_task_end_with_it_and_the_log_says_so(site: Site) -> None:
    _, made, known_s = end_of(site, "leave_child", RunState.SUCCESS)
    child = int(next(note.word for note in site.notes() if note.word.startswith("child-")).partition("-")[2])
    assert not process_facts.is_alive(child, 0)
    assert f"left a child process behind ({child})" in log_of(made)
    assert known_s < 10


def test_all_of_them_are_accounted_for(site: Site) -> None:
    """Runs last: nothing of what these tasks did has cost the scheduler anything."""
    assert "Traceback" not in site.output()
    assert not [note for note in site.notes() if note.word == "overlap"]
    site.wait(lambda: not site.running(), "no process of a task is left")
