"""From typing the command to a healthy page, and to the end of the first task."""

from __future__ import annotations

import time
from typing import Final

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, ratios
from benchmarks.subject import Subject

HEALTHY_BAR_S: Final = 1.5
FIRST_TASK_BAR_S: Final = 2.0

DAG: Final = """\
from datetime import datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

with DAG(
    "first", schedule="@once", start_date=datetime(2026, 1, 1), catchup=True, is_paused_upon_creation=False
):
    PythonOperator(task_id="only", python_callable=print, op_args=["hello"])
"""


def _start_once(subject: Subject) -> tuple[float, float]:
    """Seconds to (healthy page, end of the first task). Each is looked for in turns, so neither waits for the other."""
    healthy_s = 0.0
    first_s = 0.0

    def both() -> bool:
        nonlocal healthy_s, first_s
        if not healthy_s and subject.is_healthy():
            healthy_s = time.time() - subject.started_at
        if not first_s and subject.results.dag_ids():
            for run in subject.results.runs("first"):
                ends = [task.ended for task in subject.results.tasks("first", run.run_id) if task.state == "success"]
                first_s = min((end - subject.started_at for end in ends if end is not None), default=0.0)
        return bool(healthy_s and first_s)

    subject.wait_for(both, "it is healthy and its first task has ended", 180)
    return healthy_s, first_s


def measure(bench: Bench) -> Row:
    bare = Series()
    found: dict[str, Numbers] = {}
    for name in bench.names():
        healthy, first = Series(), Series()
        for _ in range(bench.rounds):
            bare.add(reference.interpreter_start())
            # A new home each time: `@once` runs once, and the first start of all is the one that people wait for.
            with bench.home(name) as home:
                subject = bench.subject(name, home, {"first": DAG})
                subject.write_dags()
                try:
                    subject.prepare()
                    subject.start()
                    healthy_s, first_s = _start_once(subject)
                finally:
                    subject.stop()
                    subject.closed()
            healthy.add(healthy_s)
            first.add(first_s)
        found[name] = healthy.numbers("healthy_s") | first.numbers("first_task_s")
    ours = found["tradewind"]
    return Row(
        "start command to healthy page / to the first task done",
        f"≤ {HEALTHY_BAR_S} s / ≤ {FIRST_TASK_BAR_S} s",
        ours["healthy_s"] <= HEALTHY_BAR_S and ours["first_task_s"] <= FIRST_TASK_BAR_S,
        ratios(found, {}, "healthy_s") | ratios(found, {}, "first_task_s"),
        ours,
        bare.numbers("bare_interpreter_s"),
        found.get("airflow"),
    )
