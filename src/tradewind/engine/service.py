"""The engine as a process: an asyncio loop around `Engine.drain`, the doorbell, file events and signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from tradewind.engine.engine import Engine
from tradewind.engine.events import FilesChanged, OutsideChanges
from tradewind.engine.watching import FolderWatch

_FOLDER_CHECK_S = 0.5
_FOLDERS_CHANGE_S = 3.0

log = logging.getLogger(__name__)


class EngineService:
    """Runs one engine on `loop` until `stop` is called or SIGINT or SIGTERM comes.

    The loop only ever runs plain callbacks: nothing in the path between two tasks waits on a coroutine.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, engine: Engine, *, grace_s: float, watch_files: bool = True
    ) -> None:
        self._loop = loop
        self._engine = engine
        self._grace_s = grace_s
        self._watches_files = watch_files
        self._watch: FolderWatch | None = None
        self._watched: tuple[Path, ...] = ()
        self._bell: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopping = False
        self._until: Callable[[], bool] | None = None

    def run(self, *, ready: Callable[[], None] | None = None, until: Callable[[], bool] | None = None) -> None:
        """Returns when the engine has stopped. `ready` is called once it has started, before anything happens.

        `until` is asked after everything that happened; when it says True, the engine stops.
        """
        self._until = until
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self.stop)
        self._listen()
        self._engine.state.executor.start()
        self._engine.start(watch_files=self._watches_files)
        if self._watches_files:
            self._watch_folders()
        if ready is not None:
            ready()
        try:
            self._loop.run_forever()
        finally:
            self._close()

    def stop(self) -> None:
        """Stops taking work, ends the running tries (a second signal: at once) and leaves the loop."""
        grace_s = 0.0 if self._is_stopping else self._grace_s
        self._is_stopping = self._engine.state.is_stopping = True
        self._engine.state.executor.stop(grace_s, self._stopped)

    def _stopped(self) -> None:
        self._engine.drain()
        self._engine.stop()
        self._loop.stop()

    def _close(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        if self._bell is not None:
            self._loop.remove_reader(self._bell.fileno())
            self._bell.close()
            doorbell = self._engine.state.settings.doorbell
            if doorbell is not None:
                with contextlib.suppress(OSError):
                    os.unlink(doorbell)

    # --- being woken -------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        self._engine.drain()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._until is not None and not self._is_stopping and self._until():
            self.stop()
        at = self._engine.next_wake()
        if at is not None:
            wait_s = max(0.0, (at - datetime.now(timezone.utc)).total_seconds())
            self._timer = self._loop.call_later(wait_s, self.drain)

    def _listen(self) -> None:
        path = self._engine.state.settings.doorbell
        if path is None:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        bell.bind(str(path))
        os.chmod(path, 0o600)
        self._bell = bell
        self._loop.add_reader(bell.fileno(), self._rung)

    def _rung(self) -> None:
        assert self._bell is not None
        with contextlib.suppress(BlockingIOError):
            while self._bell.recv(64):
                pass
        self._engine.state.emit(OutsideChanges())

    # --- files -------------------------------------------------------------------------------------------------------

    def _watch_folders(self) -> None:
        """Watches the folders that exist and are wanted.

        A DAGs folder that is made later (`mkdir dags`) is found within half a second, examples that are switched on or off
        within three.
        """
        settings = self._engine.state.settings
        wanted = [settings.dags_folder, *settings.example_folders(), settings.plugins_folder]
        present = tuple(folder for folder in wanted if folder.is_dir())
        if self._watched != present:
            self._watched = present
            if self._watch is not None:
                self._watch.stop()
                self._watch = None
            if present:
                self._watch = FolderWatch(present, self._files_changed)
                self._watch.start()
            self._engine.state.emit(FilesChanged())
        if not self._is_stopping:
            wait_s = _FOLDERS_CHANGE_S if settings.dags_folder.is_dir() else _FOLDER_CHECK_S
            self._loop.call_later(wait_s, self._watch_folders)

    def _files_changed(self, paths: frozenset[str]) -> None:
        self._loop.call_soon_threadsafe(self._engine.state.emit, FilesChanged(paths))


def once_per_turn(loop: asyncio.AbstractEventLoop, drain: Callable[[], None]) -> Callable[[], None]:
    """A `wake` for `EngineState`: however often it is called in one turn of the loop, `drain` runs once."""
    waiting = False

    def run() -> None:
        nonlocal waiting
        waiting = False
        drain()

    def wake() -> None:
        nonlocal waiting
        if not waiting:
            waiting = True
            loop.call_soon(run)

    return wake
