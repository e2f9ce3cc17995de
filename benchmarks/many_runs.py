"""Many runs at once: a hundred runs of a ten-task chain, let go at the same moment."""

from __future__ import annotations

from typing import Final

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, ratios
from benchmarks.chain import dag_file
from benchmarks.subject import Subject, last_end

RUNS: Final = 100
LENGTH: Final = 10
AT_ONCE: Final = 8
BAR_PER_S: Final = 400


def measure(bench: Bench) -> Row:
    bare = Series()

    def one(subject: Subject) -> Numbers:
        subject.ready(["many_runs"])
        subject.run_once("many_runs", "warm_up")
        speed = Series()
        rounds = max(1, bench.rounds // 2)
        for number in range(rounds):
            bare.add(RUNS * LENGTH / reference.side_by_side(RUNS * LENGTH, AT_ONCE, lambda: reference.fibo(1)))
            # Runs of a paused DAG wait in the queue: un-pausing lets all of them go at one known moment.
            subject.pause("many_runs", True)
            run_ids = [f"round_{number}_{run}" for run in range(RUNS)]
            subject.trigger("many_runs", run_ids)
            began = subject.pause("many_runs", False)
            speed.add(RUNS * LENGTH / (last_end(subject.finished("many_runs", run_ids, timeout_s=900)) - began))
        return speed.numbers("tasks_per_s")

    found = bench.each({"many_runs": dag_file("many_runs", LENGTH, 1, max_active_runs=RUNS)}, one, parallelism=AT_ONCE)
    reference_numbers = bare.numbers("tasks_per_s")
    return Row(
        f"{RUNS} runs of a {LENGTH}-task chain at once",
        f"≥ {BAR_PER_S} /s",
        found["tradewind"]["tasks_per_s"] >= BAR_PER_S,
        ratios(found, reference_numbers, "tasks_per_s"),
        found["tradewind"],
        reference_numbers,
        found.get("airflow"),
    )
