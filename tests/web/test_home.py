"""The first page: a newcomer's steps, then what is broken and the way to its log."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import SHOTS, Site, log_in

BROKEN = """
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def stop():
    raise ValueError("the source sent no rows")


with DAG("broken_load", start_date=datetime(2024, 1, 1), schedule=None, catchup=False):
    PythonOperator(task_id="load_rows", python_callable=stop)
"""


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / f"home-{name}.png"), full_page=True)


def test_a_newcomers_steps_tick_off_and_a_failure_leads_to_its_log(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page(language="en")
    log_in(page)
    page.goto("/")
    steps = page.locator("main ol > li")
    expect(steps).to_have_count(3)
    expect(steps.nth(0)).to_contain_text("done")
    expect(steps.nth(1)).not_to_contain_text("done")
    expect(page.get_by_text("No DAG's latest run failed.")).to_be_visible()
    shot(page, "newcomer")

    # Without a reload: the page hears of the run.
    (site.home.dags / "broken_load.py").write_text(BROKEN)
    site.home.wait_for(lambda: any(row["dag_id"] == "broken_load" for row in site.home.json("dags", "list")))
    site.home.run("dags", "unpause", "broken_load")
    site.home.run("dags", "trigger", "broken_load")
    failure = page.get_by_role("listitem").filter(has_text="the source sent no rows")
    expect(failure).to_have_count(1, timeout=30_000)
    expect(steps).to_have_count(0)
    bar = page.get_by_role("button", name="Failed ·")
    expect(bar).to_have_count(1)
    # A failed task is through: it is no longer on its way.
    expect(page.get_by_role("list", name="Tasks on their way")).to_have_count(0)
    shot(page, "failure-en-light")

    failure.get_by_role("button", name="Clear the failed tasks of broken_load").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("load_rows")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    failure.get_by_role("link", name="Log of load_rows").click()
    expect(page.locator("main")).to_contain_text("ValueError: the source sent no rows")

    for scheme, width, height in (("dark", 1440, 900), ("light", 390, 844), ("dark", 390, 844)):
        other = open_page(language="ko", scheme=scheme, width=width, height=height)
        log_in(other)
        other.goto("/")
        expect(other.get_by_role("link", name="load_rows 로그")).to_be_visible()
        shot(other, f"failure-ko-{scheme}-{width}")


def test_what_the_server_says_is_shown_while_home_cannot_be_read(open_page: Callable[..., Page]) -> None:
    page = open_page(language="en")
    log_in(page)
    refused = True

    def answer(route: Route) -> None:
        if refused:
            body = json.dumps({"detail": "The database is being upgraded."})
            route.fulfill(status=409, content_type="application/json", body=body)
        else:
            route.continue_()

    page.route("**/ui/home", answer)
    page.goto("/")
    alert = page.locator("main [role=alert]")
    expect(alert).to_contain_text("The database is being upgraded.")
    refused = False
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="What is broken")).to_be_visible()
    expect(alert).to_have_count(0)
