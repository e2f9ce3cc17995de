"""One of two ways, and a task where they meet again.

`choose` returns the id of the task to go on with; the other one is skipped. A skip travels downstream, so the task that
joins the two ways needs a trigger rule that is content with one success: `none_failed_min_one_success`.

Choose the way when you trigger it:

    tradewind dags unpause example_branch
    tradewind dags trigger example_branch --conf '{"rows": 5000}'
    tradewind tasks states-for-dag-run example_branch RUN_ID
"""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator

LARGE = 1000


def choose(dag_run) -> str:
    rows = int((dag_run.conf or {}).get("rows", 10))
    print(f"{rows} rows")
    return "load_in_parts" if rows > LARGE else "load_at_once"


with DAG(
    dag_id="example_branch",
    description="A branch that joins again",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    tags=["example"],
):
    branch = BranchPythonOperator(task_id="choose", python_callable=choose)
    at_once = PythonOperator(task_id="load_at_once", python_callable=lambda: print("one statement"))
    in_parts = PythonOperator(task_id="load_in_parts", python_callable=lambda: print("a thousand rows at a time"))
    done = EmptyOperator(task_id="done", trigger_rule="none_failed_min_one_success")

    branch >> [at_once, in_parts] >> done
