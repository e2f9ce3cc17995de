"""The page of assets: a list, and a graph of which DAG makes and which uses them."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.conftest import SHOTS, Site, log_in

LINEAGE = """
from datetime import datetime

from airflow.datasets import Dataset
from airflow import DAG
from airflow.operators.empty import EmptyOperator

raw, clean = Dataset("s3://lake/raw"), Dataset("s3://lake/clean")
with DAG("fetch", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="get", outlets=[raw])
with DAG("tidy", start_date=datetime(2024, 1, 1), schedule=[raw]):
    EmptyOperator(task_id="wash", outlets=[clean])
with DAG("report", start_date=datetime(2024, 1, 1), schedule=[clean]):
    EmptyOperator(task_id="draw")
with DAG("apart", start_date=datetime(2024, 1, 1), schedule=None):
    EmptyOperator(task_id="other", outlets=[Dataset("s3://lake/apart")])
"""


def test_the_graph_leads_from_an_asset_to_its_surroundings_and_from_a_dag_to_its_page(
    open_page: Callable[..., Page], site: Site
) -> None:
    (site.home.dags / "lineage.py").write_text(LINEAGE)
    site.home.wait_for(lambda: any(row["dag_id"] == "apart" for row in site.home.json("dags", "list")))
    page = open_page(language="en")
    log_in(page)
    page.goto("/assets")
    expect(page.get_by_role("table", name="Assets")).to_contain_text("s3://lake/raw")
    page.get_by_text("Graph", exact=True).click()
    graph = page.get_by_label("Graph of the assets and the DAGs that make and use them")
    expect(graph.get_by_label("DAG: apart")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("list", name="Assets with their DAGs")).to_contain_text("made by tidy, used by report")

    SHOTS.mkdir(exist_ok=True)
    for language, scheme, width in (
        ("ko", "light", 1440), ("en", "dark", 1440), ("en", "light", 390), ("ko", "dark", 390),
    ):  # fmt: skip
        other = open_page(language=language, scheme=scheme, width=width, height=844)
        log_in(other)
        other.goto("/assets?view=graph")
        expect(other.get_by_label("DAG: apart")).to_be_visible(timeout=30_000)
        other.screenshot(path=str(SHOTS / f"assets-{language}-{scheme}-{width}.png"))

    graph.get_by_label("Asset: s3://lake/clean").click()
    expect(graph.get_by_label("DAG: apart")).to_have_count(0)
    expect(graph.get_by_label("DAG: fetch")).to_be_visible()
    page.reload()
    expect(graph.get_by_label("DAG: fetch")).to_be_visible(timeout=30_000)
    expect(graph.get_by_label("DAG: apart")).to_have_count(0)
    page.get_by_role("button", name="Show all assets").click()
    expect(graph.get_by_label("DAG: apart")).to_be_visible()
    graph.get_by_label("DAG: report").click()
    page.wait_for_url("**/dags/report**")
