"""Every page, in both languages and themes, on a desktop and on a phone: it shows something, axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, StorageState, expect

from tests.web.conftest import EVERY_SHOT, SHOTS, Site

PAGES = {
    "home": "/",
    "dags": "/dags",
    "dag-grid": "/dags/hello_world?view=grid",
    "dag-graph": "/dags/hello_world?view=graph",
    "dag-gantt": "/dags/hello_world?view=gantt",
    "dag-calendar": "/dags/hello_world?view=calendar",
    "dag-charts": "/dags/hello_world?view=charts",
    "dag-code": "/dags/hello_world?view=code",
    "dag-runs": "/dags/hello_world?view=runs",
    "dag-backfills": "/dags/hello_world?view=backfills",
    "dag-details": "/dags/hello_world?view=details",
    "runs": "/runs",
    "run": "/dags/hello_world/runs/{run}",
    "task-log": "/dags/hello_world/runs/{run}/tasks/print_hello?tab=logs",
    "task-tries": "/dags/hello_world/runs/{run}/tasks/print_hello?tab=tries",
    "task-details": "/dags/hello_world/runs/{run}/tasks/print_hello?tab=details",
    "tasks": "/task-instances",
    "tasks-filtered": "/task-instances?state=success&pool=default",
    "xcoms": "/xcoms",
    "assets": "/assets",
    "audit": "/audit",
    "import-errors": "/import-errors",
    "pools": "/pools",
    "variables": "/variables",
    "connections": "/connections",
    "users": "/users",
    "roles": "/roles",
    "health": "/status",
    "configuration": "/configuration",
    "providers": "/providers",
    "plugins": "/plugins",
}
PATIENCE_MS = 60_000
"""What loads lazily (an editor, a chart) may take long on a machine that is busy; it costs nothing on one that is not."""
LOOKS = [("ko", "light", 1440), ("en", "dark", 1440), ("ko", "dark", 390), ("en", "light", 390)]


@pytest.fixture(scope="module")
def run_id(site: Site) -> str:
    site.home.run("dags", "unpause", "hello_world")
    site.home.wait_for(
        lambda: [run["state"] for run in site.home.json("dags", "list-runs", "-d", "hello_world")] == ["success"] * 2
    )
    return str(site.home.json("dags", "list-runs", "-d", "hello_world")[0]["run_id"])


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_every_page_shows_something_and_is_accessible(
    open_page: Callable[..., Page], run_id: str, logged_in: StorageState, language: str, scheme: str, width: int
) -> None:
    height = 900 if width > 900 else 844
    page = open_page(language=language, scheme=scheme, width=width, height=height, state=logged_in)
    axe = Axe()
    found: list[str] = []
    for name, path in PAGES.items():
        page.goto(path.replace("{run}", run_id), wait_until="commit")
        expect(page.locator("main")).not_to_be_empty(timeout=PATIENCE_MS)
        expect(page.locator("main [aria-busy=true]")).to_have_count(0, timeout=PATIENCE_MS)
        expect(page.locator("main [role=alert]")).to_have_count(0)
        if EVERY_SHOT:
            SHOTS.mkdir(exist_ok=True)
            page.screenshot(path=str(SHOTS / f"{name}-{language}-{scheme}-{width}.png"))
        assert page.locator("main").inner_text().strip(), name
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{name} is {wide} px wider than the window"
        for violation in axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                where = [node["target"] for node in violation["nodes"]][:3]
                found.append(f"{name}: {violation['id']} {where}")
    assert not found, "\n".join(found)
