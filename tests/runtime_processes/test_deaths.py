"""kill -9 of the host, the zygote, the engine, and of all of them. No try is lost, and never do two of one task overlap."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_side import NOW, EngineSide

import tradewind
from tradewind.core.messages import (
    CallbackEnded,
    Ended,
    GetVariable,
    Lost,
    Parsed,
    SetXCom,
    Started,
    Succeeded,
)
from tradewind.core.records import TryRecord
from tradewind.core.states import TaskState
from tradewind.executors.base import Adopted, Asked
from tradewind.runtime import process_facts
from tradewind.runtime.journal import SUFFIX, HostEntry, Journal, ReadyEntry, TryEntry, journals_in

MakeEngine = Callable[..., EngineSide]

# Waits for a file, and notes its start and end in another one.
WAITS = """
import os, time, subprocess
def note(word):
    fd = os.open(__file__ + ".notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, f"{word} {os.getpid()}\\n".encode())
    os.close(fd)
def task(channel):
    note("start")
    while not os.path.exists(__file__ + ".go"):
        time.sleep(0.01)
    note("end")
def with_child(channel):
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    task(channel)
def kills_its_parent(channel):
    os.kill(os.getppid(), 9)
    time.sleep(600)
def quick(channel):
    note("quick")
"""


# Ends only when it is killed.
BUSY = """
def task(channel):
    while True:
        pass
def quick(channel):
    pass
"""
KILLS = int(os.environ.get("TRADEWIND_FAULT_KILLS", "8"))


def notes(file: str) -> list[str]:
    path = Path(file + ".notes")
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def record(engine: EngineSide, try_id: str, started: Started | None = None) -> TryRecord:
    return TryRecord(
        try_id=try_id,
        run_key=1,
        task_id="task",
        try_number=1,
        state=TaskState.RUNNING if started else TaskState.QUEUED,
        version_id="v",
        queued_at=NOW,
        pid=started.active.pid if started else None,
        start_ticks=started.active.start_ticks if started else 0,
    )


def host_of(pid: int) -> int:
    stat = process_facts.stat_of(pid)
    assert stat is not None
    return stat.ppid


def lost(ended: Ended) -> Lost:
    assert isinstance(ended.outcome, Lost), ended
    return ended.outcome


# --- the host ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["task", "with_child"])
def test_when_a_host_is_killed_its_tries_are_lost_and_really_gone(engine: EngineSide, task: str) -> None:
    file = engine.file(WAITS)
    tries = [engine.run(file, task) for _ in range(3)]
    pids = [engine.wait_started(try_id).active.pid for try_id in tries]
    engine.wait(lambda: notes(file).count("start") == 3)
    before = time.monotonic()
    os.kill(host_of(pids[0]), signal.SIGKILL)
    for try_id in tries:
        outcome = lost(engine.wait_ended(try_id))
        assert outcome.cause == "host_lost" and "SIGKILL" in outcome.detail
    assert time.monotonic() - before < 2.0
    assert not any(process_facts.is_alive(pid, 0) for pid in pids)
    assert not process_facts.members(set(pids), frozenset(tries))
    assert len(engine.all(Ended)) == 3


def test_a_task_that_kills_its_parent_is_noticed_at_once(engine: EngineSide) -> None:
    file = engine.file(WAITS)
    engine.wait_ended(engine.run(file, "quick"))
    before = time.monotonic()
    try_id = engine.run(file, "kills_its_parent")
    outcome = lost(engine.wait_ended(try_id))
    assert time.monotonic() - before < 1.0
    assert "ended by SIGKILL" in outcome.detail
    assert not process_facts.members(set(), frozenset([try_id]))


def test_after_a_host_died_the_next_try_gets_a_new_one(engine: EngineSide) -> None:
    file = engine.file(WAITS)
    engine.wait_ended(engine.run(file, "kills_its_parent"))
    assert isinstance(engine.wait_ended(engine.run(file, "quick")).outcome, Succeeded)


def test_an_end_that_the_host_wrote_down_before_it_died_is_not_lost(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os
        from tradewind.core.messages import SetXCom
        def task(channel):
            channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key="k", value="1"))
        """
    )
    # The host is stopped before it can say anything more, as by a kill between two of its lines.
    engine.wait_ended(engine.run(file))
    engine.forgets = False
    engine.executor._hosts[next(iter(engine.executor._hosts))].stream.pause()  # type: ignore[union-attr]
    try_id = engine.run(file)
    folder = engine.executor._folder
    engine.wait(lambda: any(account.last_word(try_id) for account in journals_in(folder)))
    host = journals_in(folder)[0].host
    engine.executor._hosts[host.host_id].stream.close()  # type: ignore[union-attr]
    os.kill(host.pid, signal.SIGKILL)
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)
    kept = [e.request for e in engine.all(Asked) if isinstance(e.request, SetXCom) and e.try_id == try_id]
    assert [request.key for request in kept] == ["k"]
    # Until the store has it.
    assert journals_in(folder)
    engine.executor.forget(try_id)
    engine.wait(lambda: not journals_in(folder))


