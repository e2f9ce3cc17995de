"""Importing files that do everything wrong. Each ends in an import error that names its cause, and hurts nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_side import EngineSide

from tradewind.core.messages import Ended, Failed, GetVariable, Parsed, Succeeded
from tradewind.executors.base import Asked, HostFailed, ImportOutput


def fails(engine: EngineSide, source: str) -> HostFailed:
    file = engine.file(source)
    engine.executor.parse(file)
    event = engine.wait_parsed(file)
    assert isinstance(event, HostFailed), event
    return event


def parses(engine: EngineSide, source: str) -> Parsed:
    file = engine.file(source)
    engine.executor.parse(file)
    event = engine.wait_parsed(file)
    assert isinstance(event, Parsed), event
    return event


def test_a_good_file_is_described(engine: EngineSide) -> None:
    (engine.dags / "helper.py").write_text("ANSWER = 42\n")
    (engine.dags / "values.txt").write_text("1,2,3")
    parsed = parses(
        engine,
        """
        import os, helper
        with open(os.path.join(os.path.dirname(__file__), "values.txt")) as values:
            values.read()
        with open("/etc/hostname") as other:
            pass
        """,
    )
    assert [dag.dag_id for dag in parsed.dags] == ["d"] and not parsed.problems and not parsed.fork_hazards
    assert [Path(path).name for path in parsed.depends_on] == ["helper.py", "values.txt"]
    assert "import os, helper" in parsed.source
    assert parsed.source_digest == engine.digest(str(engine.dags / "dag.py"))
    assert parsed.rss_kb > 1000 and parsed.seconds > 0


def test_a_helper_that_was_compiled_before_is_found_by_its_source(engine: EngineSide) -> None:
    (engine.dags / "helper.py").write_text("ANSWER = 42\n")
    parses(engine, "import helper")
    engine.events.clear()
    assert [Path(path).name for path in parses(engine, "import helper  # again").depends_on] == ["helper.py"]


@pytest.mark.parametrize(
    ("source", "cause", "words"),
    [
        ("import os\nprint('last words', flush=True)\nos._exit(3)", "exit_code", ["exit code 3", "last words"]),
        ("import os\nos._exit(0)", "exit_code", ["exit code 0", "os._exit"]),
        ("import ctypes\nctypes.string_at(0)", "signal", ["SIGSEGV"]),
        ("import os\nos.abort()", "signal", ["SIGABRT"]),
    ],
)
def test_the_cause_of_a_crash_is_named(engine: EngineSide, source: str, cause: str, words: list[str]) -> None:
    event = fails(engine, source)
    assert event.cause == cause
    assert all(word in event.detail for word in words), event.detail


def test_a_stack_overflow_is_named(engine: EngineSide) -> None:
    file = engine.file("import sys\nsys.setrecursionlimit(10**9)\ndef f(_): return sorted([0, 1], key=f)\nf(0)")
    engine.executor.parse(file)
    event = engine.wait_parsed(file)
    # Python 3.12 and later count what C functions nest.
    text = event.detail if isinstance(event, HostFailed) else event.problems[0].message
    assert "SIGSEGV" in text or "RecursionError" in text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import sys\nsys.exit('done')", ["sys.exit('done')", "Remove the call"]),
        ("raise RuntimeError('no database')", ["RuntimeError: no database", "line 1"]),
        ("def broken(:", ["SyntaxError"]),
        ("def f(): f()\nf()", ["RecursionError"]),
        ("x = bytearray(8 << 30)", ["MemoryError", "1,536 MB"]),
    ],
)
def test_an_exception_is_an_import_error_of_that_file(engine: EngineSide, source: str, words: list[str]) -> None:
    parsed = parses(engine, source)
    assert len(parsed.problems) == 1 and not parsed.dags
    assert all(word in parsed.problems[0].message for word in words), parsed.problems


def test_a_file_that_loops_and_swallows_exceptions_is_stopped_in_time(make_engine: Callable[..., EngineSide]) -> None:
    engine = make_engine(import_timeout_s=1.0).start()
    before = time.monotonic()
    event = fails(engine, "while True:\n    try:\n        while True: pass\n    except BaseException: pass")
    assert event.cause == "import_timeout" and "1 s" in event.detail and "dagbag_import_timeout" in event.detail
    assert time.monotonic() - before < 3


def test_two_looping_files_do_not_keep_a_good_one_waiting(make_engine: Callable[..., EngineSide]) -> None:
    engine = make_engine(import_timeout_s=20.0, imports_at_once=2).start()
    bad = [engine.file("while True: pass", f"bad{n}.py") for n in range(2)]
    for file in bad:
        engine.executor.parse(file)
    engine.spend(0.3)
    good = engine.file("", "good.py")
    before = time.monotonic()
    engine.executor.parse(good)
    assert isinstance(engine.wait_parsed(good), Parsed)
    assert time.monotonic() - before < 1.5


def test_memory_that_is_really_used_counts(make_engine: Callable[..., EngineSide]) -> None:
    engine = make_engine(import_memory_mb=200).start()
    event = fails(
        engine, "import time\nx = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(9)"
    )
    assert event.cause == "memory_limit" and "200 MB" in event.detail


def test_a_file_that_prints_100_mb_is_imported(engine: EngineSide) -> None:
    parsed = parses(
        engine,
        "import os\nprint('first', flush=True)\nfor _ in range(1000):\n    os.write(1, b'x' * 100_000)\nprint('last')",
    )
    assert not parsed.problems
    output = engine.wait(lambda: engine.find(ImportOutput))
    assert output.total_bytes > 100_000_000 and len(output.text) < 1_100_000
    assert output.text.startswith("first\n") and output.text.endswith("last\n") and "bytes left out" in output.text


def test_a_file_that_reads_its_standard_input_is_not_stuck(engine: EngineSide) -> None:
    assert "EOFError" in parses(engine, "input('name? ')").problems[0].message


def test_variables_are_read_from_the_engine_and_remembered(engine: EngineSide) -> None:
    parsed = parses(engine, "import stand_ins\nassert stand_ins.variable('colour') == 'value of colour'")
    assert parsed.variables_read == ["colour"] and not parsed.problems
    asked = engine.find(Asked)
    assert asked is not None and asked.try_id == "" and asked.request == GetVariable("colour")


def test_a_file_that_forks_leaves_no_second_host(engine: EngineSide) -> None:
    parses(engine, "import os\nos.fork()")
    assert len(engine.all(Parsed)) == 1


def test_a_try_of_a_file_that_cannot_be_imported_fails_with_the_cause(engine: EngineSide) -> None:
    file = engine.file("import os\nos._exit(7)")
    outcome = engine.wait_ended(engine.run(file)).outcome
    assert isinstance(outcome, Failed) and outcome.cause == "import_error" and "exit code 7" in outcome.error
    other = engine.file("raise ValueError('not today')", "other.py")
    outcome = engine.wait_ended(engine.run(other)).outcome
    assert isinstance(outcome, Failed) and "ValueError: not today" in outcome.error


# --- versions ----------------------------------------------------------------------------------------------------------

OLD = "def task(channel): print('the old version')"
NEW = "def task(channel): print('the new version')"


def test_a_run_that_is_pinned_to_an_older_version_gets_it(engine: EngineSide) -> None:
    file = engine.file(OLD)
    old_digest = engine.digest(file)
    engine.file(NEW)
    try_id = "018f0000-0000-7000-8000-000000000001"
    engine.executor.run(file, old_digest, lambda: OLD, engine.task_try(try_id))
    engine.wait_ended(try_id)
    assert "the old version" in engine.log(try_id)
    new = engine.run(file)
    engine.wait_ended(new)
    assert "the new version" in engine.log(new)


def test_a_version_that_nobody_has_any_more_fails_with_the_next_step(engine: EngineSide) -> None:
    file = engine.file(NEW)
    try_id = "018f0000-0000-7000-8000-000000000001"
    engine.executor.run(file, "0" * 32, lambda: None, engine.task_try(try_id))
    outcome = engine.wait_ended(try_id).outcome
    assert isinstance(outcome, Failed) and "Clear the run" in outcome.error


def test_the_old_version_finishes_its_tries_while_the_new_one_starts(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os, time
        def task(channel):
            while not os.path.exists(__file__ + ".go"):
                time.sleep(0.01)
            print("the old version")
        """
    )
    old = engine.run(file)
    engine.wait_started(old)
    engine.file(NEW)
    engine.executor.parse(file, keep=True)
    assert isinstance(engine.wait_parsed(file), Parsed)
    new = engine.run(file)
    engine.wait_ended(new)
    Path(file + ".go").touch()
    assert isinstance(engine.wait_ended(old).outcome, Succeeded)
    assert "the new version" in engine.log(new) and "the old version" in engine.log(old)


