"""Markup and scripts in everything that people and tasks may write: each page shows it as text, and nothing of it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import HELLO_WORLD, SHOTS, Site, log_in

MARK: Final = "xss-probe"
IMG: Final = f'<img src="/{MARK}" onerror="window.ran=1">'
SCRIPT: Final = f'"><script>window.ran=1</script><svg onload="window.ran=1"><b>{MARK}</b>'
LINK: Final = "javascript:window.ran=1"
MARKDOWN: Final = (
    f"# Doc\n\n{IMG}\n\n{SCRIPT}\n\n[click]({LINK}) [data](data:text/html,<script>window.ran=1</script>)\n\n"
    f"![pic](/{MARK}?md)\n\n<iframe srcdoc='<script>parent.ran=1</script>'></iframe>\n\n`{IMG}`"
)

DAG = f"""
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
import logging, sys

IMG = {IMG!r}
SCRIPT = {SCRIPT!r}
LINK = {LINK!r}

def speak(ti):
    print(IMG)
    print(SCRIPT)
    logging.warning(SCRIPT)
    print("\\x1b[31m" + IMG + "\\x1b[0m")
    print("\\x1b]8;;" + LINK + "\\x07click here\\x1b]8;;\\x07 and " + LINK + " and https://example.com/" + IMG)
    print("::group::" + IMG)
    print("::endgroup::")
    ti.xcom_push(IMG, {{SCRIPT: IMG}})
    return SCRIPT

def fail():
    raise ValueError(SCRIPT + IMG)

with DAG(
    "hostile", start_date=datetime(2024, 1, 1), schedule=None, tags=[IMG[:90], "script:" + SCRIPT[:80]],
    doc_md={MARKDOWN!r}, description=IMG, default_args={{"owner": IMG}}, owner_links={{"airflow": "https://example.com/"}},
    params={{IMG: SCRIPT}}, dag_display_name="Hostile " + IMG, is_paused_upon_creation=False,
) as dag:
    PythonOperator(task_id="speak", python_callable=speak, doc_md={MARKDOWN!r}, task_display_name=IMG) >> PythonOperator(
        task_id="fail", python_callable=fail
    )
"""
BROKEN = f"# a DAG file of airflow\nraise ValueError({SCRIPT + IMG!r})\n"

PAGES = [
    "/", "/dags", "/dags/hostile?view=grid", "/dags/hostile?view=graph", "/dags/hostile?view=gantt",
    "/dags/hostile?view=runs", "/dags/hostile?view=code", "/dags/hostile?view=details", "/dags/hostile?view=charts", "/runs",
    "/dags/hostile/runs/r", "/dags/hostile/runs/r/tasks/speak?tab=logs", "/dags/hostile/runs/r/tasks/speak?tab=xcom",
    "/dags/hostile/runs/r/tasks/speak?tab=details", "/dags/hostile/runs/r/tasks/speak?tab=rendered",
    "/dags/hostile/runs/r/tasks/speak?tab=tries", "/dags/hostile/runs/r/tasks/fail?tab=logs", "/variables", "/connections",
    "/pools", "/users", "/audit", "/import-errors", "/assets", "/status", "/configuration",
]  # fmt: skip
SHOWN = {
    "/dags/hostile/runs/r/tasks/speak?tab=logs": [IMG, SCRIPT],
    "/dags/hostile/runs/r/tasks/speak?tab=xcom": [IMG],
    "/dags/hostile/runs/r/tasks/fail?tab=logs": ["<svg onload="],
    "/variables": [IMG],
    "/connections": [IMG],
    "/pools": [IMG],
    "/import-errors": ["<svg onload="],
}
"""Where the text must stand as it was written."""

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(
    event.violatedDirective + " " + event.blockedURI));
"""
LIVE_MARKUP = """() => [
    ...[...document.querySelectorAll("body *")].filter((element) =>
        [...element.attributes].some((one) => /^on/i.test(one.name) && /window\\.ran/.test(one.value)))
        .map((element) => element.outerHTML.slice(0, 200)),
    ...[...document.querySelectorAll("a[href], iframe, form[action], [srcdoc]")].filter((element) =>
        // The charts' own download, which no browser opens as a page.
        !(element.hasAttribute("download") && /^data:text\\/csv;/.test(element.getAttribute("href") ?? ""))).filter((element) =>
        element.tagName === "IFRAME" || /^\\s*(javascript|data|vbscript):/i.test(
            element.getAttribute("href") ?? element.getAttribute("action") ?? ""))
        .map((element) => element.outerHTML.slice(0, 200)),
    ...[...document.querySelectorAll("body script")].filter((element) => /window\\.ran/.test(element.textContent))
        .map((element) => element.outerHTML),
]"""


