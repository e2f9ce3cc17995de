"""What a task prints, logs and warns of ends up in the log of its try.

`sys.stdout` and `sys.stderr` become line writers, the root logger gets one handler. File descriptors 1 and 2 are not
touched: they lead to the DAG host, which puts what C code and child processes write there into the same log.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterable
from typing import Any, Final, TextIO

from tradewind.runtime.logs import MAX_LINE_BYTES, TryLog

STDOUT: Final = "task.stdout"
STDERR: Final = "task.stderr"
WARNINGS: Final = "py.warnings"

# A line is kept a little longer than it is shown: a secret that lies across the cut must be seen as a whole to be masked.
_KEPT = MAX_LINE_BYTES + 8192
_LEVELS = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
    logging.ERROR: "error",
    logging.CRITICAL: "critical",
}


class LineWriter(io.TextIOBase):
    """A text stream whose lines become lines of the try's log.

    An unfinished line waits for its end (or for `close_line`); `flush` does not cut it in two, because `print(…,
    end="", flush=True)` is how progress is shown. Carriage returns start the line anew, as on a terminal.
    """

    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None
    mode = "w"

    def __init__(self, log: TryLog, logger: str, level: str, fd: int) -> None:
        super().__init__()
        self._log = log
        self._logger = logger
        self._level = level
        self._fd = fd
        self._lock = threading.RLock()
        self._parts: list[str] = []
        self._length = 0
        self._buffer: _Bytes | None = None

    @property
    def name(self) -> str:
        return "<stdout>" if self._fd == 1 else "<stderr>"

    @property
    def buffer(self) -> Any:
        """A binary view, for programs that write bytes to `sys.stdout.buffer`."""
        if self._buffer is None:
            self._buffer = _Bytes(self)
        return self._buffer

    @property
    def line_buffering(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not text:
            return 0
        with self._lock:
            if "\n" not in text:
                self._keep(text)
                return len(text)
            first, _, rest = text.partition("\n")
            self._keep(first)
            self._end_line()
            if rest:
                *lines, last = rest.split("\n")
                self._write_lines(lines)
                if last:
                    self._keep(last)
        return len(text)

    def writelines(self, lines: Iterable[Any]) -> None:
        for line in lines:
            self.write(line)

    def close_line(self) -> None:
        """Write what has been printed of an unfinished line."""
        if self._buffer is not None:
            self._buffer.flush()
        with self._lock:
            if self._length:
                self._end_line()

    def flush(self) -> None:
        """Nothing waits but the unfinished line."""

    def close(self) -> None:
        """A user's `sys.stdout.close()` must not end the log."""
        self.close_line()

    def fileno(self) -> int:
        """The real descriptor, so that `subprocess.run(stdout=sys.stdout)` works."""
        return self._fd

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def reconfigure(self, **_options: Any) -> None:
        """Accepted as for any other stream; there is nothing to set."""

    def after_fork(self) -> None:
        """In a forked child: the unfinished line is the parent's to write."""
        self._lock = threading.RLock()
        self._parts, self._length = [], 0

    def _keep(self, text: str) -> None:
        room = _KEPT - self._length
        if room > 0:
            self._parts.append(text if len(text) <= room else text[:room])
        self._length += len(text)

    def _end_line(self) -> None:
        line, length = "".join(self._parts), self._length
        self._parts, self._length = [], 0
        if length > _KEPT:
            self._log.write_cut(self._level, self._logger, line, length)
        else:
            self._log.write(self._level, self._logger, _last_overwrite(line))

    def _write_lines(self, lines: list[str]) -> None:
        if len(lines) == 1:
            self._log.write(self._level, self._logger, _last_overwrite(lines[0]))
        elif lines:
            self._log.write_many(self._level, self._logger, [_last_overwrite(line) for line in lines])


