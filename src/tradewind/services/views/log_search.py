"""Searching a log on the server: a scan in file order with a limit of time, to be continued where it stopped.

Regular expressions are run by google-re2, which takes time in proportion to the text whatever the expression: nobody can
keep the server busy with one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from typing import Final

import re2

from tradewind.services.errors import Invalid
from tradewind.services.views.log_window import Piece, line_of, lines_from
from tradewind.services.views.viewer import View

_PATIENCE_S: Final = 2.0
MAX_HITS: Final = 10_000
_LEVELS: Final = ("debug", "info", "warning", "error", "critical")
_MARKS: Final = {level: f'"level":"{level}"'.encode() for level in _LEVELS}


def search_log(
    path: str,
    *,
    q: str = "",
    regex: bool = False,
    levels: Collection[str] | None = None,
    source: str | None = None,
    offset: int = 0,
    limit: int = 1000,
    patience_s: float = _PATIENCE_S,
) -> View:
    """`shapes.LogHits`. With nothing asked for, only the levels are counted. Raises Invalid, FileNotFoundError."""
    fits = matcher(q, regex)
    asked = bool(q or levels or source)
    deadline = time.monotonic() + patience_s
    offsets: list[int] = []
    total, scanned = 0, offset
    counts = dict.fromkeys(_LEVELS, 0)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        for piece in lines_from(file, min(max(offset, 0), size), size):
            level = _level(piece)
            if level:
                counts[level] += 1
            if asked and _is_hit(piece, level, fits, levels, source):
                total += 1
                if len(offsets) < min(limit, MAX_HITS):
                    offsets.append(piece.offset)
            scanned = piece.end
            if time.monotonic() > deadline:
                break
    return {
        "offsets": offsets,
        "total": total,
        "scanned": scanned,
        "level_counts": {level: count for level, count in counts.items() if count},
    }


def _level(piece: Piece) -> str:
    head = piece.data[:400]
    return next((level for level, mark in _MARKS.items() if mark in head), "")


def _is_hit(
    piece: Piece, level: str, fits: Callable[[str], bool], levels: Collection[str] | None, source: str | None
) -> bool:
    if levels and level not in levels:
        return False
    line = line_of(piece)
    if source and line["source"] != source:
        return False
    return fits(line["text"])


def matcher(q: str, regex: bool) -> Callable[[str], bool]:
    if not q:
        return lambda text: True
    if not regex:
        wanted = q.casefold()
        return lambda text: wanted in text.casefold()
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        pattern = re2.compile(q, options)
    except re2.error as error:
        raise Invalid(f"'{q}' is no regular expression that can be searched for: {error}. Correct it.") from None
    return lambda text: pattern.search(text) is not None
