"""The same work by bare fork and wait: the least that one process for each task can cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable


def fibo(n: int) -> int:
    """The naive one: its cost is the point. The DAG files hold the same lines."""
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


def nothing() -> None:
    pass


def _fork(work: Callable[[], object]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def _checked(status: int) -> None:
    if status:
        raise RuntimeError(f"A child of the reference ended with wait status {status}; its times mean nothing.")


def one_after_another(count: int, work: Callable[[], object]) -> float:
    """Seconds for `count` children, each waited for before the next."""
    start = time.perf_counter()
    for _ in range(count):
        _, status = os.waitpid(_fork(work), 0)
        _checked(status)
    return time.perf_counter() - start


def side_by_side(count: int, width: int, work: Callable[[], object]) -> float:
    """Seconds for `count` children, `width` at a time."""
    start = time.perf_counter()
    running = {_fork(work) for _ in range(min(width, count))}
    begun = len(running)
    while running:
        pid, status = os.wait()
        _checked(status)
        running.discard(pid)
        if begun < count:
            running.add(_fork(work))
            begun += 1
    return time.perf_counter() - start


def interpreter_start() -> float:
    """Seconds for a new interpreter that does nothing: the floor for a command written in Python."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", "pass"], check=True)
    return time.perf_counter() - start