@pytest.fixture(scope="module")
def hostile(site: Site) -> Site:
    home = site.home
    shutil.copy(HELLO_WORLD, home.dags)
    (home.dags / "hostile.py").write_text(DAG)
    (home.dags / "broken_file.py").write_text(BROKEN)
    home.wait_for(lambda: any(row["dag_id"] == "hostile" for row in home.json("dags", "list")))
    home.run("variables", "set", IMG, SCRIPT, "--description", IMG)
    home.run("pools", "set", IMG, "3", SCRIPT)
    home.run(
        "connections", "add", "hostile", "--conn-type", "http", "--conn-host", IMG, "--conn-login", SCRIPT,
        "--conn-schema", IMG, "--conn-extra", '{"a": "<img src=/xss-probe onerror=window.ran=1>"}',
        "--conn-description", SCRIPT + IMG,
    )  # fmt: skip
    home.run(
        "users", "create", "--username", "eve", "--password", "!eve-password!", "--firstname", IMG, "--lastname", SCRIPT,
        "--role", "Viewer", "--email", "eve@example.com",
    )  # fmt: skip
    home.run("dags", "unpause", "hostile")
    home.run(
        "dags", "trigger", "hostile", "--run-id", "r", "--conf", '{"x": "<img src=/xss-probe onerror=window.ran=1>"}'
    )
    home.wait_for(lambda: [run["state"] for run in home.json("dags", "list-runs", "-d", "hostile")] == ["failed"])
    return site


def test_nothing_that_was_written_runs_as_a_script(open_page: Callable[..., Page], hostile: Site) -> None:
    page = open_page(language="en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if MARK in request.url else None)
    page.on("dialog", lambda dialog: (asked.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.add_init_script(WATCH)
    log_in(page)
    _notes(page)
    found: list[Any] = []
    SHOTS.mkdir(exist_ok=True)
    for path in PAGES:
        page.goto(path)
        expect(page.locator("main")).not_to_be_empty()
        expect(page.locator("main [aria-busy=true]")).to_have_count(0)
        for text in SHOWN.get(path, ()):
            expect(page.locator("main")).to_contain_text(text)
        page.screenshot(path=str(SHOTS / f"hostile-{PAGES.index(path)}.png"))
        found += [f"{path}: ran" for ran in [page.evaluate("window.ran")] if ran]
        found += [f"{path}: {one}" for one in page.evaluate("window.violations")]
        found += [f"{path}: {one}" for one in page.evaluate(LIVE_MARKUP)]
    assert not found, "\n".join(map(str, found))
    assert not [url for url in asked if "?md" not in url], asked


def _notes(page: Page) -> None:
    """Notes of the run and of a task, as the pages write them."""
    done = page.evaluate(
        """async ([note]) => {
            const session = await (await fetch("/ui/session")).json();
            const headers = {"Content-Type": "application/json", "X-CSRF-Token": session.csrf_token};
            const body = JSON.stringify({note});
            const of = (path) => fetch(path, {method: "PATCH", headers, body}).then((answer) => answer.status);
            return [await of("/api/v2/dags/hostile/dagRuns/r"), await of("/api/v2/dags/hostile/dagRuns/r/taskInstances/speak")];
        }""",
        [MARKDOWN],
    )
    assert done == [200, 200]
