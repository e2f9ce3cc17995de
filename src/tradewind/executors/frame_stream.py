"""One non-blocking stream of frames in the engine's event loop, callbacks only."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from tradewind.runtime.framing import FrameReader, FrameTooLarge, frame

T = TypeVar("T")
_READ_BYTES: Final = 1 << 18


class FrameStream(Generic[T]):
    """Reads messages of one union, writes any.

    `on_message` is called for each message in order, `on_end` once, when the other side has gone or speaks nonsense; not
    after `close`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fd: int,
        union: Any,
        on_message: Callable[[T], None],
        on_end: Callable[[], None],
    ) -> None:
        os.set_blocking(fd, False)
        self._loop = loop
        self._fd = fd
        self._reader: FrameReader[T] = FrameReader(union)
        self._on_message = on_message
        self._on_end = on_end
        self._out = bytearray()
        self._writing = False
        self._is_due = False
        self._paused = False
        self._held: list[T] = []
        loop.add_reader(fd, self._read)

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    def send(self, message: Any) -> None:
        """Queue a message; it leaves at the end of this turn of the loop, with all others of the turn in one write, so that
        the other side wakes up once for them. Dropped when the stream has ended."""
        if self._fd < 0:
            return
        self._out += frame(message)
        if not self._writing and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._write_due)

    def _write_due(self) -> None:
        self._is_due = False
        if self._fd >= 0 and not self._writing:
            self._write()

    def pause(self) -> None:
        """Hand on nothing until `resume`; may be called from `on_message`."""
        if self._fd >= 0 and not self._paused:
            self._paused = True
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Go on with what came meanwhile."""
        if self._fd < 0 or not self._paused:
            return
        self._paused = False
        held, self._held = self._held, []
        self._hand_on(held)
        if not self._paused and self._fd >= 0:
            self._loop.add_reader(self._fd, self._read)

    def read_rest(self) -> None:
        """Take what the other side had sent before it went."""
        while self._fd >= 0 and self._read():
            pass

    def close(self) -> None:
        if self._fd < 0:
            return
        if self._is_due and not self._writing:
            self._write()
        fd, self._fd = self._fd, -1
        self._loop.remove_reader(fd)
        if self._writing:
            self._loop.remove_writer(fd)
        os.close(fd)

    def _read(self) -> bool:
        """False when there is nothing more for now."""
        try:
            data = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        messages: list[T] | None = None
        if data:
            with contextlib.suppress(msgspec.MsgspecError, FrameTooLarge):
                messages = self._reader.feed(data)
        if messages is not None:
            self._hand_on(messages)
            return self._fd >= 0 and not self._paused
        self.close()
        self._on_end()
        return False

    def _hand_on(self, messages: list[T]) -> None:
        for number, message in enumerate(messages):
            if self._fd < 0:
                return
            if self._paused:
                self._held += messages[number:]
                return
            self._on_message(message)

    def _write(self) -> None:
        while self._out:
            try:
                sent = os.write(self._fd, memoryview(self._out)[:_READ_BYTES])
            except BlockingIOError:
                break
            except OSError:
                # The reading side takes what was sent before and then finds the end.
                self._out.clear()
                break
            del self._out[:sent]
        if bool(self._out) != self._writing:
            self._writing = not self._writing
            if self._writing:
                self._loop.add_writer(self._fd, self._write)
            else:
                self._loop.remove_writer(self._fd)
