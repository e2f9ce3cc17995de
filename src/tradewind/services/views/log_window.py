"""A log by byte window: whole lines around a place in the file, however long the file is.

Reads the window, and for a line that is longer than it at most MAX_LINE_BYTES more. An offset names a line for ever, since
logs only grow.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal

from tradewind.runtime.log_reader import parse_line
from tradewind.services.views.viewer import View

At = Literal["head", "tail", "error", "offset"]

MAX_WINDOW: Final = 4 << 20
MAX_LINE_BYTES: Final = 16 << 20
"""A line is looked through that far for its end; what is longer counts as several lines."""
MAX_TEXT: Final = 20_000
"""Characters of a line that are answered."""
ERROR_SEARCH_S: Final = 2.0
_CHUNK: Final = 1 << 20
_ERRORS: Final = (b'"level":"error"', b'"level":"critical"')


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of the file: where it starts, where the next one starts, and its bytes as far as they are kept."""

    offset: int
    end: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Window:
    pieces: list[Piece]
    start: int
    end: int
    size: int


def read_window(
    path: str, *, at: At = "tail", offset: int | None = None, limit: int = 262_144, backwards: bool = False,
    is_complete: bool = False,
) -> Window:  # fmt: skip
    """Whole lines of about `limit` bytes.

    `head`, `tail`: from the start, up to the end. `error`: a little before the first line of level error (the tail when
    there is none). `offset`: from there on, or with `backwards` up to there. A last line without a line feed is left out
    while the file may still grow, so that it is not cut in two. Raises FileNotFoundError.
    """
    limit = min(max(limit, 1), MAX_WINDOW)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if at == "offset" and offset is not None:
            place = min(max(offset, 0), size)
            return (
                _up_to(file, place, limit, size, False) if backwards else _from(file, place, limit, size, is_complete)
            )
        if at == "head":
            return _from(file, 0, limit, size, is_complete)
        if at == "error":
            found = first_error(file, size)
            if found is not None:
                before = _up_to(file, found, limit // 4, size, False)
                return _from(file, before.start, limit, size, is_complete)
        return _up_to(file, size, limit, size, is_complete)


def first_error(file: BinaryIO, size: int, patience_s: float = ERROR_SEARCH_S) -> int | None:
    """Offset of the first line of level error or critical; None when none was found in time."""
    deadline = time.monotonic() + patience_s
    for piece in lines_from(file, 0, size):
        if any(mark in piece.data[:400] for mark in _ERRORS):
            return piece.offset
        if time.monotonic() > deadline:
            return None
    return None


def _from(file: BinaryIO, place: int, limit: int, size: int, is_complete: bool) -> Window:
    """Lines from the one on that starts at or behind `place`."""
    start = _line_start(file, place, size)
    pieces: list[Piece] = []
    end = start
    for piece in lines_from(file, start, size, first_read=min(limit, _CHUNK), with_last=is_complete):
        if pieces and piece.end - start > limit:
            break
        pieces.append(piece)
        end = piece.end
        if end - start >= limit:
            break
    return Window(pieces, start, end, size)


def _up_to(file: BinaryIO, place: int, limit: int, size: int, is_complete: bool) -> Window:
    """Lines that end at or before `place`: as many as fit, at least one."""
    reach = limit
    while True:
        begin = max(0, place - reach)
        file.seek(begin)
        data = file.read(place - begin)
        first = 0 if begin == 0 or _ends_line(file, begin) else data.find(b"\n") + 1
        last = len(data) if is_complete else data.rfind(b"\n") + 1
        has_line = last > first and (first > 0 or begin == 0 or _ends_line(file, begin))
        if has_line or begin == 0 or reach >= MAX_LINE_BYTES:
            break
        reach = min(reach * 8, MAX_LINE_BYTES)
    if last <= first:
        return Window([], place, place, size)
    pieces = []
    at = begin + first
    for line in _split(data[first:last]):
        pieces.append(Piece(at, at + len(line), line.rstrip(b"\n")))
        at += len(line)
    return Window(pieces, begin + first, begin + last, size)


def _split(data: bytes) -> Iterator[bytes]:
    """Lines with their line feeds."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def _ends_line(file: BinaryIO, place: int) -> bool:
    """Whether a line ends right before `place`."""
    file.seek(place - 1)
    return file.read(1) == b"\n"


def _line_start(file: BinaryIO, place: int, size: int) -> int:
    """The first start of a line at or behind `place`."""
    if place == 0 or place >= size or _ends_line(file, place):
        return place
    looked = 0
    file.seek(place)
    while looked < MAX_LINE_BYTES:
        data = file.read(_CHUNK)
        if not data:
            return place + looked
        found = data.find(b"\n")
        if found >= 0:
            return place + looked + found + 1
        looked += len(data)
    return place + looked


def lines_from(
    file: BinaryIO, start: int, size: int, *, first_read: int = _CHUNK, with_last: bool = True
) -> Iterator[Piece]:
    """The lines from `start` up to `size`, read in chunks; the memory for it does not grow with the file.

    `with_last`: also what stands at the end without a line feed.
    """
    file.seek(start)
    rest, at, read = b"", start, start
    chunk = first_read
    while read < size:
        data = file.read(min(chunk, size - read))
        if not data:
            break
        chunk = _CHUNK
        read += len(data)
        rest += data
        begin = 0
        while (feed := rest.find(b"\n", begin)) >= 0:
            yield Piece(at, at + feed + 1 - begin, rest[begin:feed])
            at += feed + 1 - begin
            begin = feed + 1
        rest = rest[begin:]
        if len(rest) >= MAX_LINE_BYTES:
            yield Piece(at, at + len(rest), rest)
            at, rest = at + len(rest), b""
    if rest and with_last:
        yield Piece(at, at + len(rest), rest)


def line_of(piece: Piece) -> View:
    """`shapes.LogLine`."""
    fields = parse_line(piece.data)
    text = str(fields.pop("event", ""))
    below = [str(fields.pop(name)) for name in ("exception", "stack") if fields.get(name)]
    text = "\n".join([text, *below])
    at = fields.pop("timestamp", None)
    level = fields.pop("level", "")
    source = fields.pop("logger", "")
    is_cut = len(text) > MAX_TEXT
    return {
        "offset": piece.offset,
        "at": at if isinstance(at, str) and at else None,
        "level": str(level).lower(),
        "source": str(source),
        "text": text[:MAX_TEXT] if is_cut else text,
        "is_cut": is_cut,
        "extra": {name: _short(value) for name, value in fields.items()},
    }


def _short(value: Any) -> Any:
    return value[:MAX_TEXT] if isinstance(value, str) else value


def window_view(window: Window, *, is_complete: bool) -> View:
    """`shapes.LogWindow`."""
    return {
        "lines": [line_of(piece) for piece in window.pieces],
        "start": window.start,
        "end": window.end,
        "size": window.size,
        "is_complete": is_complete,
        "first_line_number": 1 if window.start == 0 else None,
        "missing": None,
    }
