"""Whether a process that has imported a user's file may be forked (measured: see docs, `fork safety`).

A fork copies the memory of all threads but runs only the one that forked. A thread pool that existed before stays away for
ever, its locks as they were. Harmless are threads that nobody waits for; they are known by name. Everything unknown
counts as dangerous: the price is a slower start, not a hang.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from typing import Any, Final

from tradewind.runtime import process_facts

HARMLESS_THREADS: Final = frozenset(
    {
        # Returns freed memory to the kernel. jemalloc locks itself before a fork (pthread_atfork); pyarrow brings it.
        "jemalloc_bg_thd",
    }
)
POOLS: Final = {
    "polars": "Polars' thread pool (rayon) is running, and a fork of it hangs",
    "rayon": "a thread pool of a Rust library (rayon) is running",
    "tokio": "an async runtime of a Rust library (tokio) is running",
    "grpc": "gRPC's threads are running",
    "event_engine": "gRPC's threads are running",
    "cuda": "CUDA's threads are running",
}


def fork_hazards(main_name: str | None = None, *, always: bool = False) -> list[str]:
    """Why this process must not be forked; empty when it may. One sentence each, for the log of a try.

    To be called in the process itself after the import. `always` is the user's wish for fresh interpreters (macOS).
    """
    hazards: list[str] = []
    if always:
        hazards.append("fresh interpreters are configured: [tradewind] fork = False")
    python = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if python:
        hazards.append(f"the file left Python threads running: {', '.join(sorted(python))}")
    # The main thread's own number: `native_id` still says that of the process we were forked from.
    native = {os.getpid(), *(thread.native_id for thread in threading.enumerate())}
    others = [name for tid, name in process_facts.threads_of(os.getpid()) if tid not in native]
    hazards += thread_hazards(others)
    if not process_facts.LINUX and not python and threading.active_count() > 1:
        hazards.append("the file left threads running")
    if cuda_is_initialised():
        hazards.append("CUDA is initialised, and a context of it cannot be used after a fork")
    return hazards


def thread_hazards(names: Iterable[str]) -> list[str]:
    """One sentence for each kind of dangerous thread among `names` (/proc/PID/task/TID/comm)."""
    found: dict[str, int] = {}
    for name in names:
        if name in HARMLESS_THREADS:
            continue
        sentence = next((text for start, text in POOLS.items() if name.lower().startswith(start)), None)
        if sentence is None:
            sentence = f"a library left threads running that are not known to be harmless ({name})"
        found[sentence] = found.get(sentence, 0) + 1
    return [f"{sentence} ({count} threads)" if count > 1 else sentence for sentence, count in found.items()]


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