# --- the zygote --------------------------------------------------------------------------------------------------------


def test_when_the_zygote_is_killed_tries_go_on_and_new_files_are_imported(engine: EngineSide) -> None:
    file = engine.file(WAITS)
    try_id = engine.run(file)
    engine.wait_started(try_id)
    os.kill(engine.executor._zygote.pid, signal.SIGKILL)  # type: ignore[arg-type]
    other = engine.file("", "other.py")
    engine.executor.parse(other)
    assert isinstance(engine.wait_parsed(other), Parsed)
    second = engine.run(file, "quick")
    assert isinstance(engine.wait_ended(second).outcome, Succeeded)
    Path(file + ".go").touch()
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)


def test_an_import_that_lost_its_zygote_is_made_again(engine: EngineSide) -> None:
    file = engine.file(
        "import time\nopen(__file__ + '.begun', 'a').write('x')\ntime.sleep(0.3)\ndef task(channel): pass"
    )
    engine.executor.parse(file)
    try_id = engine.run(file)
    engine.wait(lambda: os.path.exists(file + ".begun"))
    os.kill(engine.executor._zygote.pid, signal.SIGKILL)  # type: ignore[arg-type]
    assert isinstance(engine.wait_parsed(file), Parsed)
    assert isinstance(engine.wait_ended(try_id).outcome, Succeeded)


def test_a_host_that_is_killed_during_its_import_is_started_once_more(engine: EngineSide) -> None:
    file = engine.file(
        """
        import os, time
        if not os.path.exists(__file__ + ".begun"):
            with open(__file__ + ".begun", "w") as out:
                out.write(str(os.getpid()))
            time.sleep(600)
        """
    )
    engine.executor.parse(file)
    begun = Path(file + ".begun")
    engine.wait(lambda: begun.exists() and begun.read_text())
    os.kill(int(begun.read_text()), signal.SIGKILL)
    assert isinstance(engine.wait_parsed(file), Parsed)


# --- the engine --------------------------------------------------------------------------------------------------------


