"""A small event loop for a process that will fork: file descriptors and timers, callbacks only, no threads."""

from __future__ import annotations

import heapq
import itertools
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable

Callback = Callable[[], object]


class Timer:
    """A call that is due at a time of the monotonic clock."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callback) -> None:
        self.when = when
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        self.callback = None


class EventLoop:
    """Calls back when descriptors can be read or written and when timers are due.

    `before_waiting` is called once a round, after all callbacks: the place to send what they collected.
    """

    def __init__(self, before_waiting: Callback | None = None) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._before_waiting = before_waiting
        self.running = True

    def watch(self, fd: int, callback: Callback) -> None:
        """Call back whenever `fd` can be read (or its other end is closed)."""
        self._selector.register(fd, selectors.EVENT_READ, (callback, None))

    def watch_writing(self, fd: int, reading: Callback, writing: Callback | None) -> None:
        """Also call `writing` when the watched `fd` can be written; None: no longer."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
        self._selector.modify(fd, events, (reading, writing))

    def forget(self, fd: int) -> None:
        """Stop watching; fine when `fd` is not watched."""
        try:
            self._selector.unregister(fd)
        except (KeyError, ValueError):
            pass

    def call_at(self, when: float, callback: Callback) -> Timer:
        """`when` in seconds of `time.monotonic`."""
        timer = Timer(when, callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    def call_later(self, delay_s: float, callback: Callback) -> Timer:
        return self.call_at(time.monotonic() + delay_s, callback)

    def run(self) -> None:
        """Until `running` is False. Callbacks raise nothing that they could handle; what they raise ends the loop."""
        while self.running:
            if self._before_waiting is not None:
                self._before_waiting()
            if self._stops():
                return
            for key, events in self._selector.select(self._patience_s()):
                reading, writing = key.data
                if events & selectors.EVENT_WRITE and writing is not None:
                    writing()
                # A callback before this one may have closed the descriptor, or watch another one of that number now.
                if events & selectors.EVENT_READ and self._selector.get_map().get(key.fd) is key:
                    reading()
            self._run_timers()

    def has_events(self) -> bool:
        """Whether a callback is due for a descriptor."""
        return bool(self._selector.select(0))

    def own_fds(self) -> list[int]:
        """Descriptors of the loop itself, to be closed in a child."""
        fileno = getattr(self._selector, "fileno", None)
        return [fileno()] if fileno is not None else []

    def _stops(self) -> bool:
        return not self.running

    def _patience_s(self) -> float | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None

    def _run_timers(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.callback is not None:
                timer.callback()


def wake_on_signals(loop: EventLoop, callback: Callback) -> tuple[int, int]:
    """Call back in `loop` after any signal that has a Python handler. Answers the descriptors to be closed in children."""
    readable, writable = socket.socketpair()
    readable.setblocking(False)
    writable.setblocking(False)
    reading, writing = readable.detach(), writable.detach()
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def drain() -> None:
        try:
            os.read(reading, 4096)
        except BlockingIOError:
            pass
        callback()

    loop.watch(reading, drain)
    return reading, writing
