"""Whether a process that has imported a user's file may be forked (measured: `tests/runtime_processes/test_hazards.py`).

A fork copies the memory of all threads but runs only the one that forked. A thread pool that existed before stays away for
ever, its locks as they were. Some pools get along with that, and are known here: by the name of their threads or, since
most C libraries give none, by the library whose code the thread is in. Everything unknown counts as dangerous: the price is
a slower start, not a hang. What gets past this is for the watchdog.
"""

from __future__ import annotations

import bisect
import os
import re
import struct
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from tradewind.runtime import process_facts

HARMLESS_NAMES: Final = frozenset(
    {
        # Returns freed memory to the kernel; jemalloc locks itself around a fork (pthread_atfork). pyarrow brings it.
        "jemalloc_bg_thd",
        # Polars starts it at import, and it only removes files; the pool that computes has other names.
        "polars-ooc-clea",
    }
)
HARMLESS_LIBRARIES: Final = (
    # Both start their pools anew in a forked child.
    "openblas",
    "libarrow",
    # Measured: a connection or session of the parent goes on in the child, whose own thread does the work.
    "duckdb",
    "onnxruntime",
)
DANGEROUS: Final = (
    (
        re.compile(r"libgomp|libomp|libiomp"),
        "an OpenMP pool is running, and the first parallel loop in a fork of it hangs",
    ),
    (re.compile(r"polars"), "Polars' thread pool is running, and a fork of it hangs"),
    (re.compile(r"grpc|event_engine"), "gRPC's threads are running"),
    (re.compile(r"rayon|tokio|async-executor"), "a thread pool of a Rust library is running"),
    (re.compile(r"cuda"), "CUDA's threads are running"),
)
_SYSTEM_LIBRARIES: Final = re.compile(r"^(libc|libstdc\+\+|libpthread|ld-linux|ld-musl|libm|libgcc_s)[-.]|^\[")
_STACK_BYTES: Final = 1 << 16
# Threads that are about to end, or that still spin for work, are given this long.
_LOOKS: Final = (0.0, 0.02, 0.05, 0.1)


class ThreadSeen(NamedTuple):
    name: str
    libraries: tuple[str, ...]
    """File names of the libraries on its stack, the one it is in first, without those of the system; empty when that cannot
    be seen. What its stack or its thread-local memory held before may add some more."""


def fork_hazards(*, always: bool = False) -> list[str]:
    """Why this process must not be forked; empty when it may. One sentence each, for the log of a try.

    To be called in the process itself after the import. `always` is the user's wish for fresh interpreters (macOS).
    """
    found: list[str] = []
    for pause_s in _LOOKS:
        time.sleep(pause_s)
        found = _thread_hazards_now()
        if not found:
            break
    if cuda_is_initialised():
        found.append("CUDA is initialised, and a context of it cannot be used after a fork")
    if always:
        found.insert(0, "fresh interpreters are configured ([core] execute_tasks_new_python_interpreter)")
    return found


def _thread_hazards_now() -> list[str]:
    hazards: list[str] = []
    python = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if python:
        names = ", ".join(sorted(thread.name for thread in python))
        hazards.append(f"the file left Python threads running: {names}")
    # The main thread's own number: `native_id` still says that of the process we were forked from.
    known = {os.getpid(), *(thread.native_id for thread in python)}
    others = [(tid, name) for tid, name in process_facts.threads_of(os.getpid()) if tid not in known]
    if others:
        code = _executable_ranges()
        hazards += thread_hazards(ThreadSeen(name, _libraries_on_stack(tid, code)) for tid, name in others)
    return hazards


def thread_hazards(threads: Iterable[ThreadSeen]) -> list[str]:
    """One sentence for each kind of dangerous thread."""
    found: dict[str, int] = {}
    for thread in threads:
        sentence = _hazard_of(thread)
        if sentence:
            found[sentence] = found.get(sentence, 0) + 1
    return [f"{sentence} ({count} threads)" if count > 1 else sentence for sentence, count in found.items()]


def _hazard_of(thread: ThreadSeen) -> str:
    if thread.name in HARMLESS_NAMES:
        return ""
    signs = " ".join([thread.name, *thread.libraries]).lower()
    for pattern, sentence in DANGEROUS:
        if pattern.search(signs):
            return sentence
    owner = thread.libraries[0] if thread.libraries else ""
    if any(name in owner for name in HARMLESS_LIBRARIES):
        return ""
    where = f" of {owner}" if owner else f" named {thread.name!r}"
    return f"a thread{where} is running that is not known to be harmless"


def _executable_ranges() -> list[tuple[int, int, str]]:
    """(start, end, file name) of the code in memory."""
    ranges: list[tuple[int, int, str]] = []
    try:
        with open("/proc/self/maps") as file:
            for line in file:
                fields = line.split(maxsplit=5)
                if "x" in fields[1] and len(fields) > 5:
                    start, _, end = fields[0].partition("-")
                    name = os.path.basename(fields[5].rstrip("\n"))
                    if not _SYSTEM_LIBRARIES.search(name):
                        ranges.append((int(start, 16), int(end, 16), name))
    except OSError:
        pass
    return sorted(ranges)


def _libraries_on_stack(tid: int, code: list[tuple[int, int, str]]) -> tuple[str, ...]:
    """Whose functions a sleeping thread is in: the libraries that words on its stack point into.

    Read through /proc, so a thread that ends meanwhile costs an error, not a crash.
    """
    try:
        with open(f"/proc/self/task/{tid}/syscall") as file:
            fields = file.read().split()
        if len(fields) < 3:
            # It runs.
            return ()
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            stack = _read_upwards(memory.fileno(), int(fields[-2], 16))
    except (OSError, ValueError):
        return ()
    size = struct.calcsize("P")
    words = struct.unpack(f"{len(stack) // size}P", stack[: len(stack) // size * size])
    found: dict[str, None] = {}
    for word in words:
        place = bisect.bisect_right(code, (word + 1,)) - 1
        if place >= 0 and word < code[place][1]:
            found[code[place][2]] = None
    return tuple(found)


def _read_upwards(fd: int, address: int) -> bytes:
    """At most `_STACK_BYTES` from `address` on; a read stops at the end of the mapping."""
    return os.pread(fd, _STACK_BYTES, address)


def cuda_is_initialised() -> bool:
    """PyTorch's own word, or an open device of NVIDIA's driver."""
    torch: Any = sys.modules.get("torch")
    try:
        if torch is not None and torch.cuda.is_initialized():
            return True
    except Exception:
        pass
    try:
        for fd in os.listdir("/proc/self/fd"):
            try:
                if os.readlink(f"/proc/self/fd/{fd}").startswith("/dev/nvidia"):
                    return True
            except OSError:
                continue
    except OSError:
        pass
    return False
