"""Reads the log of a try back: from its start, from its end, or as it grows.

Lines are told apart by line feeds alone, so any byte offset that this module hands out is a place to read on from. A
line that is not JSON (what a killed process left of one, output of a foreign tool) is shown as it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

_CHUNK: Final = 1 << 20

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class LogPart:
    """A piece of a log: whole lines, as bytes without their line feeds, and the offsets where it starts and ends."""

    lines: list[bytes]
    start: int
    end: int


def read_log(path: str, offset: int = 0, max_bytes: int = _CHUNK) -> LogPart:
    """Whole lines from `offset` on, about `max_bytes` of them; at least one when there is one.

    Raises FileNotFoundError. A part that ends where it starts means: nothing more yet.
    """
    with open(path, "rb") as file:
        file.seek(offset)
        data = file.read(max_bytes)
        while data and b"\n" not in data:
            more = file.read(max_bytes)
            if not more:
                break
            data += more
    cut = data.rfind(b"\n") + 1
    return LogPart(data[:cut].split(b"\n")[:-1], offset, offset + cut)


def read_tail(path: str, lines: int = 1000, max_bytes: int = _CHUNK) -> LogPart:
    """The last `lines` whole lines, as far as they lie in the last `max_bytes`; what ends without a line feed is left out.

    Costs the same for a log of any length. Raises FileNotFoundError.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - max_bytes)
        file.seek(start)
        data = file.read(size - start)
    end = data.rfind(b"\n") + 1
    first = data.find(b"\n") + 1 if start else 0
    found = data[first:end].split(b"\n")[:-1]
    kept = found[-lines:] if lines > 0 else []
    length = sum(len(line) + 1 for line in kept)
    return LogPart(kept, start + end - length, start + end)


def parse_line(line: bytes) -> dict[str, Any]:
    """The fields of a line; one that is not JSON has only `event`."""
    try:
        fields = _decode(line)
    except msgspec.DecodeError:
        fields = None
    if isinstance(fields, dict):
        return fields
    return {"event": line.decode("utf-8", "replace")}


def render_line(line: bytes) -> str:
    """One line as people read it: `[2024-03-05, 06:07:08.123 UTC] {bash.py:93} INFO - Hello`, tracebacks below."""
    fields = parse_line(line)
    event = str(fields.pop("event", ""))
    stamp = str(fields.pop("timestamp", ""))
    if not stamp:
        return event
    level = str(fields.pop("level", "info")).upper()
    logger = str(fields.pop("logger", ""))
    filename, lineno = fields.pop("filename", None), fields.pop("lineno", None)
    place = f"{os.path.basename(str(filename))}:{lineno}" if filename else logger
    below = [str(fields.pop(name)) for name in ("exception", "stack") if fields.get(name)]
    rest = "".join(f" {key}={value!r}" for key, value in fields.items())
    text = f"[{stamp[:10]}, {stamp[11:23]} UTC] {{{place}}} {level} - {event}{rest}"
    return "\n".join([text, *below])


def render_text(lines: list[bytes]) -> str:
    """Several lines as text, each ended by a line feed."""
    return "".join(render_line(line) + "\n" for line in lines if line)


def follow(
    path: str,
    ended: Callable[[], bool],
    *,
    offset: int = 0,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[LogPart]:
    """Parts of a log as they are written, until `ended()` and everything was read.

    `ended` is asked only when nothing new is there. Between looks it waits 50 ms after news and up to 0.5 s in silence,
    so following a silent task costs next to nothing. A log that does not exist yet is waited for.
    """
    pause = 0.05
    while True:
        # Asked before the last look: what was written before the end is read in any case.
        is_over = False
        part = _read_if_there(path, offset)
        if part is None or part.end == offset:
            is_over = ended()
            part = _read_if_there(path, offset)
        if part is not None and part.end > offset:
            offset, pause = part.end, 0.05
            yield part
        elif is_over:
            return
        else:
            wait(pause)
            pause = min(0.5, pause * 1.5)


def _read_if_there(path: str, offset: int) -> LogPart | None:
    try:
        return read_log(path, offset)
    except FileNotFoundError:
        return None
