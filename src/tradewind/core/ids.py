"""Ids that sort by the time they were made."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from typing import Final

_SEQUENCE_BITS: Final = 21
_lock = threading.Lock()
_last = 0


def new_run_key(now_ms: int, entropy: Callable[[int], bytes] = os.urandom) -> int:
    """A positive 63-bit integer: milliseconds since 1970, then random bits. Rises within one process."""
    global _last
    random = int.from_bytes(entropy(3), "big") & ((1 << (_SEQUENCE_BITS - 1)) - 1)
    with _lock:
        _last = max(_last + 1, (now_ms << _SEQUENCE_BITS) | random)
        return _last


def new_try_id(now_ms: int, entropy: Callable[[int], bytes] = os.urandom) -> str:
    """A UUID of version 7 (RFC 9562): ordered by milliseconds, 74 random bits."""
    value = (now_ms & ((1 << 48) - 1)) << 80 | int.from_bytes(entropy(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))
