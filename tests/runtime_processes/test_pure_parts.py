"""Decisions and formats of the process side that need no processes."""

from __future__ import annotations

import os
import signal
import threading
from datetime import datetime, timezone
from pathlib import Path

import msgspec
import pytest

from tradewind.core.messages import (
    Asks,
    Ended,
    ExitInfo,
    Failed,
    Lost,
    Outcome,
    Rescheduled,
    SetXCom,
    Skipped,
    Succeeded,
)
from tradewind.executors import import_faults
from tradewind.runtime import process_facts, rendezvous, thread_pins
from tradewind.runtime.endings import Kill, outcome_of
from tradewind.runtime.fork_safety import ThreadSeen, fork_hazards, thread_hazards
from tradewind.runtime.importing import ReadFiles
from tradewind.runtime.journal import GoneEntry, HostEntry, Journal, TryEntry, read_journal, write_try
from tradewind.runtime.logs import TryLog
from tradewind.runtime.raw_output import RawOutput

SUCCESS = Succeeded()
OWN = Failed(error="its own")
KILL = Kill("marked_failed", "by a user")


@pytest.mark.parametrize(
    ("status", "said", "kill", "oom", "kind", "cause"),
    [
        (0, SUCCESS, None, False, Succeeded, ""),
        (0, Skipped(), None, False, Skipped, ""),
        (0, OWN, None, False, Failed, "exception"),
        (0, None, None, False, Failed, "exit_code"),
        (3 << 8, None, None, False, Failed, "exit_code"),
        (signal.SIGSEGV, None, None, False, Failed, "signal"),
        (signal.SIGKILL, None, None, False, Failed, "signal"),
        (signal.SIGKILL, None, None, True, Failed, "out_of_memory"),
        (signal.SIGSEGV, None, None, True, Failed, "signal"),
        # It had finished when the kill reached it.
        (signal.SIGKILL, SUCCESS, KILL, False, Succeeded, ""),
        (0, OWN, KILL, False, Failed, "killed"),
        (signal.SIGKILL, None, KILL, True, Failed, "killed"),
        (signal.SIGKILL, None, Kill("execution_timeout", "too long"), False, Failed, "execution_timeout"),
        (0, Failed(cause="execution_timeout"), Kill("execution_timeout"), False, Failed, "execution_timeout"),
        (signal.SIGKILL, None, Kill("lock_inherited"), False, Lost, "lock_inherited"),
        (0, OWN, Kill("engine_stopped"), False, Lost, "engine_stopped"),
        (signal.SIGKILL, None, Kill("import_timeout", "slow"), False, Failed, "import_error"),
    ],
)
def test_how_a_try_ended(
    status: int, said: Outcome | None, kill: Kill | None, oom: bool, kind: type[object], cause: str
) -> None:
    outcome = outcome_of(status, said, kill, oom)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "cause", "") == cause


# --- the journal -------------------------------------------------------------------------------------------------------


def journal(tmp_path: Path) -> Journal:
    me = os.getpid()
    host = HostEntry("h", me, process_facts.start_ticks(me), process_facts.boot_id(), "1", "/f.py", "digest")
    return Journal(str(tmp_path / "h.journal"), host)


def end(try_id: str, outcome: Outcome = SUCCESS) -> Ended:
    return Ended(try_id, outcome, ExitInfo())


def test_a_journal_says_what_runs_and_what_ended(tmp_path: Path) -> None:
    written = journal(tmp_path)
    write_try(written.fd, "a")
    write_try(written.fd, "b")
    ask = Asks(1, "a", SetXCom(dag_id="d", run_id="r", task_id="t", key="k", value="1"))
    written.ended(end("a"), [ask])
    account = read_journal(written.path)
    assert account is not None and account.host_lives and not account.ready
    assert list(account.running) == ["b"] and account.running["b"].pid == os.getpid()
    told = account.last_word("a")
    assert told is not None and told.report == end("a") and told.asked == [ask]


