"""The log of a whole run: the logs of all its tries as one, ordered by time, a window at a time.

A k-way merge over windows of the files; nothing is read but what is shown or looked through. A place in it is a *cut*: an
offset for each try. The cursor of a cut names a time and the tries whose offset does not follow from it: a try that began
later stands at its start, every other one at its end. So a cursor stays small however many tries the run had, and lines
are neither lost nor shown twice, even where the clocks of two machines differ and the order is therefore a little wrong.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from heapq import heapify, heappop, heappush
from typing import Final, Literal, NamedTuple

from tradewind.core.records import TryRecord
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.views.cursors import from_cursor, to_cursor
from tradewind.services.views.instances import run_of
from tradewind.services.views.log_search import matcher
from tradewind.services.views.log_window import Piece, line_of, read_window
from tradewind.services.views.task_files import log_file
from tradewind.services.views.task_logs import is_over
from tradewind.services.views.viewer import View

RunLogAt = Literal["head", "tail"]

MAX_LINES: Final = 2000
_READ: Final = 65_536
_PATIENCE_S: Final = 1.0
_FIRST: Final = 0.0
_LAST: Final = 4e9
"""Seconds since 1970, before and after every line of every log."""


class Asked(NamedTuple):
    """Which lines are shown; empty matches everything."""

    q: str = ""
    regex: bool = False
    levels: Collection[str] = ()
    task_ids: Collection[str] = ()


_EVERYTHING: Final = Asked()


class _Cut(NamedTuple):
    at: float
    """Seconds since 1970."""
    offsets: dict[int, int]
    """Index of a try among the tries of the run → byte offset."""


@dataclass(slots=True)
class _Source:
    """One try's file, read from `offset` on in one direction. The file is opened by the first `look`."""

    index: int
    made: TryRecord
    path_of: Callable[[TryRecord], str | None]
    offset: int | None
    """Of the next line to be taken; backwards: of the end of that line. None: the end of the file."""
    backwards: bool
    key: float = 0.0
    """Time of the next line, kept within the time that the try took."""
    _waiting: deque[Piece] = field(default_factory=deque)
    _line: View | None = None

    def __post_init__(self) -> None:
        self.key = self.bound

    @property
    def bound(self) -> float:
        """A time that no line of it lies before; backwards: behind."""
        at = self.made.end_date if self.backwards else self.made.start_date
        return at.timestamp() if at is not None else _LAST

    @property
    def is_done(self) -> bool:
        """Known without a look that no line is left."""
        return self.offset == 0 if self.backwards else self.offset is None

    def look(self) -> bool:
        """Find the next line and its time; False when there is none."""
        if not self._waiting:
            pieces = self._read()
            self._waiting.extend(reversed(pieces) if self.backwards else pieces)
            if not self._waiting:
                if not self.backwards and is_over(self.made):
                    self.offset = None
                return False
        self._line = line_of(self._waiting[0])
        self.key = self._clamped(_seconds(self._line["at"], self.key))
        return True

    def take(self) -> View:
        """The line that `look` found."""
        piece = self._waiting.popleft()
        self.offset = piece.offset if self.backwards else piece.end
        assert self._line is not None, "look comes first"
        return self._line

    def resolved(self) -> int:
        """The offset as a number."""
        if self.offset is not None:
            return self.offset
        path = self.path_of(self.made)
        try:
            return os.stat(path).st_size if path is not None else 0
        except OSError:
            return 0

    def _read(self) -> list[Piece]:
        path = self.path_of(self.made)
        if path is None or self.is_done:
            return []
        over = is_over(self.made)
        try:
            if self.offset is None:
                return read_window(path, at="tail", limit=_READ, is_complete=over).pieces
            return read_window(
                path, at="offset", offset=self.offset, limit=_READ, backwards=self.backwards, is_complete=over
            ).pieces
        except OSError:
            # Not there yet, deleted, or not readable: the page of the task says which.
            return []

    def _clamped(self, key: float) -> float:
        first = self.made.start_date.timestamp() if self.made.start_date is not None else _FIRST
        last = self.made.end_date.timestamp() if self.made.end_date is not None else _LAST
        return max(first, min(key, last))