class _Bytes(io.RawIOBase):
    """Bytes written to `sys.stdout.buffer`, decoded as UTF-8."""

    def __init__(self, text: LineWriter) -> None:
        super().__init__()
        self._text = text
        self._pending = b""

    def write(self, data: Any) -> int:
        given = bytes(data)
        whole, newline, self._pending = (self._pending + given).rpartition(b"\n")
        if newline:
            self._text.write((whole + newline).decode("utf-8", "backslashreplace"))
        if len(self._pending) > MAX_LINE_BYTES:
            self.flush()
        return len(given)

    def flush(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, b""
            self._text.write(pending.decode("utf-8", "backslashreplace"))

    def fileno(self) -> int:
        return self._text.fileno()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        self.flush()


class _NoLock:
    """Looks like a lock and holds nobody up."""

    def acquire(self) -> None: ...

    def release(self) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_exception: object) -> None: ...


class LogHandler(logging.Handler):
    """Sends the records of the `logging` module to the try's log; the logger's name is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.log: TryLog | None = None

    def createLock(self) -> None:
        """No lock of its own: the log has one, and a handler interrupted by a signal must not wait for itself."""
        self.lock = _NoLock()  # type: ignore[assignment]

    def emit(self, record: logging.LogRecord) -> None:
        if self.log is None:
            return
        try:
            event = record.getMessage()
            extra: dict[str, Any] = {"filename": record.filename, "lineno": record.lineno}
            if record.exc_info and record.exc_info[0] is not None:
                extra["exception"] = logging.Formatter().formatException(record.exc_info)
            elif trace := getattr(record, "trace", None):
                extra["exception"] = trace
            if record.stack_info:
                extra["stack"] = record.stack_info
            self.log.write(_level_name(record.levelno), record.name, event, **extra)
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)


_HANDLER: Final = LogHandler()
"""Made before any fork: making a handler costs a task more than using it."""


class Capture:
    """The redirections of one task process; there is at most one."""

    def __init__(self, log: TryLog, level: int) -> None:
        self.log = log
        self.stdout = LineWriter(log, STDOUT, "info", 1)
        self.stderr = LineWriter(log, STDERR, "error", 2)
        self._level = level
        self._saved: tuple[Any, ...] | None = None

    def start(self) -> None:
        """Redirect. Handlers that the user's file put on the root logger are replaced: they lead to the host's output."""
        root = logging.getLogger()
        self._saved = (sys.stdout, sys.stderr, root.handlers, _HANDLER.log, root.level, warnings.showwarning)
        sys.stdout, sys.stderr = self.stdout, self.stderr
        _HANDLER.log = self.log
        root.handlers = [_HANDLER]
        if root.level != self._level:
            root.setLevel(self._level)
        _point_elsewhere({self._saved[0]: self.stdout, self._saved[1]: self.stderr})
        warnings.showwarning = self._warn
        os.register_at_fork(after_in_child=self._after_fork)

    def __enter__(self) -> Capture:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def flush(self) -> None:
        """Write unfinished lines. Raises nothing."""
        for stream in (self.stdout, self.stderr):
            stream.close_line()

    def stop(self) -> None:
        """Flush and put back what `start` replaced (tests and `tasks test`; a task's process just exits)."""
        self.flush()
        if self._saved is not None:
            root = logging.getLogger()
            sys.stdout, sys.stderr, root.handlers, _HANDLER.log, level, warnings.showwarning = self._saved
            root.setLevel(level)
            self._saved = None

    def _warn(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None:
            file.write(warnings.formatwarning(message, category, filename, lineno, line))
            return
        event = f"{category.__name__}: {message}"
        self.log.write("warning", WARNINGS, event, filename=filename, lineno=lineno)

    def _after_fork(self) -> None:
        if self._saved is not None:
            self.log.after_fork()
            self.stdout.after_fork()
            self.stderr.after_fork()


def _point_elsewhere(streams: dict[Any, LineWriter]) -> None:
    """Stream handlers that a user's file made at import hold the streams of that time."""
    # The list of all handlers, not of all loggers: to look at an object after a fork costs a copy of its page.
    for reference in logging._handlerList:  # type: ignore[attr-defined]
        handler = reference()
        if isinstance(handler, logging.StreamHandler) and handler.stream in streams:
            handler.stream = streams[handler.stream]


def _level_name(number: int) -> str:
    known = _LEVELS.get(number)
    return known or logging.getLevelName(number).lower()


def _last_overwrite(line: str) -> str:
    """What a terminal would show of a line with carriage returns (progress bars)."""
    if "\r" not in line:
        return line
    shown = [part for part in line.split("\r") if part]
    return shown[-1] if shown else ""
