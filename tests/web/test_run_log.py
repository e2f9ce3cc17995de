"""The log of a run: all its tasks by time, filtered by the server, each line a way to its task's own log."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.conftest import SHOTS, Site, log_in

TWO_TASKS = """
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def load():
    print("12 rows loaded")


def check():
    raise ValueError("two rows too many")


with DAG("merged", start_date=datetime(2024, 1, 1), schedule=None, catchup=False):
    PythonOperator(task_id="load", python_callable=load) >> PythonOperator(task_id="check", python_callable=check)
"""


def test_a_runs_log_holds_all_tasks_and_leads_to_the_line(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(language="en")
    log_in(page)
    (site.home.dags / "merged.py").write_text(TWO_TASKS)
    site.home.wait_for(lambda: any(row["dag_id"] == "merged" for row in site.home.json("dags", "list")))
    site.home.run("dags", "unpause", "merged")
    # Opened before the run has begun: its lines come by themselves.
    site.home.run("dags", "trigger", "merged", "--run-id", "one")
    page.goto("/dags/merged/runs/one?tab=log")
    log = page.get_by_role("log", name="Log of all tasks of the run")
    expect(log).to_contain_text("12 rows loaded", timeout=30_000)
    expect(log).to_contain_text("two rows too many", timeout=30_000)
    told = log.inner_text()
    assert told.index("12 rows loaded") < told.index("two rows too many")

    page.get_by_role("button", name="Error", exact=True).click()
    expect(log).not_to_contain_text("12 rows loaded")
    expect(log).to_contain_text("two rows too many")
    page.get_by_role("button", name="Error", exact=True).click()
    page.get_by_label("Only lines with this text").fill("rows loaded")
    expect(log).not_to_contain_text("two rows too many")
    page.wait_for_url(re.compile(r"q=rows"))
    page.reload()
    expect(log).to_contain_text("12 rows loaded")
    expect(log).not_to_contain_text("two rows too many")

    log.get_by_role("link", name="load").first.click()
    page.wait_for_url(re.compile(r"/tasks/load\?.*#L\d+$"))
    expect(page.locator("[data-current]")).to_contain_text("12 rows loaded")

    SHOTS.mkdir(exist_ok=True)
    for language, scheme, width in (("ko", "light", 1440), ("en", "dark", 1440), ("ko", "dark", 390)):
        other = open_page(language=language, scheme=scheme, width=width, height=844)
        log_in(other)
        other.goto("/dags/merged/runs/one?tab=log")
        expect(other.get_by_role("log")).to_contain_text("two rows too many")
        other.screenshot(path=str(SHOTS / f"run-log-{language}-{scheme}-{width}.png"))