def test_a_process_runs_until_it_is_written_down_as_gone(tmp_path: Path) -> None:
    written = journal(tmp_path)
    write_try(written.fd, "a")
    written.ended(msgspec.structs.replace(end("a"), exit_follows=True), [])
    account = read_journal(written.path)
    assert account is not None and list(account.running) == ["a"]
    told = account.last_word("a")
    assert told is not None and told.report == end("a"), "nobody says any more what was to follow"
    written.append(GoneEntry("a"))
    account = read_journal(written.path)
    assert account is not None and not account.running and account.last_word("a") == told


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_journal_that_was_cut_anywhere_keeps_what_came_before(tmp_path: Path, cut: int) -> None:
    written = journal(tmp_path)
    write_try(written.fd, "a")
    whole = Path(written.path).read_bytes()
    written.ended(end("a"), [])
    data = Path(written.path).read_bytes()
    Path(written.path).write_bytes(data[: min(len(whole) + cut, len(data) - 1)])
    account = read_journal(written.path)
    assert account is not None and list(account.running) == ["a"] and not account.ended


@pytest.mark.parametrize("outcome", [Rescheduled(datetime(2030, 1, 1, tzinfo=timezone.utc)), Lost(cause="host_lost")])
def test_an_end_after_which_the_same_try_goes_on_is_not_told_again(tmp_path: Path, outcome: Outcome) -> None:
    written = journal(tmp_path)
    written.ended(end("a", outcome), [])
    account = read_journal(written.path)
    assert account is not None and "a" in account.ended and account.last_word("a") is None


def test_an_end_that_is_too_long_is_only_noted(tmp_path: Path) -> None:
    written = journal(tmp_path)
    write_try(written.fd, "a")
    written.ended(end("a", Failed(error="x" * 100_000)), [])
    account = read_journal(written.path)
    assert account is not None and not account.running and account.last_word("a") is None


def test_a_renewed_journal_has_only_its_beginning(tmp_path: Path) -> None:
    written = journal(tmp_path)
    for n in range(100):
        written.ended(end(str(n)), [])
    written.renewed()
    account = read_journal(written.path)
    assert account is not None and account.ready and not account.ended
    written.append(TryEntry("z", 1, 1))
    account = read_journal(written.path)
    assert account is not None and list(account.running) == ["z"]


def test_a_journal_of_another_boot_has_no_living_host(tmp_path: Path) -> None:
    written = journal(tmp_path)
    written._host.boot_id = "another"
    written.renewed()
    account = read_journal(written.path)
    assert account is not None and not account.host_lives


# --- threads -----------------------------------------------------------------------------------------------------------


def test_pins_remember_what_the_user_set() -> None:
    environ = thread_pins.pinned({"OMP_NUM_THREADS": "4", "PATH": "/bin"})
    assert environ["OMP_NUM_THREADS"] == "1" and environ["OPENBLAS_NUM_THREADS"] == "1"
    assert thread_pins.pinned(environ) == environ
    assert thread_pins.restore(environ, share=2, cpus=8) == 4
    assert environ == {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "2", "PATH": "/bin"}


@pytest.mark.parametrize(("share", "left"), [(2, {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}), (8, {})])
def test_without_a_wish_a_task_gets_its_share(share: int, left: dict[str, str]) -> None:
    environ = thread_pins.pinned({})
    assert thread_pins.restore(environ, share=share, cpus=8) == share
    assert environ == left


@pytest.mark.parametrize(
    ("thread", "word"),
    [
        (ThreadSeen("jemalloc_bg_thd", ("libarrow.so.2600",)), ""),
        (ThreadSeen("python", ("libscipy_openblas64_-32a4b2a6.so",)), ""),
        (ThreadSeen("python", ("libarrow.so.2600", "libpython3.11.so.1.0")), ""),
        (ThreadSeen("python", ("libgomp.so.1.0.0",)), "OpenMP"),
        # Whatever else is on its stack.
        (ThreadSeen("python", ("libarrow.so.2600", "libgomp.so.1.0.0")), "OpenMP"),
        (ThreadSeen("polars-0", ("_polars_runtime.abi3.so",)), "Polars"),
        (ThreadSeen("polars-ooc-clea", ("_polars_runtime.abi3.so",)), ""),
        (ThreadSeen("tokio-rt-worker", ("_other.so",)), "Rust"),
        (ThreadSeen("grpc_global_tim", ()), "gRPC"),
        (ThreadSeen("python", ("libsomething.so",)), "libsomething.so"),
        (ThreadSeen("python", ()), "'python'"),
    ],
)
def test_which_threads_are_dangerous(thread: ThreadSeen, word: str) -> None:
    hazards = thread_hazards([thread])
    assert (len(hazards) == 1 and word in hazards[0]) if word else not hazards


