"""kill -9 of the scheduler, of all processes, of everything with the database: 20 runs of a chain of 10 under way."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.site import Balance, Site, database, settle
from tests.postgres import postgres_server
from tradewind.runtime import process_facts

BOTH = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
ROUNDS = int(os.environ.get("TRADEWIND_FAULT_ROUNDS", "1"))
KILLS = 20
LONG_TASK_S = float(os.environ.get("TRADEWIND_FAULT_TASK_S", "3"))
"""The seconds of the task that outlives its engine; reliability is judged by 90."""

Measure = Callable[..., None]
MakeSite = Callable[..., Site]


def under_load(site: Site, *, retries: int = 0) -> None:
    """20 runs of a chain of 10, with the first fifth of it done and the next ones in the middle of their work."""
    site.write_chain(seconds=0.1, retries=retries)
    site.trigger("chain", 20)
    site.wait(
        lambda: site.count("end") >= 40 and site.count("start") - site.count("end") >= 6,
        "40 tasks done and the next ones begun",
        every_s=0.002,
    )


@BOTH
def test_a_killed_scheduler_is_followed_by_one_that_goes_on(kind: str, make_site: MakeSite, measured: Measure) -> None:
    site = make_site(database=database(kind))
    first = site.start()
    under_load(site)
    first.kill()
    first.wait()
    killed_at = time.time()
    # Tasks that run go on without it; then there is nothing to do for them.
    site.wait(lambda: not site.running(), "the running tasks ended")
    restarted_at = time.time()
    site.start()
    site.wait_until_all_ended()
    balance = settle(site)
    # Lost: what was given a slot, and of which nobody had been told.
    assert balance == Balance(tries=200 + balance.lost, lost=balance.lost, failed=0, doubled=0)
    assert site.count("start") == site.count("end") == 200
    assert restarted_at > killed_at
    measured("silence after the restart", site.silence_s(restarted_at), 2.0)


@BOTH
def test_a_scheduler_killed_with_all_below_it_is_followed_by_one_that_goes_on(
    kind: str, make_site: MakeSite, measured: Measure
) -> None:
    site = make_site(database=database(kind))
    first = site.start()
    under_load(site)
    site.kill_below(first)
    restarted_at = time.time()
    site.start()
    site.wait_until_all_ended()
    balance = settle(site)
    assert balance.failed == 0
    assert balance.tries == 200 + balance.lost and balance.lost <= 8
    # What had done its work, and whose host was killed before it heard of that: made again, with that reason.
    assert balance.doubled <= balance.lost
    measured("silence after the restart", site.silence_s(restarted_at), 3.0)


@pytest.mark.postgres
def test_after_everything_died_at_once_with_the_database_all_goes_on(make_site: MakeSite, measured: Measure) -> None:
    with postgres_server() as server:
        site = make_site(database=server.url())
        first = site.start()
        under_load(site)
        server.stop(at_once=True)
        site.kill_below(first)
        restarted_at = time.time()
        server.start()
        site.start()
        site.wait(lambda: site.silence_s(restarted_at) and not site.unfinished(), "all runs ended", 60)
        balance = settle(site)
        # An end whose commit the power cut short was written down by its host: not lost.
        assert balance.failed == 0
        assert balance.tries == 200 + balance.lost and balance.doubled <= balance.lost <= 8
        measured("silence after the restart", site.silence_s(restarted_at), 5.0)
        site.close()


def test_standalone_starts_a_killed_scheduler_again(site: Site, measured: Measure) -> None:
    site.start("standalone", "--port", "0")
    under_load(site)
    engine = site.engine()
    assert engine is not None
    os.kill(engine, signal.SIGKILL)
    killed_at = time.time()
    site.wait_until_all_ended()
    balance = settle(site)
    # Lost: what was given a slot, and of which nobody had been told.
    assert balance == Balance(tries=200 + balance.lost, lost=balance.lost, failed=0, doubled=0)
    assert site.count("start") == site.count("end") == 200
    measured("silence after the kill", site.silence_s(killed_at), 2.0)


def test_a_killed_task_is_known_at_once_and_tried_again(site: Site, measured: Measure) -> None:
    site.start()
    site.write_chain("one", length=1, seconds=1.0, retries=1, delay=0.0)
    (run,) = site.trigger("one")
    note = site.wait_for_note("start", "one")
    os.kill(note.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    site.wait(
        lambda: site.tries(run, "t0")[0].state.is_final or len(site.tries(run, "t0")) > 1, "it is known", every_s=0.001
    )
    known_s = time.monotonic() - killed_at
    site.wait_for_end(run)
    balance = settle(site, allowed=["signal"])
    assert balance == Balance(tries=2, lost=0, failed=1, doubled=0)
    assert site.tries(run, "t0")[0].signal == "SIGKILL"
    measured("the kill is known", known_s, 0.05, slack=6)


def test_a_killed_host_is_noticed_and_its_tries_are_made_again(site: Site, measured: Measure) -> None:
    site.start()
    site.write_chain("one", length=1, seconds=1.0)
    runs = site.trigger("one", 3)
    site.wait(lambda: site.count("start") == 3, "three tasks run")
    (host,) = site.hosts()
    os.kill(host, signal.SIGKILL)
    killed_at = time.monotonic()
    site.wait(lambda: all(site.tries(run, "t0")[0].end_date for run in runs), "all are known", every_s=0.001)
    known_s = time.monotonic() - killed_at
    site.wait_until_all_ended()
    assert settle(site) == Balance(tries=6, lost=3, failed=0, doubled=0)
    assert all("SIGKILL" in site.tries(run, "t0")[0].error for run in runs)
    measured("the death of the host is known", known_s, 1.0)


@BOTH
def test_a_long_task_goes_on_while_its_engine_is_killed_or_ends_with_a_reason(
    kind: str, make_site: MakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    """No engine for a third of the task's time, then another one, which is killed, too, and followed by a third."""
    site = make_site(database=database(kind))
    engine = site.start()
    site.write_chain("alone", length=1, seconds=LONG_TASK_S)
    site.write_chain("ended", length=1, seconds=LONG_TASK_S)
    (alone,), (ended,) = site.trigger("alone"), site.trigger("ended")
    begun, _ = site.wait_for_note("start", "alone"), site.wait_for_note("start", "ended")
    host = next(account.host.pid for account in site.accounts() if account.host.file.endswith("ended.py"))
    engine.kill()
    engine.wait()
    os.kill(host, signal.SIGKILL)
    site.wait(lambda: time.time() > begun.at + LONG_TASK_S / 3, "a third of the time is over", LONG_TASK_S)
    engine = site.start()
    site.wait(lambda: site.count("start") == 3, "the task of the killed host runs again")
    engine.kill()
    engine.wait()
    site.start()
    site.wait_until_all_ended(patience_s=60 + 2 * LONG_TASK_S)
    balance = settle(site)
    (made,) = site.tries(alone, "t0")
    assert made.pid == begun.pid
    assert [one.cause for one in site.tries(ended, "t0")] == ["host_lost", ""]
    with capsys.disabled():
        print(f"\n    a task of {LONG_TASK_S:g} s on {kind}: {balance}", end="")


