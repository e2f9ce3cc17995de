"""An end is told when the process has said its last word. What becomes of the process then is still recorded, and no other
try of its instance begins before it is gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from engine_side import EngineSide

from tradewind.core.messages import Ended, Exited, Failed, Lost, Started, Succeeded
from tradewind.runtime import process_facts
from tradewind.runtime.settings import ANSWER_SCHEDULE, COLLECT, RUN_CALLBACK, RUN_TRY

MakeEngine = Callable[..., EngineSide]

DIES = """
import os, signal
from tradewind.core.messages import Succeeded
def task(channel):
    channel.tell_last(Succeeded())
    os.kill(os.getpid(), signal.SIGSEGV)
"""
# Its last word is said, and then it does not go.
LINGERS = """
import os, time
from tradewind.core.messages import Succeeded
def task(channel):
    if os.path.exists(__file__ + ".again"):
        return
    open(__file__ + ".again", "w").close()
    channel.tell_last(Succeeded())
    time.sleep(600)
"""


def wait_exited(engine: EngineSide, try_id: str) -> Exited:
    return engine.wait(lambda: engine.find(Exited, try_id=try_id))


def lingering(engine: EngineSide) -> tuple[str, str, tuple[int, int]]:
    """(file, try, (pid, ticks)) of a try whose end was told while its process stays."""
    file = engine.file(LINGERS)
    try_id = engine.run(file)
    active = engine.wait_started(try_id).active
    ended = engine.wait_ended(try_id)
    assert ended.outcome == Succeeded() and ended.exit_follows and ended.exit.exit_code is None
    assert process_facts.is_alive(active.pid, active.start_ticks)
    return file, try_id, (active.pid, active.start_ticks)


def test_a_process_that_dies_after_its_last_word_has_ended_as_it_said(engine: EngineSide) -> None:
    try_id = engine.run(engine.file(DIES))
    ended = engine.wait_ended(try_id)
    assert ended.outcome == Succeeded() and ended.exit_follows and ended.exit.callbacks_done
    seen = wait_exited(engine, try_id).exit
    assert seen.signal == "SIGSEGV" and seen.exit_code is None and seen.cpu_s > 0 and seen.peak_rss_kb > 0
    assert seen.ended_at == ended.exit.ended_at
    engine.spend(0.2)
    assert len(engine.all(Ended)) == 1


def test_the_next_try_of_an_instance_waits_until_the_one_before_is_gone(engine: EngineSide) -> None:
    file, first, process = lingering(engine)
    second = engine.run(file)
    engine.wait_started(second)
    assert not process_facts.is_alive(*process)
    told = [event for event in engine.events if isinstance(event, (Exited, Started))]
    assert [getattr(event, "try_id", second) for event in told[1:]] == [first, second]
    assert engine.wait_ended(second).outcome == Succeeded()


def test_a_try_of_another_instance_does_not_wait(engine: EngineSide) -> None:
    file, first, process = lingering(engine)
    engine.wait_started(engine.run(file, map_index=1))
    assert process_facts.is_alive(*process) and engine.find(Exited, try_id=first) is None


def test_a_try_that_waits_for_another_can_be_killed(engine: EngineSide) -> None:
    file, first, _ = lingering(engine)
    second = engine.run(file)
    engine.executor.kill(second, "marked", 1.0)
    outcome = engine.wait_ended(second).outcome
    assert isinstance(outcome, Failed) and outcome.cause == "killed"
    wait_exited(engine, first)
    engine.spend(0.2)
    assert len(engine.all(Started)) == 1


def test_a_try_that_waits_for_another_when_tradewind_stops_was_not_started(engine: EngineSide) -> None:
    file, _, _ = lingering(engine)
    second = engine.run(file)
    engine.stop()
    outcome = engine.ended(second).outcome
    assert isinstance(outcome, Lost) and outcome.cause == "engine_stopped"


def test_a_host_that_dies_after_the_last_word_takes_the_process_along(engine: EngineSide) -> None:
    _, try_id, process = lingering(engine)
    stat = process_facts.stat_of(process[0])
    assert stat is not None
    os.kill(stat.ppid, signal.SIGKILL)
    seen = wait_exited(engine, try_id).exit
    assert seen.exit_code is None and seen.signal is None
    assert not process_facts.is_alive(*process)
    assert len(engine.all(Ended)) == 1


def test_an_end_that_no_engine_heard_is_told_once_to_the_next(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    first.forgets = False
    file = first.file(DIES)
    try_id = first.run(file)
    wait_exited(first, try_id)
    first.vanish()
    second = make_engine().start()
    assert wait_exited(second, try_id).exit.signal == "SIGSEGV"


# --- when a task's word is its last ------------------------------------------------------------------------------------

REAL = {"collect": COLLECT, "run_try": RUN_TRY, "run_callback": RUN_CALLBACK, "answer_schedule": ANSWER_SCHEDULE}

DAG = """
import atexit, logging, subprocess, threading, time
from airflow.sdk import DAG
from airflow.providers.standard.operators.python import PythonOperator

def plain(): pass
def prints(): print("to the log")
def at_exit(): atexit.register(print, "an exit function")
def thread(): threading.Thread(target=time.sleep, args=(0.3,)).start()
def child(): subprocess.Popen(["sleep", "600"])
def handler(): logging.getLogger("mine").addHandler(logging.FileHandler(__file__ + ".mine"))
def fails(): raise ValueError("no")

with DAG("d"):
    for function in (plain, prints, at_exit, thread, child, handler, fails):
        PythonOperator(task_id=function.__name__, python_callable=function)
    PythonOperator(task_id="calls_back", python_callable=plain, on_success_callback=lambda context: print("called back"))
"""


@pytest.mark.parametrize(
    ("task_id", "told_early"),
    [
        ("plain", True),
        ("prints", True),
        ("at_exit", False),
        ("thread", False),
        ("child", False),
        ("handler", False),
        ("calls_back", False),
        ("fails", False),
    ],
)
def test_an_end_is_told_early_only_when_nothing_of_the_users_is_left(
    make_engine: MakeEngine, task_id: str, told_early: bool
) -> None:
    engine = make_engine(**REAL).start()
    file = engine.file(DAG)
    try_id = engine.run(file, task_id)
    ended = engine.wait_ended(try_id)
    assert isinstance(ended.outcome, Failed if task_id == "fails" else Succeeded)
    assert ended.exit_follows == told_early
    seen = wait_exited(engine, try_id).exit if told_early else ended.exit
    assert seen.exit_code == 0 and seen.peak_rss_kb > 0
    words = {"prints": "to the log", "at_exit": "an exit function", "calls_back": "called back"}
    assert words.get(task_id, "starts.") in engine.log(try_id)