def test_many_threads_of_a_kind_are_one_hazard() -> None:
    assert thread_hazards([ThreadSeen("polars-0", ()), ThreadSeen("polars-1", ())]) == [
        "Polars' thread pool is running, and a fork of it hangs (2 threads)"
    ]


def test_a_python_thread_is_named() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="poller")
    thread.start()
    try:
        assert "the file left Python threads running: poller" in fork_hazards()[0]
    finally:
        done.set()
        thread.join()


# --- other parts -------------------------------------------------------------------------------------------------------


def lines(path: Path) -> list[str]:
    import msgspec

    return [msgspec.json.decode(line)["event"] for line in path.read_bytes().splitlines()]


def test_raw_output_becomes_lines(tmp_path: Path) -> None:
    log = TryLog(str(tmp_path / "log"))
    output = RawOutput(log, "task.stdout", "info")
    for piece in (b"one\ntw", b"o\nthree\nfo", b"ur\n", b"\xff\xfe\n", b"10%\r50%\r100%\n", b"\nrest"):
        output.feed(piece)
    output.close()
    assert lines(tmp_path / "log") == ["one", "two", "three", "four", "\\xff\\xfe", "100%", "", "rest"]


def test_a_line_without_end_is_cut_and_counted(tmp_path: Path) -> None:
    log = TryLog(str(tmp_path / "log"))
    output = RawOutput(log, "task.stdout", "info")
    for _ in range(100):
        output.feed(b"x" * 10_000)
    output.feed(b"\nnext\n")
    output.close()
    first, second = lines(tmp_path / "log")
    assert first.endswith("(cut: this line has 1,000,000 characters)") and len(first) < 70_000 and second == "next"


def test_files_that_are_written_are_no_dependency(tmp_path: Path) -> None:
    for name in ("read", "written", "own"):
        (tmp_path / name).write_text("")
    reads = ReadFiles()
    with reads.recorded():
        (tmp_path / "read").read_text()
        (tmp_path / "written").write_text("x")
        (tmp_path / "own").read_text()
    (tmp_path / "written").read_text()
    assert reads.below([str(tmp_path)], str(tmp_path / "own")) == [str(tmp_path / "read")]


def test_the_folder_for_a_home_is_private_and_its_socket_path_short(tmp_path: Path) -> None:
    home = tmp_path / ("very-long-name-" * 12)
    home.mkdir()
    folder = rendezvous.private_folder(str(home))
    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert len(f"{folder}/{rendezvous.SOCKET_NAME}") < 100
    assert folder == rendezvous.private_folder(str(home)) != rendezvous.private_folder(str(tmp_path))


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    try:
        with pytest.raises(rendezvous.NoPrivateFolder, match="belongs to another user"):
            rendezvous.private_folder(str(tmp_path))
    finally:
        os.rmdir("/tmp/tradewind-12345")


@pytest.mark.parametrize(
    ("status", "oom", "killed", "cause"),
    [
        (signal.SIGSEGV, False, None, "signal"),
        (3 << 8, False, None, "exit_code"),
        (signal.SIGKILL, True, None, "out_of_memory"),
        (None, False, None, "host_lost"),
        (signal.SIGKILL, False, import_faults.timeout("f", 30), "import_timeout"),
    ],
)
def test_why_an_import_came_to_nothing(
    status: int | None, oom: bool, killed: tuple[str, str] | None, cause: str
) -> None:
    found, text = import_faults.describe("f.py", status, oom, killed, "last words")
    assert found == cause and "last words" in text


def test_a_process_is_told_from_a_later_one_with_its_pid() -> None:
    me = os.getpid()
    ticks = process_facts.start_ticks(me)
    assert process_facts.is_alive(me, ticks) and process_facts.is_alive(me, 0)
    assert not process_facts.is_alive(me, ticks + 1)
    assert not process_facts.send_signal(me, ticks + 1, signal.SIGKILL)
