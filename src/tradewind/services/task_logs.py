"""The log of a try in pieces, as the APIs hand it out. A piece is named by where it starts: logs only grow."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.core.states import ACTIVE
from tradewind.runtime.log_reader import parse_line, read_log, render_line
from tradewind.services.errors import Invalid
from tradewind.services.session import Services
from tradewind.services.task_instances import Seen
from tradewind.services.views.log_window import lines_from
from tradewind.services.views.task_files import log_file
from tradewind.services.views.task_logs import absent, outside

PIECE: Final = 1 << 20
"""Bytes of a piece, about."""
Message = dict[str, Any]


class LogPiece(NamedTuple):
    lines: list[bytes]
    token: str | None
    """Where the next piece starts; None at the end of the log of a try that is over."""


def start_of(token: str | None) -> int:
    """Raises Invalid for what is no token of ours."""
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(" ")
        offset = int(number)
    except ValueError:
        word, offset = "", 0
    if word != "log" or not 0 <= offset < 2**62:
        raise Invalid("This is no continuation token. Take one of an answer, or leave it out to begin.")
    return offset


def token_of(offset: int) -> str:
    """Of what stands from `offset` on."""
    return base64.urlsafe_b64encode(f"log {offset}".encode()).decode()


def log_piece(services: Services, seen: Seen, token: str | None) -> LogPiece:
    """Whole lines from the token on. A log that is not there is one line that says why. Raises Invalid."""
    offset = start_of(token)
    is_over = seen.made.state not in ACTIVE
    path = log_file(services, seen.made.log_path)
    if path is None or not os.path.isfile(path):
        missing = outside(services, seen.made) if path is None else absent(path, seen.made)
        return LogPiece([missing.encode()] if not offset else [], None if is_over else token_of(offset))
    part = read_log(path, offset, PIECE)
    if part.lines or part.end > offset or not is_over:
        at_end = is_over and part.end >= os.path.getsize(path)
        return LogPiece(part.lines, None if at_end else token_of(part.end))
    # What a dead task left without a line feed.
    with open(path, "rb") as file:
        file.seek(offset)
        rest = file.read(PIECE)
    return LogPiece([rest] if rest else [], None)


def whole_log(services: Services, seen: Seen, token: str | None = None) -> Iterator[bytes]:
    """All lines from the token up to the present end; the memory for it does not grow with the log."""
    offset = start_of(token)
    path = log_file(services, seen.made.log_path)
    if path is None or not os.path.isfile(path):
        yield from log_piece(services, seen, token).lines
        return
    with open(path, "rb") as file:
        for piece in lines_from(file, offset, os.fstat(file.fileno()).st_size):
            yield piece.data


def message_of(line: bytes) -> Message:
    """A line as a message: its `event`, its `timestamp` when it has one, and what else was logged with it."""
    fields = parse_line(line)
    fields["event"] = str(fields.get("event", ""))
    stamp = fields.pop("timestamp", None)
    return {"timestamp": stamp, **fields} if _is_moment(stamp) else fields


def text_of(line: bytes) -> str:
    """A line as people read it, with its line feed."""
    return render_line(line) + "\n"


def _is_moment(text: Any) -> bool:
    try:
        datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return False
    return True
