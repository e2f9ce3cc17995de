"""The log of a try: one JSON object a line, whatever is printed and whatever happens to the disk."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tradewind.runtime import log_reader
from tradewind.runtime.capture import Capture, LineWriter
from tradewind.runtime.logs import MAX_LINE_BYTES, TryLog


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def events(path: Path) -> list[str]:
    return [line["event"] for line in lines(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dag_id=d" / "run_id=r" / "task_id=t" / "attempt=1.log"


@pytest.fixture
def log(path: Path) -> Iterator[TryLog]:
    log = TryLog(str(path))
    yield log
    log.close()


def test_a_line_has_time_level_logger_and_event_in_this_order(path: Path) -> None:
    TryLog(str(path), now=lambda: 1_709_618_828.25).write("info", "task", "hello", extra_key=3)
    assert path.read_text() == (
        '{"timestamp":"2024-03-05T06:07:08.250000Z","level":"info","logger":"task","event":"hello","extra_key":3}\n'
    )


def test_the_folder_of_the_log_is_made_when_it_is_missing(path: Path, log: TryLog) -> None:
    log.write("info", "task", "hello")
    assert events(path) == ["hello"]


def test_secrets_are_masked_before_anything_is_written(path: Path) -> None:
    log = TryLog(str(path), mask=lambda text: text.replace("hunter2", "***"))
    log.write("info", "task", "password is hunter2", exception="ValueError: hunter2")
    log.write_many("info", "task", ["a hunter2", "b"])
    assert "hunter2" not in path.read_text()
    assert events(path) == ["password is ***", "a ***", "b"]


def test_a_long_line_is_cut_and_says_how_long_it_was(path: Path, log: TryLog) -> None:
    log.write("info", "task", "x" * 200_000)
    (event,) = events(path)
    assert len(event) <= MAX_LINE_BYTES
    assert event.endswith("(cut: this line has 200,000 characters)")


def test_a_secret_across_the_cut_of_a_long_line_is_not_shown_in_part(path: Path) -> None:
    log = TryLog(str(path), mask=lambda text: text.replace("S" * 40, "***"))
    writer = LineWriter(log, "task.stdout", "info", 1)
    writer.write("x" * (MAX_LINE_BYTES - 256 - 20) + "S" * 40 + "y" * 100_000 + "\n")
    assert "S" not in events(path)[0]


def test_text_that_is_not_utf_8_is_kept_with_escapes(path: Path, log: TryLog) -> None:
    log.write("info", "task", "caf\udce9")
    assert events(path) == ["caf\\udce9"]


def test_what_has_no_json_form_is_written_as_its_repr(path: Path, log: TryLog) -> None:
    log.write("info", "task", "hello", thing={1, 2}.__class__)
    assert lines(path)[0]["thing"] == "<class 'set'>"


def test_a_full_disk_does_not_raise_and_the_log_says_what_is_missing(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")
    log = TryLog(str(path))
    log.write("info", "task", "lost 1")
    log.write_many("info", "task", ["lost 2", "lost 3"])
    assert log.missing_lines == 3
    # The disk has room again.
    path.unlink()
    os.close(log._fd)
    log._fd = -1
    log.write("info", "task", "kept")
    assert events(path) == [
        "3 lines are missing here, the log could not be written: No space left on device",
        "kept",
    ]
    log.close()


def test_a_line_that_the_full_disk_cut_in_two_does_not_spoil_the_next_one(path: Path, log: TryLog) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log.write("info", "task", "first")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, hard))
        log.write("info", "task", "second, cut in two")
        log.write("info", "task", "third, lost")
        assert log.missing_lines == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    log.write("info", "task", "fourth")
    written = path.read_bytes().splitlines()
    assert [log_reader.parse_line(line)["event"] for line in (written[0], *written[2:])] == [
        "first",
        "2 lines are missing here, the log could not be written: File too large",
        "fourth",
    ]


def test_a_missing_line_is_told_at_the_end_when_nothing_more_is_written(path: Path) -> None:
    log = TryLog(str(path))
    log._missing, log._missing_why = 1, "No space left on device"
    log.close()
    assert events(path) == ["1 line is missing here, the log could not be written: No space left on device"]


# --- capture -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def capture(log: TryLog) -> Capture:
    return Capture(log, logging.INFO)


def test_prints_are_lines_of_stdout_and_stderr(path: Path, capture: Capture) -> None:
    with capture:
        print("one\ntwo")
        print("three", end="")
        print("oops", file=sys.stderr)
    assert [(line["logger"], line["event"]) for line in lines(path)] == [
        ("task.stdout", "one"),
        ("task.stdout", "two"),
        ("task.stderr", "oops"),
        ("task.stdout", "three"),
    ]


def test_flush_does_not_cut_a_line_and_empty_lines_are_kept(path: Path, capture: Capture) -> None:
    with capture:
        for part in ("loading", ".", "."):
            print(part, end="", flush=True)
        print("\n\ndone")
    assert events(path) == ["loading..", "", "done"]


def test_a_progress_bar_leaves_its_last_state(path: Path, capture: Capture) -> None:
    with capture:
        print("\r 10%\r 50%\r100%")
    assert events(path) == ["100%"]


def test_group_markers_are_kept(path: Path, capture: Capture) -> None:
    with capture:
        print("::group::Details")
        print("::endgroup::")
    assert events(path) == ["::group::Details", "::endgroup::"]


def test_bytes_to_the_buffer_of_stdout_are_decoded(path: Path, capture: Capture) -> None:
    with capture:
        sys.stdout.buffer.write("grüße\nrest".encode())
        sys.stdout.buffer.write(b" \xff")
    assert events(path) == ["grüße", "rest \\xff"]


def test_stdout_looks_like_a_stream_that_is_no_terminal(capture: Capture) -> None:
    with capture:
        assert sys.stdout.fileno() == 1
        assert not sys.stdout.isatty()
        assert sys.stdout.encoding == "utf-8"
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        sys.stdout.close()
        print("still there")
        with pytest.raises(TypeError):
            sys.stdout.write(b"bytes")  # type: ignore[arg-type]


def test_loggers_keep_their_names_and_levels_and_debug_is_left_out(path: Path, capture: Capture) -> None:
    with capture:
        logging.getLogger("my.app").warning("careful: %s", 3)
        logging.getLogger("my.app").debug("not shown")
    (line,) = lines(path)
    assert (line["level"], line["logger"], line["event"]) == ("warning", "my.app", "careful: 3")
    assert line["filename"] == "test_logs.py"


def test_an_exception_is_logged_with_its_traceback(path: Path, capture: Capture) -> None:
    with capture:
        try:
            raise ValueError("broken")
        except ValueError:
            logging.exception("failed")
    (line,) = lines(path)
    assert line["exception"].endswith("ValueError: broken")


def test_a_record_with_wrong_arguments_says_so_instead_of_failing_the_task(path: Path, capture: Capture) -> None:
    with capture:
        logging.getLogger("my.app").info("%d", "no number")
    assert any("TypeError" in event for event in events(path))


def test_a_handler_that_the_users_file_made_at_import_writes_into_the_log(log: TryLog, path: Path) -> None:
    logger = logging.getLogger("user.file")
    handler = logging.StreamHandler(sys.stdout)
    logger.addHandler(handler)
    logger.propagate = False
    capture = Capture(log, logging.INFO)
    capture.start()
    try:
        logger.warning("from my own handler")
    finally:
        capture.stop()
        logger.removeHandler(handler)
    assert events(path) == ["from my own handler"]


def test_warnings_are_lines_with_their_category(path: Path, capture: Capture) -> None:
    with capture, warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = capture._warn
        warnings.warn("old thing", DeprecationWarning, stacklevel=1)
    (line,) = lines(path)
    assert (line["level"], line["logger"], line["event"]) == ("warning", "py.warnings", "DeprecationWarning: old thing")


def test_stopping_puts_everything_back(log: TryLog) -> None:
    before = (sys.stdout, sys.stderr, logging.getLogger().handlers, logging.getLogger().level)
    capture = Capture(log, logging.DEBUG)
    capture.start()
    capture.stop()
    assert (sys.stdout, sys.stderr, logging.getLogger().handlers, logging.getLogger().level) == before


@pytest.mark.slow
def test_a_hundred_megabytes_are_written_and_open_at_their_tail_in_a_moment(path: Path, capture: Capture) -> None:
    with capture:
        line = "x" * 99
        for _ in range(100):
            print("\n".join([line] * 10_000))
        print("the end")
    assert path.stat().st_size > 100_000_000
    started = time.perf_counter()
    part = log_reader.read_tail(str(path), lines=1000)
    text = log_reader.render_text(part.lines)
    assert time.perf_counter() - started < 0.3
    assert text.endswith("the end\n")
    assert len(part.lines) == 1000


# --- reading -----------------------------------------------------------------------------------------------------------


def test_a_log_is_read_in_parts_from_any_offset_it_gave_out(path: Path, log: TryLog) -> None:
    log.write_many("info", "task", [f"line {number}" for number in range(100)])
    offset, seen = 0, []
    while True:
        part = log_reader.read_log(str(path), offset, max_bytes=500)
        if part.end == offset:
            break
        seen += [log_reader.parse_line(line)["event"] for line in part.lines]
        offset = part.end
    assert seen == [f"line {number}" for number in range(100)]
    assert offset == path.stat().st_size


def test_a_part_has_at_least_one_line_even_when_it_is_long(path: Path, log: TryLog) -> None:
    log.write("info", "task", "x" * 5000)
    assert len(log_reader.read_log(str(path), 0, max_bytes=100).lines) == 1


def test_an_unfinished_line_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"event":"whole"}\n{"event":"ha')
    part = log_reader.read_log(str(path))
    assert (part.lines, part.end) == ([b'{"event":"whole"}'], 18)
    assert log_reader.read_tail(str(path)).lines == [b'{"event":"whole"}']


def test_the_tail_starts_at_a_line(path: Path, log: TryLog) -> None:
    log.write_many("info", "task", [f"line {number}" for number in range(1000)])
    part = log_reader.read_tail(str(path), lines=3, max_bytes=2000)
    assert [log_reader.parse_line(line)["event"] for line in part.lines] == ["line 997", "line 998", "line 999"]
    assert log_reader.read_log(str(path), part.start).lines == part.lines
    few = log_reader.read_tail(str(path), lines=1000, max_bytes=500)
    assert 1 < len(few.lines) < 10
    assert log_reader.read_log(str(path), few.start).lines == few.lines


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            b'{"timestamp":"2024-03-05T06:07:08.123456Z","level":"info","logger":"my.app","event":"Hello",'
            b'"filename":"bash.py","lineno":93}',
            "[2024-03-05, 06:07:08.123 UTC] {bash.py:93} INFO - Hello",
        ),
        (
            b'{"timestamp":"2024-03-05T06:07:08.123456Z","level":"error","logger":"task","event":"failed","try":1,'
            b'"exception":"Traceback\\nValueError: x"}',
            "[2024-03-05, 06:07:08.123 UTC] {task} ERROR - failed try=1\nTraceback\nValueError: x",
        ),
        (b"Fatal Python error: \xff", "Fatal Python error: \N{REPLACEMENT CHARACTER}"),
        (b"[1, 2]", "[1, 2]"),
    ],
)
def test_a_line_reads_as_text(line: bytes, text: str) -> None:
    assert log_reader.render_line(line) == text


def test_following_a_log_yields_what_is_written_until_the_end(path: Path, log: TryLog) -> None:
    steps = iter([lambda: log.write("info", "task", "one"), lambda: log.write("info", "task", "two")])
    waits: list[float] = []
    is_over = False

    def wait(seconds: float) -> None:
        nonlocal is_over
        waits.append(seconds)
        step = next(steps, None)
        if step is None:
            # Written after the last look and before the end is known: it must not be lost.
            log.write("info", "task", "last words")
            is_over = True
        else:
            step()

    parts = log_reader.follow(str(path), lambda: is_over, wait=wait)
    seen = [log_reader.parse_line(line)["event"] for part in parts for line in part.lines]
    assert seen == ["one", "two", "last words"]
    assert len(waits) == 3


def test_following_a_silent_log_waits_longer_and_longer(path: Path) -> None:
    waits: list[float] = []
    parts = log_reader.follow(str(path), lambda: len(waits) >= 10, wait=waits.append)
    assert list(parts) == []
    assert waits[0] == 0.05
    assert waits[-1] == 0.5
