"""500 DAG files of 10 tasks: from typing the command, on a home without a database, to all of them visible."""

from __future__ import annotations

import time
from typing import Final

from benchmarks import reference
from benchmarks.bench import Bench, Numbers, Row, Series, ratios
from benchmarks.chain import dag_file
from benchmarks.subject import Subject

FILES: Final = 500
TASKS: Final = 10
BAR_S: Final = 8.0


def _visible_s(subject: Subject, dag_ids: list[str]) -> float:
    """Seconds from the command to the moment at which the database shows every DAG."""
    subject.ready(dag_ids, timeout_s=600, paused=True)
    return time.time() - subject.started_at


def measure(bench: Bench) -> Row:
    files = {f"file_{number}": dag_file(f"file_{number}", TASKS, 1) for number in range(FILES)}
    bare = Series()
    found: dict[str, Numbers] = {}
    for name in bench.names():
        visible = Series()
        for _ in range(bench.rounds):
            bare.add(reference.one_after_another(FILES, reference.nothing))
            # A new home each time: a start that finds its database is not cold.
            with bench.home(name) as home:
                subject = bench.subject(name, home, files)
                subject.write_dags()
                try:
                    subject.prepare()
                    subject.start()
                    visible.add(_visible_s(subject, list(files)))
                finally:
                    subject.stop()
                    subject.closed()
        found[name] = visible.numbers("visible_s")
    ours = found["tradewind"]
    return Row(
        f"{FILES} DAG files of {TASKS} tasks, cold start to all visible",
        f"≤ {BAR_S:g} s",
        ours["visible_s"] <= BAR_S,
        ratios(found, {}, "visible_s"),
        ours,
        bare.numbers("fork_wait_s"),
        found.get("airflow"),
    )