# --- at random moments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(ROUNDS))
def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    number: int, make_site: MakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    """2,000 tasks; engine, hosts and tasks are killed all the while."""
    rng = random.Random(number)
    site = make_site(database=database("postgresql" if number % 2 else "sqlite"))
    site.write_chain(seconds=0.01, retries=5, delay=0.05)
    engine = site.start()
    site.trigger("chain", 200)
    begun = time.monotonic()
    kills = dict.fromkeys(("engine", "host", "task"), 0)

    def kill_one() -> bool:
        nonlocal engine
        victim = rng.choice(("engine", "host", "host", "task", "task", "task"))
        if victim == "engine":
            engine.kill()
            engine.wait()
            engine = site.start()
        elif victim == "host":
            if not (hosts := site.hosts()):
                return False
            os.kill(rng.choice(hosts), signal.SIGKILL)
        else:
            if not (running := site.running()):
                return False
            entry = rng.choice(running)
            process_facts.send_signal(entry.pid, entry.start_ticks, signal.SIGKILL)
        kills[victim] += 1
        return True

    while site.unfinished():
        assert time.monotonic() - begun < 120, site.output()[-4000:]
        seen = site.count("start")
        if sum(kills.values()) < KILLS and kill_one():
            # So that each of them meets an engine at work; the exact moment is chance.
            site.wait(
                lambda seen=seen: site.count("start") > seen or not site.unfinished(), "it goes on", 60, every_s=0.005
            )
        time.sleep(rng.uniform(0.0, 0.2))
    balance = settle(site, allowed=["signal"])
    with capsys.disabled():
        print(f"\n    {time.monotonic() - begun:.1f} s, kills: {kills}, {balance}", end="")
    assert balance.tries == 2000 + balance.lost + balance.failed
    assert balance.failed <= kills["task"]
    assert sum(kills.values()) >= KILLS // 2
    # What a killed PostgreSQL session or a killed engine says is no error of ours.
    assert "could not handle" not in site.output()
