"""The executor's end of the zygote: starts it, and starts another one when it has died."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from tradewind.executors.frame_stream import FrameStream
from tradewind.runtime import thread_pins
from tradewind.runtime.settings import RuntimeSettings
from tradewind.runtime.zygote import ForkHost, FromZygote, Prepare, ZygoteReady

_LONGEST_PAUSE_S = 5.0


class ZygoteProcess:
    """`on_message` gets what it says; `on_death` is called when it died by itself, before the next one is started."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        settings: RuntimeSettings,
        argv: Sequence[str],
        environ: Mapping[str, str],
        on_message: Callable[[FromZygote], None],
        on_death: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._settings = settings
        self._argv = list(argv) or [sys.executable, "-m", "tradewind.runtime.zygote"]
        self._environ = thread_pins.pinned(environ)
        self._on_message = on_message
        self._on_death = on_death
        self._process: subprocess.Popen[bytes] | None = None
        self._stream: FrameStream[FromZygote] | None = None
        self._pause_s = 0.0
        self._stopped = False
        self.generation = 0
        """Counts the zygotes: a host is the child of one of them."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Raises OSError when no process can be started."""
        ours, theirs = socket.socketpair()
        self.generation += 1
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [*self._argv, str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    env=self._environ,
                    # Interrupting the terminal is for the engine only.
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
        self._stream = FrameStream(self._loop, ours.detach(), FromZygote, self._receive, self._died)
        self._stream.send(Prepare(self._settings))

    def fork(self, order: ForkHost) -> None:
        if self._stream is not None:
            self._stream.send(order)

    def stop(self) -> None:
        """The zygote ends when its socket does; its hosts go on."""
        self._stopped = True
        if self._stream is not None:
            self._stream.close()
        self._reap(10.0)

    def _receive(self, message: FromZygote) -> None:
        if isinstance(message, ZygoteReady):
            self._pause_s = 0.0
        else:
            self._on_message(message)

    def _died(self) -> None:
        self._stream = None
        self._reap(0.0)
        if self._stopped:
            return
        # Each failure in a row doubles the pause: an environment in which it cannot start must not keep a CPU busy.
        pause_s, self._pause_s = self._pause_s, min(_LONGEST_PAUSE_S, max(0.1, 2 * self._pause_s))
        if pause_s:
            self._loop.call_later(pause_s, self._again)
        else:
            self._again()

    def _again(self) -> None:
        if self._stopped:
            return
        try:
            self.start()
        except OSError:
            self._loop.call_later(_LONGEST_PAUSE_S, self._again)
            return
        self._on_death()

    def _reap(self, patience_s: float) -> None:
        process = self._process
        if process is None:
            return
        try:
            process.wait(patience_s or 0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None


def default_environment() -> Mapping[str, str]:
    return os.environ
