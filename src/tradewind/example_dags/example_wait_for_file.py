"""Wait for a file, then work on it.

The sensor looks every five seconds. In mode `reschedule` it holds no slot and no process between two looks, so many
of them can wait at once. What it found is passed on with `PokeReturnValue`; after ten minutes without it, it fails.

    tradewind dags unpause example_wait_for_file
    tradewind dags trigger example_wait_for_file
    echo 'a,b,c' > /tmp/example_wait_for_file.csv
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from airflow.sdk import PokeReturnValue, dag, task

AWAITED = Path("/tmp/example_wait_for_file.csv")


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"])
def example_wait_for_file():
    @task.sensor(poke_interval=5, timeout=600, mode="reschedule")
    def arrival() -> PokeReturnValue:
        return PokeReturnValue(is_done=AWAITED.exists(), xcom_value=str(AWAITED))

    @task
    def count_lines(path: str) -> int:
        lines = Path(path).read_text().splitlines()
        print(f"{path}: {len(lines)} lines")
        return len(lines)

    count_lines(arrival())


example_wait_for_file()
