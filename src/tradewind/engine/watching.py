"""File events: tells what changed below some folders, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import watchfiles

Changed = Callable[[frozenset[str]], None]
"""Called from the watching thread."""


class FolderWatch:
    """Watches existing folders recursively until `stop`. Events of one save are told together, after 50 ms of quiet."""

    def __init__(self, folders: Sequence[Path], changed: Changed) -> None:
        self.folders = tuple(folders)
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tradewind-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        events = watchfiles.watch(
            *self.folders,
            watch_filter=_is_of_interest,
            debounce=200,
            step=50,
            stop_event=self._stop,
            rust_timeout=2_000,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for changes in events:
            self._changed(frozenset(path for _, path in changes))


def _is_of_interest(_change: watchfiles.Change, path: str) -> bool:
    return "__pycache__" not in path and not path.endswith((".pyc", ".swp", "~"))
