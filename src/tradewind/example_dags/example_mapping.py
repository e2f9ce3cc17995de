"""As many tasks as there is work: a task is mapped over a list that only the run knows.

`list_shards` says what there is, `count_words` runs once for each item, beside each other, and `total` gets all their
results as one list. Each of them has a map index; clear or look at one of them alone.

    tradewind dags unpause example_mapping
    tradewind dags trigger example_mapping --conf '{"shards": 12}'
"""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import dag, get_current_context, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"])
def example_mapping():
    @task
    def list_shards() -> list[str]:
        conf = get_current_context()["dag_run"].conf or {}
        return [f"shard {number} has a few words" for number in range(conf.get("shards", 4))]

    @task(max_active_tis_per_dagrun=3)
    def count_words(line: str, least: int) -> int:
        return len([word for word in line.split() if len(word) >= least])

    @task
    def total(counts: list[int]) -> int:
        print(f"{sum(counts)} words")
        return sum(counts)

    total(count_words.partial(least=2).expand(line=list_shards()))


example_mapping()
