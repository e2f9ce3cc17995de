"""Where in the user's code something was made, so that a message can point there."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import NamedTuple

_OURS = tuple(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + tail for tail in (os.sep, os.sep + "__init__.py")
)
_AIRFLOW_NAMES = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "airflow", ""
)


class SourceLocation(NamedTuple):
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def is_user_file(filename: str) -> bool:
    """False for files of tradewind itself, and for code that has no file."""
    return not filename.startswith(("<", *_OURS, _AIRFLOW_NAMES))


def caller() -> SourceLocation | None:
    """The nearest frame up the stack that is not tradewind's own; None when there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        filename = frame.f_code.co_filename
        if is_user_file(filename):
            return SourceLocation(filename, frame.f_lineno)
        frame = frame.f_back
    return None
