"""Width: one task, then five hundred side by side, then one; nothing to do in any of them."""

from __future__ import annotations

from typing import Final

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, ratios
from benchmarks.subject import Subject, span

WIDTH: Final = 500
AT_ONCE: Final = 8
BAR_PER_S: Final = 400

DAG: Final = f"""\
from datetime import datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def nothing():
    pass


with DAG("fan_out", schedule=None, start_date=datetime(2026, 1, 1), catchup=False, max_active_tasks={AT_ONCE}):
    first = PythonOperator(task_id="first", python_callable=nothing)
    last = PythonOperator(task_id="last", python_callable=nothing)
    first >> [PythonOperator(task_id=f"t{{n}}", python_callable=nothing) for n in range({WIDTH})] >> last
"""


def measure(bench: Bench) -> Row:
    bare = Series()

    def one(subject: Subject) -> Numbers:
        subject.ready(["fan_out"])
        speed = Series()
        rounds = max(1, bench.rounds // 2)
        for number in range(rounds):
            bare.add((WIDTH + 2) / reference.side_by_side(WIDTH + 2, AT_ONCE, reference.nothing))
            speed.add((WIDTH + 2) / span(subject.run_once("fan_out", f"round_{number}", timeout_s=600)))
        return speed.numbers("tasks_per_s")

    found = bench.each({"fan_out": DAG}, one, parallelism=AT_ONCE)
    reference_numbers = bare.numbers("tasks_per_s")
    return Row(
        f"1 → {WIDTH} → 1 no-op tasks, {AT_ONCE} at a time",
        f"≥ {BAR_PER_S} /s",
        found["tradewind"]["tasks_per_s"] >= BAR_PER_S,
        ratios(found, reference_numbers, "tasks_per_s"),
        found["tradewind"],
        reference_numbers,
        found.get("airflow"),
    )
