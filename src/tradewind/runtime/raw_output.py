"""What a try's process and its children write to the descriptors 1 and 2, put into the log of the try by the host."""

from __future__ import annotations

from typing import Final

from tradewind.runtime.logs import MAX_LINE_BYTES, TryLog

_SECRET_ROOM: Final = 8192


class RawOutput:
    """Cuts one stream into lines for the log.

    Bytes need not be text, and lines need not end: what is longer than the log allows is cut, and the rest of that line is
    only counted.
    """

    def __init__(self, log: TryLog, logger: str, level: str) -> None:
        self._log = log
        self._logger = logger
        self._level = level
        self._rest = bytearray()
        self._cut_bytes = 0

    def feed(self, data: bytes) -> None:
        """More of the stream. Whole lines are written at once."""
        if b"\n" not in data:
            self._keep(data)
            return
        head, _, last = data.rpartition(b"\n")
        first, newline, others = head.partition(b"\n")
        self._keep(first)
        self._end_line()
        if newline:
            self._log.write_many(self._level, self._logger, [_text(line) for line in others.split(b"\n")])
        self._keep(last)

    def close(self) -> None:
        """Write the unfinished last line, if there is one."""
        if self._rest:
            self._end_line()

    def _keep(self, data: bytes) -> None:
        room = MAX_LINE_BYTES + _SECRET_ROOM - len(self._rest)
        self._rest += data[: max(room, 0)]
        self._cut_bytes += len(data) - max(0, min(room, len(data)))

    def _end_line(self) -> None:
        line, cut = _text(bytes(self._rest)), self._cut_bytes
        self._rest.clear()
        self._cut_bytes = 0
        if cut:
            self._log.write_cut(self._level, self._logger, line, len(line) + cut)
        else:
            self._log.write(self._level, self._logger, line)


def _text(line: bytes) -> str:
    """As a terminal would show it: of text overwritten with carriage returns (progress bars) the last."""
    if b"\r" in line:
        shown = [part for part in line.split(b"\r") if part]
        line = shown[-1] if shown else b""
    return line.decode("utf-8", "backslashreplace")
