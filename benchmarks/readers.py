"""Whether those who look on slow the engine down: the gap between two tasks alone, and beside readers and API requests."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from typing import Any, Final

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, rounded
from benchmarks.chain import dag_file
from benchmarks.ours import Tradewind
from benchmarks.process_tree import cpu_s
from benchmarks.subject import DidNotHappen
from benchmarks.web import make_user

LENGTH: Final = 40
GROWTH_BAR: Final = 1.2


class _Load:
    """The readers, in a process of their own, from `with` to its end."""

    def __init__(self, port: int, dag_id: str) -> None:
        self._line = [sys.executable, "-m", "benchmarks.readers_load", str(port), dag_id]
        self.found: dict[str, Any] = {}

    def __enter__(self) -> _Load:
        self._process = subprocess.Popen(self._line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "listening":
            raise DidNotHappen(f"the readers ended with {self._process.wait()} before they listened")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self.found = json.loads(self._process.stdout.readline() or "{}")
        self._process.wait()


def _gaps(subject: Tradewind, run_id: str) -> list[float]:
    times = sorted((task.started or 0.0, task.ended or 0.0) for task in subject.results.tasks("chain", run_id))
    return [started - ended for (_, ended), (started, _) in pairwise(times)]


def measure(bench: Bench) -> Row:
    """In turns without and with, so that a drift of the machine touches both."""
    bare, alone, beside = Series(), Series(), Series()
    rates: dict[str, Series] = {}
    whole: dict[str, Series] = {"alone_run_s": Series(), "beside_run_s": Series()}
    files = {"chain": dag_file("chain", LENGTH, 10)}
    with bench.home("readers") as home:
        subject = Tradewind(home, files)
        with subject:
            make_user(subject.full_environment())
            subject.ready(["chain"])
            subject.run_once("chain", "warm_up")
            for number in range(bench.rounds):
                bare.add(reference.one_after_another(LENGTH, lambda: reference.fibo(10)))
                run = subject.run_once("chain", f"alone_{number}")
                whole["alone_run_s"].add((run.ended or 0.0) - (run.queued or 0.0))
                alone.values += _gaps(subject, run.run_id)
                with _Load(subject.port, "chain") as load:
                    # The first password check of all takes 50 ms on purpose; three runs, since one lasts half a second.
                    subject.run_once("chain", f"warm_{number}")
                    for again in range(3):
                        run = subject.run_once("chain", f"beside_{number}_{again}")
                        whole["beside_run_s"].add((run.ended or 0.0) - (run.queued or 0.0))
                        beside.values += _gaps(subject, run.run_id)
                for key, value in load.found.items():
                    rates.setdefault(key, Series()).add(float(value))
            used = cpu_s(subject.pids())
    growth = beside.median / alone.median
    ours: Numbers = {
        "gap_p50_alone_ms": rounded(alone.median * 1000),
        "gap_p50_beside_ms": rounded(beside.median * 1000),
        "gap_p99_alone_ms": rounded(sorted(alone.values)[int(len(alone.values) * 0.99)] * 1000),
        "gap_p99_beside_ms": rounded(sorted(beside.values)[int(len(beside.values) * 0.99)] * 1000),
        **{key: rounded(series.median) for key, series in whole.items()},
        **{key: rounded(series.median) for key, series in rates.items()},
        "cpu_s": rounded(used),
    }
    return Row(
        f"gap between two tasks of a chain of {LENGTH}, alone and beside 50 readers of the stream and 200 requests/s",
        f"≤ {GROWTH_BAR:g} × alone",
        growth <= GROWTH_BAR,
        {"gap beside to alone": rounded(growth)},
        ours,
        bare.numbers("run_s"),
    )
