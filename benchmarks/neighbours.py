"""Fairness: ten small runs, alone and beside two thousand runnable tasks of another DAG."""

from __future__ import annotations

from typing import Final

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, rounded
from benchmarks.chain import dag_file
from benchmarks.subject import Subject, last_end

SMALL_RUNS: Final = 10
SMALL_LENGTH: Final = 3
LARGE: Final = 2000
AT_ONCE: Final = 8
BAR: Final = 2.0

LARGE_DAG: Final = f"""\
from datetime import datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def nothing():
    pass


with DAG("large", schedule=None, start_date=datetime(2026, 1, 1), catchup=False, max_active_tasks={LARGE}):
    for number in range({LARGE}):
        PythonOperator(task_id=f"t{{number}}", python_callable=nothing)
"""


def measure(bench: Bench) -> Row:
    bare = Series()

    def small(subject: Subject, label: str) -> float:
        """Seconds from letting them go to the end of the last."""
        run_ids = [f"{label}_{run}" for run in range(SMALL_RUNS)]
        began = subject.pause("small", False)
        return last_end(subject.finished("small", run_ids, timeout_s=900)) - began

    def queue_small(subject: Subject, label: str) -> None:
        subject.pause("small", True)
        subject.trigger("small", [f"{label}_{run}" for run in range(SMALL_RUNS)])

    def one(subject: Subject) -> Numbers:
        subject.ready(["small", "large"])
        subject.run_once("small", "warm_up")
        alone, beside, still_waiting = Series(), Series(), []
        rounds = max(1, bench.rounds // 2)
        for number in range(rounds):
            count = SMALL_RUNS * SMALL_LENGTH
            bare.add(reference.side_by_side(count, AT_ONCE, lambda: reference.fibo(1)))
            queue_small(subject, f"alone_{number}")
            alone.add(small(subject, f"alone_{number}"))

            large = f"round_{number}"
            queue_small(subject, f"beside_{number}")
            subject.trigger("large", [large])

            def large_is_at_work(run_id: str = large) -> bool:
                return any(task.ended for task in subject.results.tasks("large", run_id))

            subject.wait_for(large_is_at_work, "the first task of the large DAG has ended", 120)
            beside.add(small(subject, f"beside_{number}"))
            tasks = subject.results.tasks("large", large)
            still_waiting.append(sum(1 for task in tasks if task.ended is None))
            if number + 1 < rounds:
                subject.finished("large", [large], timeout_s=1800)
        return (
            alone.numbers("alone_s")
            | beside.numbers("beside_s")
            | {"times_alone": rounded(beside.median / alone.median), "large_tasks_left_at_the_end": still_waiting}
        )

    files = {"small": dag_file("small", SMALL_LENGTH, 1, max_active_runs=SMALL_RUNS), "large": LARGE_DAG}
    found = bench.each(files, one, parallelism=AT_ONCE)
    ours = found["tradewind"]
    # Small runs that outlast the large one say nothing about fairness.
    counts = min(ours["large_tasks_left_at_the_end"]) > 0
    result: Numbers = {"beside to alone": ours["times_alone"]}
    if "airflow" in found:
        result["beside to alone, airflow"] = found["airflow"]["times_alone"]
    return Row(
        f"{SMALL_RUNS} small runs beside {LARGE} runnable tasks of another DAG",
        f"≤ {BAR:g} × alone",
        ours["times_alone"] <= BAR if counts else None,
        result,
        ours,
        bare.numbers("alone_s"),
        found.get("airflow"),
    )
