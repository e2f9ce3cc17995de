"""The page, its policy, its files, and where Airflow's addresses lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tradewind.server.pages import add_pages, moved_page


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(
        '<base href="__TRADEWIND_BASE__"><script nonce="__TRADEWIND_NONCE__"></script>', encoding="utf-8"
    )
    (tmp_path / "assets" / "main-1a2b.js").write_text("let plain")
    (tmp_path / "assets" / "main-1a2b.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "main-1a2b.js.gz").write_bytes(b"gzip")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path.parent / "secret.txt").write_text("secret")
    app = FastAPI()
    add_pages(app, tmp_path)
    return TestClient(app, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/dags", "/dags/etl", "/login", "/dags/a.b/runs/manual__2025-01-01T00:00:00+00:00"]
)
def test_every_address_of_ours_is_the_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200 and answer.text.startswith('<base href="/">')
    assert answer.headers["cache-control"] == "no-cache"


def test_each_answer_has_a_policy_with_a_nonce_of_its_own(browser: TestClient) -> None:
    policies = [browser.get("/").headers["content-security-policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    for policy in policies:
        assert "unsafe" not in policy and "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    answer = browser.get("/")
    nonce = answer.text.split('nonce="')[1].split('"')[0]
    assert f"script-src 'self' 'nonce-{nonce}'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [("br, gzip", "br", b"brotli"), ("gzip", "gzip", b"gzip"), ("", None, b"let plain")],
)
def test_files_come_compressed_as_the_browser_likes(
    browser: TestClient, accepted: str, encoding: str | None, body: bytes
) -> None:
    with browser.stream("GET", "/assets/main-1a2b.js", headers={"Accept-Encoding": accepted}) as answer:
        assert answer.headers.get("content-encoding") == encoding
        assert b"".join(answer.iter_raw()) == body
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt"])
def test_nothing_outside_of_the_folder_is_served(browser: TestClient, path: str) -> None:
    assert "secret" not in browser.get(path).text.replace("__", "")


@pytest.mark.parametrize("path", ["/", "/dags/etl", "/assets/main-1a2b.js", "/favicon.svg"])
def test_head_answers_as_get_does(browser: TestClient, path: str) -> None:
    asked = {"Accept-Encoding": "identity"}
    head, get = browser.head(path, headers=asked), browser.get(path, headers=asked)
    assert head.status_code == get.status_code == 200
    for header in ("content-type", "content-length", "cache-control", "x-content-type-options"):
        assert head.headers.get(header) == get.headers.get(header)
    assert browser.head("/assets/none.js").status_code == 404


def test_a_file_that_is_not_there_is_not_the_page(browser: TestClient) -> None:
    assert browser.get("/assets/old-9z.js").status_code == 404
    assert browser.get("/favicon.svg").headers["content-type"].startswith("image/svg")


def test_behind_a_proxy_the_page_knows_its_prefix(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<base href="__TRADEWIND_BASE__">')
    app = FastAPI()
    add_pages(app, tmp_path)
    browser = TestClient(app, root_path="/wind", follow_redirects=False)
    assert browser.get("/wind/dags").text == '<base href="/wind/">'
    assert browser.get("/wind/home").headers["location"] == "/wind/dags"


def test_without_a_build_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    app = FastAPI()
    add_pages(app, tmp_path)
    answer = TestClient(app).get("/")
    assert answer.status_code == 200 and "make ui" in answer.text


@pytest.mark.parametrize(
    ("path", "query", "leads_to"),
    [
        ("home", {}, "/dags"),
        ("graph", {"dag_id": "etl"}, "/dags/etl?view=graph"),
        ("tree", {"dag_id": "a b"}, "/dags/a%20b?view=grid"),
        ("dags/etl/grid", {}, "/dags/etl?view=grid"),
        ("dags/etl/graph", {}, "/dags/etl?view=graph"),
        ("dags/etl/landing-times", {}, "/dags/etl?view=charts"),
        (
            "dags/etl/grid",
            {"dag_run_id": "r+1", "task_id": "t", "tab": "logs"},
            "/dags/etl?view=grid&run=r%2B1&task=t&tab=logs",
        ),
        (
            "log",
            {"dag_id": "etl", "task_id": "t", "dag_run_id": "r", "map_index": "-1"},
            "/dags/etl/runs/r/tasks/t?tab=logs",
        ),
        ("log", {"dag_id": "etl", "task_id": "t", "execution_date": "x"}, "/dags/etl?view=grid&task=t"),
        ("dags/etl/runs/r/tasks/t/mapped/3", {}, "/dags/etl/runs/r/tasks/t?map=3"),
        ("dags/etl/runs", {}, "/dags/etl?view=runs"),
        ("variable/list/", {}, "/variables"),
        ("taskinstance/list/", {}, "/task-instances"),
        (
            "taskinstance/list",
            {"_flt_3_dag_id": "etl", "_flt_3_state": "failed", "_oc_X": "y"},
            "/task-instances?dag=etl&state=failed",
        ),
        ("task_instances", {"name_pattern": "load", "task_state": "failed"}, "/task-instances?task=load&state=failed"),
        ("task-instances", {"task": "load"}, None),
        ("xcom/list/", {"_flt_3_key": "rows"}, "/xcoms?key=rows"),
        ("xcoms", {"key_pattern": "rows"}, "/xcoms?key=rows"),
        ("xcoms", {"key": "rows"}, None),
        ("dags/etl/runs/r/tasks/t", {}, None),
        ("dags/etl", {}, None),
        ("", {}, None),
        ("graph", {}, None),
    ],
)
def test_addresses_of_airflow_lead_to_ours(path: str, query: dict[str, str], leads_to: str | None) -> None:
    assert moved_page(path, query) == leads_to


def test_no_address_leads_to_itself_or_round_in_a_circle() -> None:
    for path in ("configuration", "runs", "dags", "assets", "pools", "variables", "connections", "users", "roles", "audit",
                 "import-errors", "status", "providers", "plugins", "xcoms", "tasks", "login"):  # fmt: skip
        assert moved_page(path, {}) is None
