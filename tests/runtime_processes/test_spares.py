"""Forks that were made before they are needed: they are used, they are replaced, and they leave nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from engine_side import EngineSide

from tradewind.core.messages import SetXCom, Succeeded
from tradewind.executors.base import Asked
from tradewind.runtime import process_facts

MakeEngine = Callable[..., EngineSide]

QUICK = "def task(channel): pass"


def host_after_a_try(engine: EngineSide, file: str) -> int:
    """Pid of the host that has run a try."""
    try_id = engine.run(file)
    started = engine.wait_started(try_id)
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)
    host = next(host for host in engine.executor._hosts.values() if host.file == file)
    assert started.active.pid != host.pid
    return host.pid


def children(pid: int) -> set[int]:
    """Living children, the waiting spares among them."""
    found = set()
    for name in os.listdir("/proc"):
        stat = process_facts.stat_of(int(name)) if name.isdigit() else None
        if stat is not None and stat.ppid == pid and stat.state not in "ZX":
            found.add(int(name))
    return found


def waiting(engine: EngineSide, host: int) -> set[int]:
    return engine.wait(lambda: children(host) or None)


def test_a_try_runs_in_a_fork_that_was_made_before_it(engine: EngineSide) -> None:
    file = engine.file(QUICK)
    spares = waiting(engine, host_after_a_try(engine, file))
    try_id = engine.run(file)
    assert engine.wait_started(try_id).active.pid in spares
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)


def test_spares_that_nobody_needs_end(engine: EngineSide) -> None:
    host = host_after_a_try(engine, engine.file(QUICK))
    waiting(engine, host)
    engine.wait(lambda: not children(host), limit_s=10)
    assert process_facts.is_alive(host, process_facts.start_ticks(host))


def test_a_host_that_has_run_nothing_has_no_spares(engine: EngineSide) -> None:
    file = engine.file(QUICK)
    engine.executor.parse(file, keep=True)
    engine.wait_parsed(file)
    host = next(host for host in engine.executor._hosts.values() if host.file == file)
    engine.spend(0.2)
    assert not children(host.pid)


def test_spares_die_with_their_host(engine: EngineSide) -> None:
    host = host_after_a_try(engine, engine.file(QUICK))
    spares = {(pid, process_facts.start_ticks(pid)) for pid in waiting(engine, host)}
    os.kill(host, signal.SIGKILL)
    engine.wait(lambda: not any(process_facts.is_alive(pid, ticks) for pid, ticks in spares))


def test_a_spare_that_died_is_not_given_a_try(engine: EngineSide) -> None:
    file = engine.file(QUICK)
    host = host_after_a_try(engine, file)
    dead = waiting(engine, host)
    for pid in dead:
        os.kill(pid, signal.SIGKILL)
    engine.wait(lambda: not children(host) & dead)
    try_id = engine.run(file)
    assert engine.wait_started(try_id).active.pid not in dead
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)


def test_a_changed_file_is_not_run_by_spares_of_the_old_one(engine: EngineSide) -> None:
    source = """
        from tradewind.core.messages import SetXCom
        def task(channel):
            channel.tell(SetXCom(dag_id="d", run_id="r", task_id="task", key="version", value="VERSION"))
        """
    file = engine.file(source.replace("VERSION", "1"))
    waiting(engine, host_after_a_try(engine, file))
    engine.file(source.replace("VERSION", "2"))
    engine.wait_ended(engine.run(file))
    told = [event.request for event in engine.all(Asked) if isinstance(event.request, SetXCom)]
    assert [request.value for request in told] == ["1", "2"]


def test_tries_of_one_file_draw_different_random_numbers(engine: EngineSide) -> None:
    file = engine.file(
        """
        import random
        from tradewind.core.messages import SetXCom
        random.seed(1)
        def task(channel):
            channel.tell(SetXCom(dag_id="d", run_id="r", task_id="task", key="drawn", value=str(random.random())))
        """
    )
    for _ in range(4):
        engine.wait_ended(engine.run(file))
    told = [event.request.value for event in engine.all(Asked) if isinstance(event.request, SetXCom)]
    assert len(set(told)) == 4
