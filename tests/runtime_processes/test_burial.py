"""Nobody is called gone who may still run code."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tradewind.executors.burial import Burial
from tradewind.runtime import process_facts

# Its main thread ends, another one goes on: the system shows a zombie that runs.
HEADLESS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
print("up", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def headless() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", HEADLESS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while (stat := process_facts.stat_of(process.pid)) is not None and stat.state != "Z":
            continue
        yield process
        process.kill()


def buried(loop: asyncio.AbstractEventLoop, *arguments: object) -> None:
    done = loop.create_future()

    def start() -> None:
        Burial(loop, *arguments, lambda: done.set_result(None))  # type: ignore[arg-type]

    loop.call_soon(start)
    loop.run_until_complete(asyncio.wait_for(done, 10))


@pytest.mark.skipif(not process_facts.LINUX, reason="needs /proc")
def test_a_process_whose_main_thread_ended_is_alive_while_another_one_runs(
    loop: asyncio.AbstractEventLoop, headless: subprocess.Popen[str]
) -> None:
    pid = headless.pid
    ticks = process_facts.start_ticks(pid)
    stat = process_facts.stat_of(pid)
    assert stat is not None and (stat.state, stat.threads) == ("Z", 2)
    assert process_facts.is_alive(pid, ticks)
    assert (pid, ticks, stat.session) in process_facts.members({stat.session})
    buried(loop, lambda: [(pid, ticks)], [])
    # Nobody has asked yet how it ended: now it is a zombie and nothing else.
    stat = process_facts.stat_of(pid)
    assert stat is not None and (stat.state, stat.threads) == ("Z", 1)
    assert not process_facts.is_alive(pid, ticks)
    assert headless.wait() == -9


def test_who_is_named_only_when_the_first_are_gone_is_buried_too(loop: asyncio.AbstractEventLoop) -> None:
    first, late = (subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(2))
    names = {process: (process.pid, process_facts.start_ticks(process.pid)) for process in (first, late)}

    def known() -> list[tuple[int, int]]:
        return [names[first], *([] if process_facts.is_alive(*names[first]) else [names[late]])]

    try:
        buried(loop, known, [])
        assert not process_facts.is_alive(*names[late])
    finally:
        for process in names:
            process.kill()
            process.wait()


def test_a_pid_that_is_somebody_elses_by_now_is_left_alone(loop: asyncio.AbstractEventLoop) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        ticks = process_facts.start_ticks(other.pid)
        buried(loop, lambda: [(other.pid, ticks - 1)], [])
        assert process_facts.is_alive(other.pid, ticks)
        other.kill()
