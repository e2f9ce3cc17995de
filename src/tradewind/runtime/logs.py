"""The log file of one try: how a task's process writes it.

One JSON object a line, `{"timestamp", "level", "logger", "event", …}`, times in UTC with microseconds. Every line is one
`write` on a descriptor opened with O_APPEND, so the task, its own children and the DAG host can write to the same file
without mixing their lines. `runtime.log_reader` reads it back.

A log never makes a task fail: what cannot be written is counted, and the log says what is missing as soon as it can be
written again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

MAX_LINE_BYTES: Final = 64 * 1024
"""Longer events are cut; the line says how long the event was."""
MISSING_LOGGER: Final = "tradewind.log"

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
_encode = msgspec.json.Encoder(enc_hook=repr, order=None).encode


def _unmasked(text: str) -> str:
    return text


class TryLog:
    """Appends lines to the log of one try. Safe to use from several threads and from signal handlers.

    `mask` is applied to everything that a user can see (event and extra texts) before it is encoded. Creating a TryLog
    raises nothing: a file that cannot be opened is tried again with the next line.
    """

    def __init__(
        self,
        path: str,
        mask: Callable[[str], str] = _unmasked,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._mask = mask
        self._now = now
        # Re-entrant: a signal handler may log while the main thread is inside `write`.
        self._lock = threading.RLock()
        self._fd = -1
        self._torn = False
        self._missing = 0
        self._missing_why = ""
        self._second = -1
        self._prefix = ""

    @property
    def missing_lines(self) -> int:
        """Lines that could not be written and of which the log does not tell yet."""
        return self._missing

    def write(self, level: str, logger: str, event: str, **extra: Any) -> None:
        """Append one line. `extra` must be encodable as JSON; what is not is written as its `repr`."""
        self._append(self._line(level, logger, event, extra))

    def write_many(self, level: str, logger: str, events: list[str]) -> None:
        """Append several lines of one origin, at one time stamp, in as few writes as possible."""
        block: list[bytes] = []
        size = 0
        for event in events:
            line = self._line(level, logger, event)
            if size + len(line) > MAX_LINE_BYTES:
                self._append(b"".join(block), len(block))
                block, size = [], 0
            block.append(line)
            size += len(line)
        if block:
            self._append(b"".join(block), len(block))

    def write_cut(self, level: str, logger: str, start: str, length: int) -> None:
        """Append the start of an event of `length` characters that was too long to be kept as a whole."""
        self._append(self._line(level, logger, start, None, length))

    def close(self) -> None:
        """Say what is missing, as far as that is possible, and close the file. Writing afterwards opens it again."""
        with self._lock:
            if self._missing:
                self._recover()
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def after_fork(self) -> None:
        """To be called in a child that the task's process forked: no other thread exists there that holds the lock."""
        self._lock = threading.RLock()

    # --- one line ------------------------------------------------------------------------------------------------------

    def _line(self, level: str, logger: str, event: str, extra: dict[str, Any] | None = None, length: int = 0) -> bytes:
        length = max(length, len(event))
        event = self._mask(event)
        if length > MAX_LINE_BYTES:
            # Masked first: a secret across the cut would leave its first half.
            event = f"{event[: MAX_LINE_BYTES - 256]} … (cut: this line has {length:,} characters)"
        fields: dict[str, Any] = {"timestamp": self._stamp(), "level": level, "logger": logger, "event": event}
        if extra:
            for key, value in extra.items():
                fields[key] = self._mask(value) if isinstance(value, str) else value
        try:
            return _encode(fields) + b"\n"
        except UnicodeEncodeError:
            # Lone surrogates: what a program printed was not UTF-8.
            fields = {
                key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
                for key, value in fields.items()
            }
            return _encode(fields) + b"\n"

    def _stamp(self) -> str:
        now = self._now()
        second = int(now)
        if second != self._second:
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = second
        return f"{self._prefix}.{int((now - second) * 1_000_000):06d}Z"

    # --- the file ------------------------------------------------------------------------------------------------------

    def _append(self, data: bytes, lines: int = 1) -> None:
        with self._lock:
            if self._missing and not self._recover():
                self._missing += lines
                return
            why = self._put(data)
            if why:
                self._missing += lines
                self._missing_why = why

    def _recover(self) -> bool:
        """Tell in the log how much of it is missing. True when that was written."""
        count = self._missing
        why = self._put(
            self._line(
                "warning",
                MISSING_LOGGER,
                f"{count} {'line is' if count == 1 else 'lines are'} missing here, the log could not be written: "
                f"{self._missing_why}",
            )
        )
        if why:
            self._missing_why = why
            return False
        self._missing = 0
        return True

    def _put(self, data: bytes) -> str:
        """Write whole lines; answer why that failed, or an empty text. What was written of them is cut off."""
        try:
            if self._fd < 0:
                self._fd = _opened(self.path)
            if self._torn:
                # The line that the full disk cut in two is ended first, so that the next one can be read.
                data = b"\n" + data
            written = os.write(self._fd, data)
        except OSError as error:
            return error.strerror or str(error)
        self._torn = written != len(data)
        return "no space left for a whole line" if self._torn else ""


def _opened(path: str) -> int:
    try:
        return os.open(path, _FLAGS, 0o664)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o775, exist_ok=True)
        return os.open(path, _FLAGS, 0o664)
