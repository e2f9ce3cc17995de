"""Extract, transform, load with TaskFlow: functions become tasks, and what they return flows between them.

Calling a task inside the DAG function does not run it; it says which result goes where, and that draws the arrows.
`parse` returns a dictionary with `multiple_outputs`, so each of its keys can be passed on by itself.

    tradewind dags unpause example_etl
    tradewind dags trigger example_etl --conf '{"minimum": 20}'
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task

ORDERS = '{"1001": 301.27, "1002": 433.21, "1003": 12.5, "1004": 502.22}'


@dag(
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30)},
    params={"minimum": Param(0, type="number", description="Orders below this amount are left out")},
    tags=["example"],
)
def example_etl():
    @task
    def extract() -> dict[str, float]:
        return json.loads(ORDERS)

    @task(multiple_outputs=True)
    def parse(orders: dict[str, float]) -> dict[str, float]:
        minimum = get_current_context()["params"]["minimum"]
        kept = [amount for amount in orders.values() if amount >= minimum]
        return {"total": round(sum(kept), 2), "count": len(kept)}

    @task
    def load(total: float, count: int) -> None:
        print(f"{count} orders, {total} in all")

    summary = parse(extract())
    load(summary["total"], summary["count"])


example_etl()
