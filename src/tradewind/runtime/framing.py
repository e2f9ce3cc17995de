"""Frames: a 4-byte big-endian length, then that many bytes of MessagePack (see `core.messages`)."""

from __future__ import annotations

import functools
from typing import Any, Final, Generic, TypeVar

import msgspec

from tradewind.core.messages import MAX_FRAME_BYTES
from tradewind.core.moments import encode_moment

T = TypeVar("T")
HEADER_BYTES: Final = 4

_encoder = msgspec.msgpack.Encoder(enc_hook=encode_moment)


class FrameTooLarge(ValueError):
    """A message that is longer than `MAX_FRAME_BYTES`, or a stream that is not ours."""


def frame(message: Any) -> bytes:
    """One message, ready to be sent. Raises FrameTooLarge."""
    data = bytearray(HEADER_BYTES)
    _encoder.encode_into(message, data, HEADER_BYTES)
    length = len(data) - HEADER_BYTES
    if length > MAX_FRAME_BYTES:
        raise FrameTooLarge(f"A message of {length:,} bytes; the limit is {MAX_FRAME_BYTES:,}.")
    data[:HEADER_BYTES] = length.to_bytes(HEADER_BYTES, "big")
    return bytes(data)


@functools.cache
def _decoder_for(union: Any) -> msgspec.msgpack.Decoder[Any]:
    # Making one takes longer than all else that a small task needs; a process that was forked has its parent's.
    return msgspec.msgpack.Decoder(union)


class FrameReader(Generic[T]):
    """Cuts what arrives on a stream into messages of one union type. Keeps an unfinished frame for the next piece."""

    def __init__(self, union: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = _decoder_for(union)
        self._data = bytearray()

    @property
    def pending_bytes(self) -> int:
        """Bytes of a frame whose end has not come."""
        return len(self._data)

    def feed(self, data: bytes) -> list[T]:
        """The messages that `data` completes, in order. Raises FrameTooLarge, or msgspec.DecodeError for a bad frame."""
        buffer = self._data
        buffer += data
        messages: list[T] = []
        start, end = 0, len(buffer)
        while end - start >= HEADER_BYTES:
            length = int.from_bytes(buffer[start : start + HEADER_BYTES], "big")
            if length > MAX_FRAME_BYTES:
                raise FrameTooLarge(f"A frame that claims {length:,} bytes; the limit is {MAX_FRAME_BYTES:,}.")
            stop = start + HEADER_BYTES + length
            if stop > end:
                break
            messages.append(self._decoder.decode(memoryview(buffer)[start + HEADER_BYTES : stop]))
            start = stop
        if start:
            del buffer[:start]
        return messages
