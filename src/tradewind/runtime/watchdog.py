"""Finds forked tries that sleep for ever on a lock they inherited.

A lock (or a thread pool) that was in use in the parent at the moment of the fork is never released in the child. Such a
process has a signature that legitimate waits do not have: *every* thread is inside a futex wait without a time-out on a
lock of this process alone, it has no child that could wake it, and it uses no CPU. Waits for time, sockets, pipes,
children, or locks shared between processes are other system calls or other futex operations.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Final

from tradewind.runtime import process_facts

ASLEEP_S: Final = 5.0
LOOK_AFTER_S: Final = 2.0
"""Most tries are over before anybody looks at them."""
SOON_AFTER_START_S: Final = 600.0
"""A hang of this kind happens at the first use of a library. What stops much later is the user's own matter."""

_FUTEX: Final = {"x86_64": 202, "aarch64": 98, "arm64": 98, "riscv64": 98, "ppc64le": 221, "s390x": 238}
_FUTEX_PRIVATE: Final = 128
_FUTEX_CLOCK_REALTIME: Final = 256
# WAIT, LOCK_PI, WAIT_BITSET, LOCK_PI2
_WAITS: Final = frozenset({0, 6, 9, 13})


@dataclass
class Watch:
    """What was seen of one try."""

    pid: int
    started: float
    """Seconds of the monotonic clock, as all times here."""
    ticks: int = -1
    since: float = 0.0
    """Since when it has used no CPU while all its threads waited."""

    def is_stuck(self, now: float) -> bool:
        """To be asked about once a second. True when it has slept for `ASLEEP_S` as described above."""
        if now - self.started < LOOK_AFTER_S:
            return False
        stat = process_facts.stat_of(self.pid)
        if stat is None:
            return False
        if stat.cpu_ticks != self.ticks or not waits_for_ever(self.pid):
            self.ticks, self.since = stat.cpu_ticks, now
            return False
        if now - self.since < ASLEEP_S or self.since - self.started > SOON_AFTER_START_S:
            return False
        return not process_facts.has_children(self.pid)


def waits_for_ever(pid: int) -> bool:
    """Whether every thread of the process is in a private futex wait without a time-out. False when that is unknown."""
    number = _FUTEX.get(platform.machine())
    if number is None:
        return False
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return bool(threads) and all(_waits(pid, tid, number) for tid in threads)
    except OSError:
        return False


def _waits(pid: int, tid: str, futex: int) -> bool:
    with open(f"/proc/{pid}/task/{tid}/comm", "rb") as file:
        # It waits for work all its life, and wakes nobody.
        if file.read().strip() == b"jemalloc_bg_thd":
            return True
    with open(f"/proc/{pid}/task/{tid}/syscall", "rb") as file:
        fields = file.read().split()
    # number, then six arguments: address, operation, value, time-out …; one word ("running") when it does not wait.
    if len(fields) < 5 or not fields[0].isdigit() or int(fields[0]) != futex:
        return False
    operation, timeout = int(fields[2], 16), int(fields[4], 16)
    command = operation & ~(_FUTEX_PRIVATE | _FUTEX_CLOCK_REALTIME)
    return bool(operation & _FUTEX_PRIVATE) and command in _WAITS and timeout == 0
