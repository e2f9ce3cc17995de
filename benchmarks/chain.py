"""A chain of tasks that compute a Fibonacci number each: trigger to the run's end."""

from __future__ import annotations

from itertools import pairwise

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, ratios
from benchmarks.subject import Subject, span

DAG = """\
from datetime import datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def fibo(n):
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


with DAG("{dag_id}", schedule=None, start_date=datetime(2026, 1, 1), catchup=False, max_active_runs={max_active_runs}):
    before = None
    for number in range({length}):
        task = PythonOperator(
            task_id=f"t{{number}}", python_callable=fibo, op_args=[{n}], do_xcom_push=False
        )
        if before is not None:
            before >> task
        before = task
"""


def dag_file(dag_id: str, length: int, n: int, max_active_runs: int = 1) -> str:
    return DAG.format(dag_id=dag_id, length=length, n=n, max_active_runs=max_active_runs)


def measure(bench: Bench, *, length: int, n: int) -> tuple[dict[str, Numbers], Numbers]:
    """(what each subject needs, what fork and wait needs): `run_s`, and the gaps between two tasks of the chain."""
    bare = Series()

    def one(subject: Subject) -> Numbers:
        subject.ready(["chain"])
        subject.run_once("chain", "warm_up")
        whole, gaps = Series(), Series()
        for number in range(bench.rounds):
            bare.add(reference.one_after_another(length, lambda: reference.fibo(n)))
            run = subject.run_once("chain", f"round_{number}")
            whole.add(span(run))
            times = sorted(
                (task.started or 0.0, task.ended or 0.0) for task in subject.results.tasks("chain", run.run_id)
            )
            for (_, ended), (started, _) in pairwise(times):
                gaps.add(started - ended)
        ordered = sorted(gaps.values)
        return whole.numbers("run_s") | {
            "gap_p50_s": round(ordered[len(ordered) // 2], 6),
            "gap_p99_s": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 6),
        }

    found = bench.each({"chain": dag_file("chain", length, n)}, one)
    return found, bare.numbers("run_s")


def row(
    bench: Bench, *, what: str, bar: str, length: int, n: int, limit_s: float | None, limit_ratio: float | None
) -> Row:
    found, bare = measure(bench, length=length, n=n)
    ours = found["tradewind"]["run_s"]
    met = (limit_s is None or ours <= limit_s) and (limit_ratio is None or ours <= limit_ratio * bare["run_s"])
    return Row(what, bar, met, ratios(found, bare, "run_s"), found["tradewind"], bare, found.get("airflow"))
