"""Task groups, and a resource that is taken down whatever happens.

The two reports belong together, so they sit in a group. Both need a scratch folder: `make_folder` is a setup and
`remove_folder` its teardown. A teardown runs when the work between the two has ended, also when that failed, and its
own success does not hide the failure of the work. Clearing one of the reports brings the folder back for it.

    tradewind dags unpause example_groups
    tradewind dags trigger example_groups
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from airflow.sdk import dag, setup, task, task_group, teardown


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"])
def example_groups():
    @setup
    def make_folder() -> str:
        return tempfile.mkdtemp(prefix="example_groups_")

    @task
    def write_report(folder: str, name: str) -> str:
        path = Path(folder) / f"{name}.txt"
        path.write_text(f"report on {name}\n")
        return str(path)

    @task
    def read_reports(paths: list[str]) -> None:
        for path in paths:
            print(Path(path).read_text(), end="")

    @task_group
    def reports(folder: str):
        sales = write_report.override(task_id="sales")(folder, "sales")
        stock = write_report.override(task_id="stock")(folder, "stock")
        return [sales, stock]

    @teardown
    def remove_folder(folder: str) -> None:
        shutil.rmtree(folder)

    folder = make_folder()
    reading = read_reports(reports(folder))
    reading >> remove_folder(folder)


example_groups()