def test_a_new_import_of_the_same_version_takes_over_from_the_one_before(engine: EngineSide) -> None:
    (engine.dags / "helper.py").write_text("WORD = 'before'\n")
    file = engine.file("import helper\ndef task(channel): print('helper says', helper.WORD)")
    first = engine.run(file)
    engine.wait_ended(first)
    (engine.dags / "helper.py").write_text("WORD = 'after, and longer'\n")
    engine.executor.parse(file, keep=True)
    engine.wait_parsed(file)
    second = engine.run(file)
    engine.wait_ended(second)
    assert "helper says before" in engine.log(first) and "helper says after" in engine.log(second)


def test_a_retired_file_is_imported_anew(engine: EngineSide) -> None:
    file = engine.file("def task(channel):\n    import os\n    print('host', os.getppid())")
    tries = [engine.run(file)]
    engine.wait_ended(tries[0])
    engine.executor.retire(file)
    tries.append(engine.run(file))
    engine.wait_ended(tries[1])
    assert len({engine.log(try_id).partition("host ")[2] for try_id in tries}) == 2


def test_idle_hosts_are_kept_up_to_a_number(make_engine: Callable[..., EngineSide]) -> None:
    engine = make_engine(max_idle_hosts=2).start()
    for n in range(5):
        file = engine.file("def task(channel): pass", f"dag{n}.py")
        engine.wait_ended(engine.run(file))
    engine.wait(lambda: len(engine.executor._hosts) == 2)


def test_tries_are_given_to_a_host_that_is_still_importing(engine: EngineSide) -> None:
    file = engine.file("import time\ntime.sleep(0.3)\ndef task(channel): pass")
    engine.executor.parse(file, keep=True)
    tries = [engine.run(file) for _ in range(3)]
    for try_id in tries:
        assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)
    assert len(engine.all(Ended)) == 3


def test_a_host_that_is_done_before_it_was_accepted_is_heard(engine: EngineSide) -> None:
    """The zygote may tell of its end before the engine came to accept its connection."""
    engine.executor._loop.remove_reader(engine.executor._reception._listener.fileno())  # type: ignore[union-attr]
    assert isinstance(parses(engine, "def task(channel): pass"), Parsed)


def test_many_quick_files_are_all_heard(engine: EngineSide) -> None:
    files = [engine.file("", f"quick{n}.py") for n in range(60)]
    for file in files:
        engine.executor.parse(file)
    for file in files:
        assert isinstance(engine.wait_parsed(file), Parsed)
