"""Every page, in both languages and themes, on a desktop and on a phone: it shows something, axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, StorageState, expect

from tests.web.conftest import SHOTS, Site

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
WIDE, PHONE = (1440, 900), (390, 844)
LOOKS = {
    # The first is loaded like this, and examined; the page then turns into the second while it is open. Together: both
    # languages, schemes and sizes, each examined once and seen twice.
    "ko": (("light", WIDE), ("dark", PHONE)),
    "en": (("dark", PHONE), ("light", WIDE)),
}


@pytest.fixture(scope="module")
def run_id(site: Site) -> str:
    site.home.run("dags", "unpause", "hello_world")
    site.home.wait_for(
        lambda: [run["state"] for run in site.home.json("dags", "list-runs", "-d", "hello_world")] == ["success"] * 2
    )
    return str(site.home.json("dags", "list-runs", "-d", "hello_world")[0]["run_id"])


@pytest.mark.parametrize("language", LOOKS)
def test_every_page_shows_something_and_is_accessible(
    open_page: Callable[..., Page], run_id: str, logged_in: StorageState, language: str
) -> None:
    (scheme, (width, height)), turned = LOOKS[language]
    page = open_page(language=language, scheme=scheme, width=width, height=height, state=logged_in)
    SHOTS.mkdir(exist_ok=True)
    axe = Axe()
    found: list[str] = []
    for name, path in PAGES.items():
        turn(page, scheme, (width, height))
        page.goto(path.replace("{run}", run_id), wait_until="commit")
        look(page, f"{name}-{language}-{scheme}-{width}")
        found += [f"{name}: {violation}" for violation in serious_violations(axe, page)]
        turn(page, *turned)
        look(page, f"{name}-{language}-{turned[0]}-{turned[1][0]}")
    assert not found, "\n".join(found)


def turn(page: Page, scheme: str, size: tuple[int, int]) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": size[0], "height": size[1]})


def look(page: Page, name: str) -> None:
    """Holds that the page is there, whole, and no wider than the window; keeps a picture."""
    expect(page.locator("main")).not_to_be_empty(timeout=PATIENCE_MS)
    expect(page.locator("main [aria-busy=true]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("main [role=alert]")).to_have_count(0)
    page.screenshot(path=str(SHOTS / f"{name}.png"))
    assert page.locator("main").inner_text().strip(), name
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, f"{name} is {wide} px wider than the window"


def serious_violations(axe: Axe, page: Page) -> list[str]:
    return [
        f"{one['id']} {[node['target'] for node in one['nodes']][:3]}"
        for one in axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
