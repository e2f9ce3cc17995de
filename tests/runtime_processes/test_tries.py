"""One try, from its start to its end, whatever it does. Real processes; stand-ins for the SDK and the task side."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from engine_side import EngineSide

from tradewind.core.messages import (
    AskSchedule,
    CallbackEnded,
    Ended,
    Failed,
    Rescheduled,
    ScheduleAnswer,
    SetXCom,
    Started,
    Succeeded,
)
from tradewind.executors.base import Asked
from tradewind.runtime import process_facts


def failed(ended: Ended) -> Failed:
    assert isinstance(ended.outcome, Failed), ended
    return ended.outcome


def children_alive(path: Path) -> bool:
    """Whether the process whose pid stands in `path` lives."""
    return process_facts.is_alive(int(path.read_text()), 0)


def test_a_try_is_a_fork_of_its_host_and_reports_what_it_used(engine: EngineSide) -> None:
    file = engine.file("def task(channel): print('hello')")
    try_id = engine.run(file)
    ended = engine.wait_ended(try_id)
    assert isinstance(ended.outcome, Succeeded)
    info = ended.exit
    assert (info.exit_code, info.signal, info.forked, info.callbacks_done) == (0, None, True, True)
    assert info.peak_rss_kb > 1000 and info.cpu_s > 0 and info.started_at < info.ended_at  # type: ignore[operator]
    started = engine.wait_started(try_id)
    assert started.active.pid == info.pid and started.active.start_ticks > 0
    assert '"event":"hello"' in engine.log(try_id)


def test_a_second_try_does_not_import_the_file_again(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os
        with open(__file__ + ".imports", "a") as imports:
            imports.write("x")
        def task(channel): print("host", os.getppid())
        """
    )
    first, second = engine.run(file), engine.run(file)
    engine.wait_ended(first)
    engine.wait_ended(second)
    assert Path(file + ".imports").read_text() == "x"


def test_an_exception_is_a_failure_of_the_task(engine: EngineSide) -> None:
    file = engine.file("def task(channel): raise ValueError('planned failure')")
    try_id = engine.run(file)
    assert failed(engine.wait_ended(try_id)) == Failed(error="ValueError: planned failure")
    assert "planned failure" in engine.log(try_id)


def test_os_exit_with_0_is_not_a_success(engine: EngineSide) -> None:
    file = engine.file("import os\ndef task(channel): os._exit(0)")
    outcome = failed(engine.wait_ended(engine.run(file)))
    assert (outcome.cause, outcome.error) == ("exit_code", "ended with exit code 0 without finishing: os._exit?")


def test_another_exit_code_is_named(engine: EngineSide) -> None:
    file = engine.file("import os\ndef task(channel): os._exit(41)")
    ended = engine.wait_ended(engine.run(file))
    assert failed(ended).cause == "exit_code" and ended.exit.exit_code == 41 and not ended.exit.callbacks_done


def test_a_segmentation_fault_is_known_at_once_and_by_name(engine: EngineSide) -> None:
    file = engine.file("import ctypes\ndef task(channel): ctypes.string_at(0)")
    engine.wait_ended(engine.run(file))
    try_id = engine.run(file)
    started = engine.wait_started(try_id)
    ended = engine.wait_ended(try_id)
    assert failed(ended).cause == "signal" and "SIGSEGV" in failed(ended).error and ended.exit.signal == "SIGSEGV"
    took = engine.times[engine.events.index(ended)] - engine.times[engine.events.index(started)]
    assert took < 1.0


def test_a_task_that_is_killed_is_known_at_once(engine: EngineSide) -> None:
    file = engine.file("import time\ndef task(channel): time.sleep(600)")
    try_id = engine.run(file)
    pid = engine.wait_started(try_id).active.pid
    before = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    ended = engine.wait_ended(try_id)
    assert failed(ended).cause == "signal" and ended.exit.signal == "SIGKILL"
    assert time.monotonic() - before < 1.0


def test_an_end_that_was_told_counts_even_if_the_process_crashes_afterwards(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os, signal
        from tradewind.core.messages import Failed
        def task(channel):
            channel.tell_end(Failed(error="mine"))
            os.kill(os.getpid(), signal.SIGSEGV)
        """
    )
    ended = engine.wait_ended(engine.run(file))
    assert ended.outcome == Failed(error="mine") and ended.exit.signal == "SIGSEGV" and not ended.exit.callbacks_done


@pytest.mark.parametrize("megabytes", [20])
def test_a_task_that_prints_much_ends_all_the_same(engine: EngineSide, megabytes: int) -> None:
    file = engine.file(
        f"""
        import os
        def task(channel):
            line = b"x" * 199 + b"\\n"
            for _ in range({megabytes} * 5):
                os.write(1, line * 1000)
            os.write(2, b"the last line, not ended")
        """
    )
    try_id = engine.run(file)
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)
    assert engine.log_path(try_id).stat().st_size > megabytes * 1_000_000
    assert "the last line, not ended" in engine.log(try_id)[-300:]


def test_what_a_task_learned_to_be_secret_is_masked_in_its_raw_output(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os
        def task(channel):
            channel.tell_masks(["hunter2-hunter2"])
            os.write(1, b"the password is hunter2-hunter2\\n")
        """
    )
    try_id = engine.run(file)
    engine.wait_ended(try_id)
    assert "the password is ***" in engine.log(try_id) and "hunter2" not in engine.log(try_id)


