"""A host's connection to the engine, which may go away and come back."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from tradewind.core.messages import Asks, FromHost, Replies, Reply, Request, ToHost
from tradewind.runtime.event_loop import EventLoop
from tradewind.runtime.framing import FrameReader, FrameTooLarge, frame
from tradewind.runtime.rendezvous import SOCKET_NAME

_READ_BYTES: Final = 1 << 20
# (engine away for less than … seconds, seconds between two attempts)
_PATIENCE: Final = ((10.0, 0.05), (60.0, 0.25), (float("inf"), 1.0))


class EngineGone(ConnectionError):
    """The engine went away while a file was being imported, and the import needs an answer."""

    def __init__(self) -> None:
        super().__init__("The tradewind engine is gone. The file is imported again when it is back.")


class EngineConnection:
    """Frames to and from the engine.

    What is sent while the engine is away is dropped: after `on_connect` the host says again all that counts.
    """

    def __init__(
        self, folder: str, loop: EventLoop, on_message: Callable[[ToHost], None], on_connect: Callable[[], None]
    ) -> None:
        self._path = os.path.join(folder, SOCKET_NAME)
        self._loop = loop
        self._on_message = on_message
        self._on_connect = on_connect
        self._fd = -1
        self._out = bytearray()
        self._waits_to_write = False
        self._reader: FrameReader[ToHost] = FrameReader(ToHost)
        self._held: list[ToHost] = []
        self.gone_since: float | None = time.monotonic()

    @property
    def fds(self) -> list[int]:
        return [self._fd] if self._fd >= 0 else []

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    @property
    def waiting_bytes(self) -> int:
        """Sent, and not yet taken by the system."""
        return len(self._out)

    def connect(self) -> bool:
        """One attempt."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(self._path)
        except OSError:
            sock.close()
            return False
        sock.setblocking(False)
        self._fd = sock.detach()
        self._reader = FrameReader(ToHost)
        self._out.clear()
        self._waits_to_write = False
        self.gone_since = None
        self._loop.watch(self._fd, self._on_readable)
        self._on_connect()
        return True

    def keep_trying(self) -> None:
        """Connect as soon as the engine is back."""
        if self.is_open or self.connect():
            return
        assert self.gone_since is not None
        away_s = time.monotonic() - self.gone_since
        self._loop.call_later(next(wait for limit, wait in _PATIENCE if away_s < limit), self.keep_trying)

    def send(self, message: FromHost) -> None:
        """Queue a message; it leaves with `flush`."""
        if self.is_open:
            self._out += frame(message)

    def flush(self) -> None:
        """Hand to the system what it takes. Never waits."""
        while self._out and self.is_open:
            try:
                sent = os.write(self._fd, memoryview(self._out)[:_READ_BYTES])
            except BlockingIOError:
                break
            except OSError:
                # What the engine sent before it went is still to be read: the reading side finds the end.
                self._out.clear()
                break
            del self._out[:sent]
        waits = bool(self._out)
        if waits != self._waits_to_write and self.is_open:
            self._waits_to_write = waits
            self._loop.watch_writing(self._fd, self._on_readable, self.flush if waits else None)

    def flush_all(self, within_s: float = 5.0) -> None:
        """Wait until everything is sent or the engine is gone: before the host ends."""
        if not self.is_open:
            return
        with socket.socket(fileno=os.dup(self._fd)) as sock:
            sock.settimeout(within_s)
            try:
                sock.sendall(self._out)
            except OSError:
                pass
        self._out.clear()

    def close(self) -> None:
        if self.is_open:
            self._loop.forget(self._fd)
            os.close(self._fd)
            self._fd = -1
            self.gone_since = time.monotonic()

    def _on_readable(self) -> None:
        messages, ended = self._receive()
        for message in messages:
            self._on_message(message)
        if ended:
            self.close()
            self.keep_trying()

    def _receive(self) -> tuple[list[ToHost], bool]:
        """All that can be read at once, and whether the connection has ended."""
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return [], False
        except OSError:
            return [], True
        if not data:
            return [], True
        try:
            return self._reader.feed(data), False
        except (msgspec.MsgspecError, FrameTooLarge):
            # An engine of another version: nothing can be said to it.
            return [], True

    # --- while the file is imported ------------------------------------------------------------------------------------

    def ask_and_wait(self, number: int, request: Request) -> Reply:
        """Ask on behalf of the file; other messages wait until `deliver_held`. Raises EngineGone."""
        self._send_now(Asks(number, "", request))
        os.set_blocking(self._fd, True)
        try:
            while True:
                messages, ended = self._receive()
                found: Reply | None = None
                for message in messages:
                    if isinstance(message, Replies) and message.number == number:
                        found = message.reply
                    else:
                        self._held.append(message)
                if found is not None:
                    return found
                if ended:
                    raise EngineGone
        finally:
            if self.is_open:
                os.set_blocking(self._fd, False)

    def tell_now(self, number: int, request: Request) -> None:
        """Like `ask_and_wait`, for what has no answer."""
        self._send_now(Asks(number, "", request))

    def deliver_held(self) -> None:
        """Hand on what came while the file was imported."""
        held, self._held = self._held, []
        for message in held:
            self._on_message(message)

    def _send_now(self, message: FromHost) -> None:
        if not self.is_open:
            raise EngineGone
        self.send(message)
        self.flush_all()
