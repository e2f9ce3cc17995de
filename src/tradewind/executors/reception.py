"""Where DAG hosts come in: the listening socket, and the first frame that says who somebody is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from tradewind.core.messages import FromHost, Hello
from tradewind.executors.frame_stream import FrameStream
from tradewind.runtime import rendezvous

Stream = FrameStream[FromHost]


class Reception:
    """Accepts connections of our own user.

    `introduce` is called with each Hello and answers who takes the messages that follow, or None when the stream was closed.
    `knows` says whether that can be decided already; a host that comes too early waits until `admit_waiting`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        folder: str,
        knows: Callable[[Hello], bool],
        introduce: Callable[[Stream, Hello], Callable[[FromHost], None] | None],
        ended: Callable[[Stream], None],
    ) -> None:
        self._loop = loop
        self._folder = folder
        self._knows = knows
        self._introduce = introduce
        self._ended = ended
        self._listener: socket.socket | None = None
        self._strangers: set[Stream] = set()
        self._waiting: list[tuple[Stream, Callable[[], None]]] = []

    @property
    def is_open(self) -> bool:
        return self._listener is not None

    def open(self) -> None:
        """Raises OSError when the socket cannot be made."""
        self._listener = rendezvous.listen(self._folder)
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def admit_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for stream, introduce in waiting:
            introduce()
            stream.resume()

    def take_in(self) -> None:
        """Accept and read at once what is there already: before a host is judged by how its process ended, what it said
        must have been heard."""
        self._accept()
        for stream in list(self._strangers):
            stream.read_rest()

    def close(self) -> None:
        if self._listener is None:
            return
        self._loop.remove_reader(self._listener.fileno())
        self._listener.close()
        self._listener = None
        for stream in (*self._strangers, *(stream for stream, _ in self._waiting)):
            stream.close()

    def _accept(self) -> None:
        while self._listener is not None:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if rendezvous.is_own_user(connection):
                self._welcome(connection.detach())
            else:
                connection.close()

    def _welcome(self, fd: int) -> None:
        handlers: list[Callable[[FromHost], None]] = []

        def introduce(hello: Hello) -> None:
            handler = self._introduce(stream, hello)
            if handler is not None:
                handlers.append(handler)

        def on_message(message: FromHost) -> None:
            if handlers:
                handlers[0](message)
            elif isinstance(message, Hello):
                self._strangers.discard(stream)
                if self._knows(message):
                    introduce(message)
                else:
                    # Nothing more is read from it until then.
                    stream.pause()
                    self._waiting.append((stream, lambda: introduce(message)))

        def on_end() -> None:
            self._strangers.discard(stream)
            self._ended(stream)

        stream: Stream = FrameStream(self._loop, fd, FromHost, on_message, on_end)
        self._strangers.add(stream)