def test_questions_are_answered_and_told_values_come_before_the_end(engine: EngineSide) -> None:
    file = engine.file(
        """
        from tradewind.core.messages import GetVariable, SetXCom
        def task(channel):
            for n in range(3):
                channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key=f"k{n}", value=str(n)))
            assert channel.ask(GetVariable("colour")).value == "value of colour"
        """
    )
    ended = engine.wait_ended(engine.run(file))
    assert isinstance(ended.outcome, Succeeded)
    kept = [e.request.key for e in engine.all(Asked) if isinstance(e.request, SetXCom)]
    assert kept == ["k0", "k1", "k2"]


def test_a_try_that_was_put_off_runs_again_under_its_id(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os, stand_ins, datetime
        def task(channel):
            if not os.path.exists(__file__ + ".poked"):
                open(__file__ + ".poked", "w").close()
                raise stand_ins.Later(datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))
        """
    )
    try_id = engine.run(file)
    assert isinstance(engine.wait_ended(try_id).outcome, Rescheduled)
    engine.run(file, try_id=try_id)
    engine.wait(lambda: len(engine.all(Ended)) == 2)
    assert isinstance(engine.all(Ended)[1].outcome, Succeeded)


# --- time limits and kills ---------------------------------------------------------------------------------------------

TIMEOUT = """
import time, datetime
def task(channel):
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
task.execution_timeout = datetime.timedelta(seconds=0.2)
"""


def test_a_task_that_does_not_notice_its_timeout_is_killed(engine: EngineSide) -> None:
    file = engine.file(TIMEOUT)
    before = time.monotonic()
    try_id = engine.run(file)
    outcome = failed(engine.wait_ended(try_id))
    assert outcome.cause == "execution_timeout" and "0.2 s" in outcome.error
    assert 2.0 < time.monotonic() - before < 6.0
    assert "execution_timeout of 0.2 s" in engine.log(try_id)


def test_a_killed_task_may_clean_up_first(engine: EngineSide) -> None:
    file = engine.file(
        """
        import time
        def task(channel):
            try:
                print("waiting", flush=True)
                open(__file__ + ".waits", "w").close()
                time.sleep(600)
            finally:
                open(__file__ + ".cleaned", "w").close()
        """
    )
    try_id = engine.run(file)
    engine.wait(lambda: os.path.exists(file + ".waits"))
    engine.executor.kill(try_id, "marked_failed", 30.0, "marked failed by a user")
    outcome = failed(engine.wait_ended(try_id))
    assert outcome == Failed(cause="killed", error="killed: marked failed by a user")
    assert os.path.exists(file + ".cleaned")


def test_a_task_that_ignores_sigterm_is_killed_after_the_grace(engine: EngineSide) -> None:
    file = engine.file(
        """
        import signal, time, subprocess
        def task(channel):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = subprocess.Popen(["sleep", "600"])
            with open(__file__ + ".child", "w") as out:
                out.write(str(child.pid))
            while True:
                time.sleep(600)
        """
    )
    try_id = engine.run(file)
    child = Path(file + ".child")
    engine.wait(lambda: child.exists() and child.read_text())
    before = time.monotonic()
    engine.executor.kill(try_id, "cleared", 0.3)
    ended = engine.wait_ended(try_id)
    assert failed(ended).cause == "killed" and ended.exit.signal == "SIGKILL"
    assert 0.25 < time.monotonic() - before < 5.0
    assert not children_alive(child)


def test_a_try_that_has_no_host_yet_can_be_killed(engine: EngineSide) -> None:
    file = engine.file("import time\ntime.sleep(1)\ndef task(channel): pass")
    try_id = engine.run(file)
    engine.executor.kill(try_id, "marked_failed", 30.0)
    assert failed(engine.wait_ended(try_id)).cause == "killed"
    assert engine.find(Started) is None


def test_children_of_the_session_do_not_outlive_a_task(engine: EngineSide) -> None:
    file = engine.file(
        """
        import subprocess, os
        def task(channel):
            child = subprocess.Popen(["sleep", "600"])
            with open(__file__ + ".child", "w") as out:
                out.write(str(child.pid))
        """
    )
    try_id = engine.run(file)
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)
    assert not children_alive(Path(file + ".child"))
    assert "The task left a child process behind" in engine.log(try_id)


def test_a_child_in_a_session_of_its_own_dies_with_a_killed_task(engine: EngineSide) -> None:
    file = engine.file(
        """
        import subprocess, time
        def task(channel):
            child = subprocess.Popen(["sleep", "600"], start_new_session=True)
            with open(__file__ + ".child", "w") as out:
                out.write(str(child.pid))
            time.sleep(600)
        """
    )
    try_id = engine.run(file)
    child = Path(file + ".child")
    engine.wait(lambda: child.exists() and child.read_text())
    os.kill(engine.wait_started(try_id).active.pid, signal.SIGKILL)
    engine.wait_ended(try_id)
    assert not children_alive(child)


# --- other things that hosts do ----------------------------------------------------------------------------------------


def test_a_task_that_the_file_does_not_define_fails_with_the_next_step(engine: EngineSide) -> None:
    file = engine.file("def task(channel): pass")
    outcome = failed(engine.wait_ended(engine.run(file, "other")))
    assert outcome.cause == "import_error" and "Task 'other'" in outcome.error and "Put it back" in outcome.error


def test_callbacks_run_in_a_process_of_their_own(engine: EngineSide) -> None:
    file = engine.file("def on_failure(channel): pass\ndef on_success(channel): raise KeyError('no')")
    good, bad = engine.callback(file, "failure"), engine.callback(file, "success")
    engine.wait(lambda: len(engine.all(CallbackEnded)) == 2)
    assert engine.find(CallbackEnded, callback_id=good) == CallbackEnded(good, True)
    assert engine.find(CallbackEnded, callback_id=bad) == CallbackEnded(bad, False, "KeyError: 'no'")


@pytest.mark.parametrize(
    ("body", "error"),
    [("pass", ""), ("import os; os._exit(3)", "The timetable gave no answer: its process ended (3).")],
)
def test_a_custom_timetable_is_asked_in_a_process_of_its_own(engine: EngineSide, body: str, error: str) -> None:
    file = engine.file(f"def timetable(): {body}")
    engine.executor.ask_schedule(file, engine.digest(file), lambda: None, AskSchedule(number=7, dag_id="d"))
    answer = engine.wait(lambda: engine.find(ScheduleAnswer, number=7))
    assert answer.error == error and len(answer.runs) == (0 if error else 1)


def test_a_fresh_interpreter_is_given_on_request_and_the_log_says_why(engine: EngineSide) -> None:
    file = engine.file("import os\ndef task(channel): print('parent', os.getppid())")
    try_id = engine.run(file, fresh_interpreter=True, fresh_reason="an earlier try hung")
    ended = engine.wait_ended(try_id)
    assert isinstance(ended.outcome, Succeeded) and not ended.exit.forked
    assert engine.wait_started(try_id).fresh_reason == "an earlier try hung"
    assert "A fresh interpreter runs this try: an earlier try hung." in engine.log(try_id)


def test_a_file_that_leaves_a_thread_running_gets_fresh_interpreters(engine: EngineSide) -> None:
    file = engine.file(
        """
        import threading
        never = threading.Event()
        threading.Thread(target=never.wait, daemon=True, name="poller").start()
        def task(channel): pass
        """
    )
    try_id = engine.run(file)
    ended = engine.wait_ended(try_id)
    assert isinstance(ended.outcome, Succeeded) and not ended.exit.forked
    assert "left Python threads running: poller" in engine.log(try_id)


def test_a_timeout_counts_in_a_fresh_interpreter_from_the_end_of_the_import(engine: EngineSide) -> None:
    file = engine.file("import time\ntime.sleep(0.5)\n" + TIMEOUT)
    outcome = failed(engine.wait_ended(engine.run(file, fresh_interpreter=True)))
    assert outcome.cause == "execution_timeout"


def test_a_task_has_its_own_thread_count_and_its_host_one(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os
        at_import = os.environ["OMP_NUM_THREADS"]
        def task(channel): print("import", at_import, "task", os.environ.get("OMP_NUM_THREADS"))
        """
    )
    try_id = engine.run(file)
    engine.wait_ended(try_id)
    assert '"event":"import 1 task None"' in engine.log(try_id)


