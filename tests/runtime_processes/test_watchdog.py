"""Forked tries that hang on an inherited lock are found; legitimate waits are left alone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import pytest
from engine_side import EngineSide

from tradewind.core.messages import Lost
from tradewind.runtime import watchdog
from tradewind.runtime.watchdog import Watch, waits_for_ever

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def _bare_lock() -> None:
    import threading

    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def _sleep() -> None:
    time.sleep(600)


def _socket() -> None:
    import socket

    ours, _theirs = socket.socketpair()
    ours.recv(1)


def _child() -> None:
    import subprocess

    subprocess.run(["sleep", "600"])


def _event_with_a_living_thread() -> None:
    import threading

    event = threading.Event()
    threading.Thread(target=lambda: (time.sleep(600), event.set())).start()
    event.wait()


def _event_with_a_timeout() -> None:
    import threading

    threading.Event().wait(600)


def _thread_join() -> None:
    import threading

    thread = threading.Thread(target=time.sleep, args=(600,))
    thread.start()
    thread.join()


def _shared_semaphore() -> None:
    import multiprocessing

    multiprocessing.get_context("fork").Semaphore(0).acquire()


def _busy() -> None:
    while True:
        pass


def _process_pool() -> None:
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1) as pool:
        pool.submit(time.sleep, 600).result()


def _asyncio() -> None:
    import asyncio

    asyncio.run(asyncio.sleep(600))


def asleep(body: Callable[[], None]) -> int:
    """A fork that runs `body` in a session of its own; answers its pid once it had time to settle."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        try:
            body()
        finally:
            os._exit(0)
    return pid


def looks(pid: int, times: int = 20) -> list[bool]:
    """What the signature says over a second; the process may take a while to arrive at its wait."""
    seen = []
    for _ in range(times):
        seen.append(waits_for_ever(pid))
        time.sleep(0.05)
    return seen


def end(pid: int) -> None:
    os.killpg(pid, 9)
    os.waitpid(pid, 0)


def test_a_lock_that_nobody_will_release_has_the_signature() -> None:
    pid = asleep(_bare_lock)
    try:
        assert looks(pid)[-1]
    finally:
        end(pid)


@pytest.mark.parametrize(
    "body",
    [
        _sleep,
        _socket,
        _child,
        _event_with_a_living_thread,
        _event_with_a_timeout,
        _thread_join,
        _shared_semaphore,
        _busy,
        _process_pool,
        _asyncio,
    ],
)
def test_a_legitimate_wait_has_not(body: Callable[[], None]) -> None:
    pid = asleep(body)
    try:
        assert not looks(pid)[-1]
    finally:
        end(pid)


def test_it_takes_some_seconds_without_cpu_to_be_stuck() -> None:
    pid = asleep(_bare_lock)
    try:
        looks(pid, 5)
        watch = Watch(pid, started=0.0)
        assert not watch.is_stuck(1.0), "most tries are over before anybody looks"
        assert not watch.is_stuck(3.0) and not watch.is_stuck(7.0)
        assert watch.is_stuck(8.5)
    finally:
        end(pid)


def test_what_stops_long_after_its_start_is_left_alone() -> None:
    pid = asleep(_bare_lock)
    try:
        looks(pid, 5)
        watch = Watch(pid, started=0.0)
        late = watchdog.SOON_AFTER_START_S + 1
        assert not watch.is_stuck(late) and not watch.is_stuck(late + 60)
    finally:
        end(pid)


def test_a_try_that_inherited_a_lock_is_lost_and_wants_a_fresh_interpreter(
    engine: EngineSide,
) -> None:
    # The file takes a lock and keeps it: what a library's thread does that does not exist in the fork.
    file = engine.file(
        """
        import os, threading
        lock = threading.Lock()
        lock.acquire()
        def task(channel): lock.acquire()
        """
    )
    try_id = engine.run(file)
    outcome = engine.wait_ended(try_id, 15).outcome
    assert isinstance(outcome, Lost) and outcome.cause == "lock_inherited" and outcome.fresh_interpreter
    assert "slept for ever on a lock that it inherited" in engine.log(try_id)
