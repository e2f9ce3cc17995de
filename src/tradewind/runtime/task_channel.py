"""A task's end of the socket to its DAG host: `sdk.channel.Channel` over frames.

A signal handler may raise an exception in the middle of user code (`execution_timeout`, SIGTERM). It must not do so in
the middle of a frame: handlers ask `interruptible` first, and leave what they would do to `do_later`, which does it at
the next safe point. Waiting for an answer is such a point, so a host that does not answer cannot hold a task back.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from tradewind.core.messages import (
    CallbacksDone,
    FromTask,
    Masks,
    Outcome,
    Reply,
    Request,
    TaskAsks,
    TaskEnds,
    TaskReply,
    ToTask,
)
from tradewind.runtime.framing import FrameReader, frame


class ChannelClosed(ConnectionError):
    """The DAG host is gone: nothing can be asked or told any more."""

    def __init__(self) -> None:
        super().__init__("The DAG host of this task is gone, so the task cannot reach tradewind any more.")


class TaskChannel:
    """Requests, answers and the outcome of one try. Threads of the task take turns."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        self._sock = sock
        self._reader: FrameReader[TaskReply] = FrameReader(ToTask)
        # Re-entrant: a callback that runs inside a signal handler may ask while the interrupted code holds the lock.
        self._lock = threading.RLock()
        self._number = 0
        self._pid = os.getpid()
        self._busy = 0
        self._late: list[Callable[[], None]] = []
        self._waiting: set[int] = set()
        self._answers: dict[int, Reply] = {}
        self._main = threading.main_thread().ident

    # --- sdk.channel.Channel -------------------------------------------------------------------------------------------

    def ask(self, request: Request) -> Reply:
        """Send `request` and wait for its answer. Raises ChannelClosed (a ConnectionError) when the host is gone."""
        self._only_in_the_task()
        with self._lock:
            self._number += 1
            number = self._number
            self._waiting.add(number)
            try:
                self._send(TaskAsks(number, request))
                return self._answer(number)
            finally:
                self._waiting.discard(number)

    def tell(self, request: Request) -> None:
        """Send a request that has no answer. Raises ChannelClosed when the host is gone."""
        self._only_in_the_task()
        with self._lock:
            self._number += 1
            self._send(TaskAsks(self._number, request))

    # --- for the runtime -----------------------------------------------------------------------------------------------

    def tell_masks(self, values: list[str]) -> None:
        """Values that the host must mask in what the process prints to its descriptors, too."""
        if os.getpid() == self._pid:
            with self._lock:
                self._send(Masks(values))

    def tell_end(self, outcome: Outcome) -> None:
        with self._lock:
            self._send(TaskEnds(outcome))

    def tell_callbacks_done(self, error: str = "") -> None:
        with self._lock:
            self._send(CallbacksDone(error))

    def tell_last(self, outcome: Outcome) -> None:
        """The outcome of a process that has nothing more to do: it must end at once. Raises FrameTooLarge, with nothing sent."""
        data = frame(TaskEnds(outcome)) + frame(CallbacksDone(last=True))
        with self._lock:
            self._safely(lambda: self._sock.sendall(data))

    @property
    def interruptible(self) -> bool:
        """False while a frame is on its way: an exception now would tear the stream."""
        return not self._busy

    def do_later(self, action: Callable[[], None]) -> None:
        """For a signal handler while not `interruptible`: `action`, which may raise, follows the frame."""
        self._late.append(action)

    def close(self) -> None:
        self._sock.close()

    # --- frames --------------------------------------------------------------------------------------------------------

    def _only_in_the_task(self) -> None:
        if os.getpid() != self._pid:
            raise ConnectionError(
                "A child process of a task cannot ask tradewind for variables, connections or XComs itself: "
                "read them in the task and hand them to the child."
            )

    def _send(self, message: FromTask) -> None:
        data = frame(message)
        self._safely(lambda: self._sock.sendall(data))

    def _answer(self, number: int) -> Reply:
        while number not in self._answers:
            # Here a signal's exception may come through: nothing has been taken off the socket yet.
            _wait_readable(self._sock)
            self._safely(self._receive)
        return self._answers.pop(number)

    def _receive(self) -> None:
        data = self._sock.recv(1 << 16)
        if not data:
            raise ChannelClosed
        for message in self._reader.feed(data):
            # An answer whose asker was interrupted is of no use to anybody.
            if message.number in self._waiting:
                self._answers[message.number] = message.reply

    def _safely(self, action: Callable[[], Any]) -> None:
        # Signal handlers run in the main thread only, so nothing else has to be shielded from them.
        shielded = threading.get_ident() == self._main
        self._busy += shielded
        try:
            action()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ChannelClosed from error
        finally:
            self._busy -= shielded
        if shielded and self._late and not self._busy:
            self._late.pop(0)()


def _wait_readable(sock: socket.socket) -> None:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    poll.poll()