def test_a_thread_count_that_the_user_set_is_kept_for_the_task(make_engine: object) -> None:
    engine = make_engine(environ={"OMP_NUM_THREADS": "3"}).start()  # type: ignore[operator]
    file = engine.file("import os\ndef task(channel): print('task', os.environ['OMP_NUM_THREADS'])")
    forked, fresh = engine.run(file), engine.run(file, fresh_interpreter=True)
    for try_id in (forked, fresh):
        engine.wait_ended(try_id)
        assert '"event":"task 3"' in engine.log(try_id)


def test_tries_see_no_descriptor_of_the_host(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os, time
        def is_open(fd): return os.path.lexists(f"/proc/self/fd/{fd}")
        def task(channel):
            links = [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3, 64) if is_open(fd)]
            print("fds", [link.partition(":")[0] for link in links])
        def sleeper(channel): time.sleep(600)
        """
    )
    sleepers = [engine.run(file, "sleeper") for _ in range(3)]
    for sleeper in sleepers:
        engine.wait_started(sleeper)
    try_id = engine.run(file)
    engine.wait_ended(try_id)
    # Of the descriptors beside 0, 1 and 2: its channel.
    assert "fds ['socket']" in engine.log(try_id)
    for sleeper in sleepers:
        engine.executor.kill(sleeper, "cleared", 0.0)
