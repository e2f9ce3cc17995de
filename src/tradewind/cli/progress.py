"""A progress bar for what takes longer than two seconds, on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

PATIENCE_S: Final = 2.0


class Progress(Protocol):
    def __call__(self, done: int, total: int, text: str = "") -> None: ...


@contextmanager
def progress(title: str) -> Iterator[Progress]:
    """Gives a function to call with (done, total, text); the bar appears after two seconds, on a terminal only."""
    started = time.monotonic()
    bar: Any = None
    task: Any = None

    def show(done: int, total: int, text: str = "") -> None:
        nonlocal bar, task
        if bar is None:
            if not sys.stderr.isatty() or time.monotonic() - started < PATIENCE_S:
                return
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[text]}"),
            )
            bar = Bar(*columns, console=Console(stderr=True), transient=True)
            bar.start()
            task = bar.add_task(title, total=total, text=text)
        bar.update(task, completed=done, total=total, text=text)

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()