def get_run_log(
    services: Services,
    dag_id: str,
    run_id: str,
    *,
    at: RunLogAt = "tail",
    cursor: str | None = None,
    backwards: bool = False,
    limit: int = 500,
    asked: Asked = _EVERYTHING,
    patience_s: float = _PATIENCE_S,
) -> View:
    """`shapes.RunLogWindow`: lines behind `cursor` (before it with `backwards`), else the first or last ones.

    At most `limit` lines, and as many as are found in `patience_s` seconds: `before` and `after` go on from there. Raises
    Unknown for the run, Invalid for a cursor or a regular expression.
    """
    fits = matcher(asked.q, asked.regex)
    run = run_of(services, dag_id, run_id)
    # Asked before the tries are read: a try that is not among them begins later than this.
    as_of = services.now().timestamp()
    tries = services.store.tries.of_run(run.run_key)
    if cursor is None:
        backwards = at == "tail"
        begin = _Cut(_LAST if backwards else _FIRST, {})
    else:
        begin = _cut_of(cursor)
    sources = [
        _Source(
            index,
            made,
            lambda made: log_file(services, made.log_path),
            begin.offsets.get(index, _at_rest(made, begin.at)),
            backwards,
        )
        for index, made in enumerate(tries)
        if not asked.task_ids or made.task_id in asked.task_ids
    ]
    there = cursor if cursor is not None else _cursor(min(begin.at, as_of), sources)
    found = _merged(sources, min(max(limit, 1), MAX_LINES), asked, fits, time.monotonic() + patience_s)
    here = _cursor(min(begin.at if found.at is None else found.at, as_of), sources)
    return {
        "lines": found.lines[::-1] if backwards else found.lines,
        "before": here if backwards else there,
        "after": there if backwards else here,
        "is_exhausted": found.is_exhausted,
        "is_complete": run.state.is_final and all(is_over(source.made) for source in sources),
        "tasks": sorted({made.task_id for made in tries}),
    }


class _Found(NamedTuple):
    lines: list[View]
    at: float | None
    """Time of the last line that was looked at; None when there was none."""
    is_exhausted: bool


def _merged(
    sources: Sequence[_Source], limit: int, asked: Asked, fits: Callable[[str], bool], deadline: float
) -> _Found:
    """Take lines in the order of their times; a file is opened when the merge has come to its time."""
    sign = -1 if any(source.backwards for source in sources) else 1
    heap = [(sign * source.bound, source.index, False, source) for source in sources if not source.is_done]
    heapify(heap)
    lines: list[View] = []
    at: float | None = None
    looked = 0
    while heap and len(lines) < limit:
        _, index, was_looked_at, source = heappop(heap)
        if was_looked_at:
            at = source.key
            line = source.take()
            if (not asked.levels or line["level"] in asked.levels) and fits(line["text"]):
                lines.append(_row(source.made, line))
            looked += 1
        if source.look():
            heappush(heap, (sign * source.key, index, True, source))
        if looked % 256 == 255 and time.monotonic() > deadline:
            break
    return _Found(lines, at, not heap)


def _row(made: TryRecord, line: View) -> View:
    """`shapes.RunLogLine`."""
    return {
        **line,
        "task_id": made.task_id,
        "map_index": made.map_index,
        "try_number": made.try_number,
        "try_id": made.try_id,
    }


def _seconds(at: str | None, without: float) -> float:
    """The time of a line; one without a time belongs to the line before it."""
    if at is None:
        return without
    try:
        told = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return without
    return (told if told.tzinfo is not None else told.replace(tzinfo=timezone.utc)).timestamp()


# --- cuts --------------------------------------------------------------------------------------------------------------


def _cut_of(cursor: str) -> _Cut:
    at, offsets = from_cursor(cursor, tuple[float, dict[int, int]])
    if not all(0 <= offset < 1 << 62 for offset in offsets.values()):
        raise Invalid("The cursor is not one that this server gave. Leave it out to begin at the end of the log.")
    return _Cut(at, offsets)


def _at_rest(made: TryRecord, at: float) -> int | None:
    """Where a try stands at a cut that does not name it: at its end (None) when it began before, else at its start."""
    is_before = at >= _LAST or (made.start_date is not None and made.start_date.timestamp() <= at)
    return None if is_before else 0


def _cursor(at: float, sources: Sequence[_Source]) -> str:
    """Names what does not follow from the time, and every try that is not over: its start may not be known yet."""
    named = {
        source.index: source.resolved()
        for source in sources
        if not is_over(source.made) or source.offset != _at_rest(source.made, at)
    }
    return to_cursor([at, named])
