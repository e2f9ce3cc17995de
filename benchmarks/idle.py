"""What it costs to wait: memory of the whole tree and processor time, with 1 and with 200 DAG files, nothing to do."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from typing import Final

from benchmarks import process_tree
from benchmarks.bench import Bench, Numbers, Row, rounded
from benchmarks.chain import dag_file
from benchmarks.subject import Subject

FILES: Final = (1, 200)
SETTLE_S: Final = 15.0
WINDOW_S: Final = 30.0
MEMORY_BAR_MB: Final = 200.0
CPU_BAR_PERCENT: Final = 1.0


def _bare_interpreter_mb() -> float:
    """Memory of one Python process that waits."""
    waiting = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-I", "-c", waiting], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = process_tree.pss_mb([process.pid])
        process.communicate()
    return found


def measure(bench: Bench) -> Row:
    found: dict[str, Numbers] = {name: {} for name in bench.names()}

    def one(subject: Subject, count: int) -> Numbers:
        dag_ids = [f"idle_{number}" for number in range(count)]
        subject.ready(dag_ids, timeout_s=600)
        time.sleep(SETTLE_S)
        before = process_tree.cpu_s(subject.pids())
        began = time.monotonic()
        time.sleep(WINDOW_S)
        pids = subject.pids()
        used = process_tree.cpu_s(pids) - before
        return {
            f"pss_mb_{count}": rounded(process_tree.pss_mb(pids)),
            f"cpu_percent_{count}": round(100 * used / (time.monotonic() - began), 2),
            f"processes_{count}": len(pids),
        }

    for count in FILES:
        files = {f"idle_{number}": dag_file(f"idle_{number}", 10, 1) for number in range(count)}
        for name, numbers in bench.each(files, partial(one, count=count)).items():
            found[name] |= numbers
    ours = found["tradewind"]
    result: Numbers = {}
    if "airflow" in found:
        for count in FILES:
            result[f"memory to airflow, {count}"] = rounded(
                ours[f"pss_mb_{count}"] / found["airflow"][f"pss_mb_{count}"]
            )
    return Row(
        "idle memory (PSS, whole tree) / processor time of one core, with 1 and 200 DAG files",
        f"≤ {MEMORY_BAR_MB:g} MB / ≤ {CPU_BAR_PERCENT:g} % both",
        all(ours[f"pss_mb_{n}"] <= MEMORY_BAR_MB and ours[f"cpu_percent_{n}"] <= CPU_BAR_PERCENT for n in FILES),
        result,
        ours,
        {"bare_interpreter_mb": rounded(_bare_interpreter_mb())},
        found.get("airflow"),
    )
