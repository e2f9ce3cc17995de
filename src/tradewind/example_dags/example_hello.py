"""Two tasks, one after the other, every morning at six.

The shortest DAG that does something: a shell command, then a Python function. It is written as for Airflow 2: a cron
string means "once for each interval", so the run of a day starts when that day is over, at six the next morning.

Try it:

    tradewind dags unpause example_hello
    tradewind dags trigger example_hello
    tradewind dags list-runs example_hello
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def greet(name: str, ds: str) -> str:
    """`ds`, the logical date as YYYY-MM-DD, is filled in by its name. What is returned is kept as XCom."""
    greeting = f"Hello {name}, this is the run of {ds}"
    print(greeting)
    return greeting


with DAG(
    dag_id="example_hello",
    description="A shell command, then a Python function",
    start_date=datetime(2026, 1, 1),
    schedule="0 6 * * *",
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1)},
    tags=["example"],
):
    look = BashOperator(task_id="look_around", bash_command="echo running on $(hostname) for {{ ds }}")
    hello = PythonOperator(task_id="greet", python_callable=greet, op_kwargs={"name": "world"})

    look >> hello