def test_a_try_goes_on_while_no_engine_is_there(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    file = first.file(WAITS)
    try_id = first.run(file)
    started = first.wait_started(try_id)
    first.wait(lambda: notes(file) == ["start"])
    first.vanish()
    second = make_engine().start([record(first, try_id, started)])
    adopted = second.wait(lambda: second.find(Adopted), 2.0)
    assert adopted.try_ids == (try_id,)
    assert second.wait_started(try_id).active.pid == started.active.pid
    Path(file + ".go").touch()
    ended = second.wait_ended(try_id)
    assert isinstance(ended.outcome, Succeeded) and ended.exit.pid == started.active.pid
    assert notes(file) == ["start", "end"]


def test_what_happened_while_no_engine_was_there_is_told_in_order(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    first.answers = False
    file = first.file(
        """
        import os, time
        from tradewind.core.messages import GetVariable, SetXCom
        def keep(channel, key, value):
            channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key=key, value=value))
        def task(channel):
            keep(channel, "a", "1")
            keep(channel, "a", "2")
            keep(channel, "b", "3")
            assert channel.ask(GetVariable("colour")).value == "value of colour"
            keep(channel, "c", "4")
        """
    )
    try_id = first.run(file)
    started = first.wait_started(try_id)
    first.wait(lambda: any(isinstance(e.request, GetVariable) for e in first.all(Asked)))
    first.vanish()
    second = make_engine().start([record(first, try_id, started)])
    assert isinstance(second.wait_ended(try_id).outcome, Succeeded)
    asked = [
        (e.request.key, e.request.value if isinstance(e.request, SetXCom) else "?")
        for e in second.all(Asked)
        if isinstance(e.request, (SetXCom, GetVariable))
    ]
    # An older value under the same name is not worth repeating.
    assert asked == [("a", "2"), ("b", "3"), ("colour", "?"), ("c", "4")]


def test_an_end_that_no_engine_heard_is_told_to_the_next(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    file = first.file(WAITS)
    try_id = first.run(file)
    started = first.wait_started(try_id)
    first.vanish()
    Path(file + ".go").touch()
    pid, ticks = started.active.pid, started.active.start_ticks
    deadline = time.monotonic() + 10
    while process_facts.is_alive(pid, ticks):
        assert time.monotonic() < deadline
        os.sched_yield()
    second = make_engine().start([record(first, try_id, started)])
    assert isinstance(second.wait_ended(try_id, 3.0).outcome, Succeeded)
    assert notes(file) == ["start", "end"] and len(second.all(Ended)) == 1


def test_an_end_is_told_until_it_is_stored(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    first.forgets = False
    file = first.file(WAITS)
    try_id = first.run(file, "quick")
    callback = first.callback(file, "nothing")
    first.wait_ended(try_id)
    first.wait(lambda: first.find(CallbackEnded, callback_id=callback))
    first.vanish()
    second = make_engine().start([record(first, try_id)])
    assert isinstance(second.wait_ended(try_id).outcome, Succeeded)
    second.wait(lambda: second.find(CallbackEnded, callback_id=callback))
    second.vanish()
    third = make_engine().start([])
    third.spend(0.5)
    assert not third.all(Ended) and not third.all(CallbackEnded)


def test_a_try_that_was_never_started_is_said_to_be_so(make_engine: MakeEngine) -> None:
    engine = make_engine()
    never = record(engine, "018f0000-0000-7000-8000-000000000001")
    before = time.monotonic()
    engine.start([never])
    assert lost(engine.wait_ended(never.try_id)).cause == "engine_stopped"
    assert time.monotonic() - before < 1.0


def test_a_try_that_the_store_knows_nothing_of_is_ended(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    file = first.file(WAITS)
    try_id = first.run(file)
    pid = first.wait_started(try_id).active.pid
    first.vanish()
    second = make_engine().start([])
    second.wait(lambda: not process_facts.is_alive(pid, 0))
    second.spend(0.1)
    assert not second.all(Ended)


def test_when_everything_is_killed_nothing_is_waited_for(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    first.forgets = False
    file = first.file(WAITS)
    done = first.run(file, "quick")
    first.wait_ended(done)
    running = first.run(file, "with_child")
    started = first.wait_started(running)
    first.wait(lambda: "start" in notes(file))
    host = host_of(started.active.pid)
    zygote = first.executor._zygote.pid
    assert zygote is not None
    for pid in (zygote, host, started.active.pid):
        os.kill(pid, signal.SIGKILL)
    first.vanish()
    second = make_engine()
    before = time.monotonic()
    second.start([record(first, done), record(first, running, started)])
    # The end of the one was written down; what the other left behind is killed before it is called lost.
    assert isinstance(second.wait_ended(done).outcome, Succeeded)
    assert lost(second.wait_ended(running)).cause == "host_lost"
    assert time.monotonic() - before < 2.0
    assert not process_facts.members({started.active.pid}, frozenset([running]))


def test_a_host_that_dies_while_it_is_waited_for_is_noticed(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    file = first.file(WAITS)
    try_id = first.run(file)
    started = first.wait_started(try_id)
    host = host_of(started.active.pid)
    os.kill(host, signal.SIGSTOP)
    first.vanish()
    second = make_engine().start([record(first, try_id, started)])
    second.spend(0.2)
    assert not second.all(Ended)
    os.kill(host, signal.SIGKILL)
    assert lost(second.wait_ended(try_id, 2.0)).cause == "host_lost"
    assert not process_facts.is_alive(started.active.pid, started.active.start_ticks)


def test_a_try_that_writes_itself_down_late_is_gone_before_it_is_called_lost(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    """Between the fork of a try and its line in the journal an engine may come and read that."""
    engine = make_engine()
    folder = engine.executor._folder
    path = os.path.join(folder, "late" + SUFFIX)
    host, late = (subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(2))
    try:
        ticks = process_facts.start_ticks(host.pid)
        entry = HostEntry("late", host.pid, ticks, process_facts.boot_id(), tradewind.__version__, "dag.py", "")
        journal = Journal(path, entry)
        journal.append(ReadyEntry())
        alive: list[bool] = []
        engine.witness = lambda event: alive.append(process_facts.is_alive(late.pid, 0))
        never = record(engine, "018f0000-0000-7000-8000-000000000001")
        engine.start([never])
        journal.append(TryEntry(never.try_id, late.pid, process_facts.start_ticks(late.pid)))
        host.kill()
        assert lost(engine.wait_ended(never.try_id)).cause == "host_lost"
        assert alive == [False]
    finally:
        for process in (host, late):
            process.kill()
            process.wait()


@pytest.mark.parametrize("seed", range(2))
def test_no_process_of_a_lost_try_is_there_when_that_is_said(make_engine: MakeEngine, seed: int) -> None:
    """Hosts are killed at random moments of the first milliseconds of their tries, with and without an engine."""
    rng = random.Random(seed)
    burn = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for number in range(KILLS):
            engine = make_engine().start()
            file = engine.file(BUSY, f"dag{number}.py")
            engine.forgets = False
            # The host is there, and busy with nothing but the fork.
            engine.wait_ended(engine.run(file, "quick"))
            try_id = engine.run(file)
            started = engine.wait_started(try_id)
            pid, ticks = started.active.pid, started.active.start_ticks
            alive: list[bool] = []

            def look(event: object, pid: int = pid, ticks: int = ticks, alive: list[bool] = alive) -> None:
                if isinstance(event, Ended) and isinstance(event.outcome, Lost):
                    alive.append(process_facts.is_alive(pid, ticks))

            host = host_of(pid)
            if rng.random() < 0.7:
                os.kill(host, signal.SIGSTOP)
                before = engine
                before.vanish()
                engine = make_engine()
                engine.witness = look
                engine.start([record(before, try_id, started)])
                engine.spend(rng.choice((0.0, 0.002, 0.02)))
            else:
                engine.witness = look
            os.kill(host, signal.SIGKILL)
            assert lost(engine.wait_ended(try_id)).cause == "host_lost"
            assert alive == [False], f"kill {number}: reported while its process was there"
            engine.executor.forget(try_id)
            engine.stop()
    finally:
        burn.kill()
        burn.wait()


def test_an_engine_that_stops_lets_tries_run_on_or_ends_them(make_engine: MakeEngine) -> None:
    first = make_engine().start()
    file = first.file(WAITS)
    try_id = first.run(file)
    started = first.wait_started(try_id)
    first.stop(None)
    second = make_engine().start([record(first, try_id, started)])
    second.wait(lambda: second.find(Adopted))
    done: list[bool] = []
    second.executor.stop(0.0, lambda: done.append(True))
    assert lost(second.wait_ended(try_id)).cause == "engine_stopped"
    second.wait(lambda: bool(done))
    second.loop.close()
    assert not process_facts.is_alive(started.active.pid, 0)
    assert not journals_in(second.executor._folder)


@pytest.mark.parametrize("seed", range(6))
def test_kills_at_random_moments_lose_nothing_and_double_nothing_without_a_reason(
    make_engine: MakeEngine, seed: int
) -> None:
    """The engine dies again and again while it is given tries; tries are made again only when they are said to be lost."""
    rng = random.Random(seed)
    engine = make_engine().start()
    file = engine.file(
        """
        import os, time
        def task(channel):
            fd = os.open(__file__ + ".notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(fd, f"start {os.environ['TRADEWIND_TRY_ID']}\\n".encode())
            time.sleep(0.02)
            os.write(fd, f"end {os.environ['TRADEWIND_TRY_ID']}\\n".encode())
        """
    )
    started: dict[str, Started] = {}
    open_tries = [f"018f0000-0000-7000-8000-{n:012d}" for n in range(40)]
    given: set[str] = set()
    ended: dict[str, int] = {}
    losses: dict[str, int] = {}
    kills = 0
    deadline = time.monotonic() + 60

    def take() -> None:
        for event in engine.events:
            if isinstance(event, Started):
                started[event.active.try_id] = event
            elif isinstance(event, Ended):
                given.discard(event.try_id)
                if isinstance(event.outcome, Lost):
                    losses[event.try_id] = losses.get(event.try_id, 0) + 1
                    open_tries.append(event.try_id)
                else:
                    ended[event.try_id] = ended.get(event.try_id, 0) + 1
        engine.events.clear()

    while len(ended) < 40:
        assert time.monotonic() < deadline, (open_tries, given, ended)
        while open_tries and len(given) < 8:
            try_id = open_tries.pop(0)
            started.pop(try_id, None)
            given.add(try_id)
            engine.run(file, try_id=try_id)
        engine.spend(rng.uniform(0.0, 0.05))
        take()
        if kills < 12 and rng.random() < 0.3:
            kills += 1
            victim = rng.choice(["engine", "host", "task", "zygote"])
            hosts = [host.pid for host in engine.executor._hosts.values() if host.pid]
            if victim == "host" and hosts:
                os.kill(rng.choice(hosts), signal.SIGKILL)
            elif victim == "task" and given & started.keys():
                active = started[rng.choice(sorted(given & started.keys()))].active
                process_facts.send_signal(active.pid, active.start_ticks, signal.SIGKILL)
            elif victim == "zygote" and engine.executor._zygote.pid:
                os.kill(engine.executor._zygote.pid, signal.SIGKILL)
            elif victim == "engine":
                engine.vanish()
                take()
                active_now = [record(engine, try_id, started.get(try_id)) for try_id in sorted(given)]
                engine = make_engine().start(active_now)
    lines = Path(file + ".notes").read_text().splitlines()
    for try_id, times in ended.items():
        assert times == 1
        # Each start beyond the first has its loss.
        assert lines.count(f"start {try_id}") <= 1 + losses.get(try_id, 0)
    # Nothing that was started twice ran beside itself.
    for try_id in losses:
        mine = [line.split()[0] for line in lines if line.endswith(try_id)]
        assert mine.count("end") <= mine.count("start")


def test_an_answer_to_something_that_needs_none_says_that_it_is_stored(make_engine: MakeEngine) -> None:
    from tradewind.core.messages import Done

    first = make_engine().start()
    file = first.file(
        """
        import os, time
        from tradewind.core.messages import SetXCom
        def task(channel):
            for key in "ab":
                channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key=key, value="1"))
            while not os.path.exists(__file__ + ".go"):
                time.sleep(0.01)
        """
    )
    try_id = first.run(file)
    started = first.wait_started(try_id)
    asked = first.wait(lambda: first.all(Asked) if len(first.all(Asked)) == 2 else None)
    first.executor.reply(asked[0].token, Done())
    first.spend(0.1)
    first.vanish()
    second = make_engine().start([record(first, try_id, started)])
    second.wait(lambda: second.all(Asked))
    Path(file + ".go").touch()
    second.wait_ended(try_id)
    assert [e.request.key for e in second.all(Asked)] == ["b"]  # type: ignore[union-attr]
