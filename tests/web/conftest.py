"""A real standalone with the tutorial's file, and Debian's Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.home import Home

HELLO_WORLD = Path(__file__).parents[1] / "conformance" / "tutorial" / "dags" / "hello_world.py"
CHROMIUM = os.environ.get("TRADEWIND_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
STATIC = Path(__file__).parents[2] / "src" / "tradewind" / "server" / "static" / "index.html"
SHOTS = Path(__file__).parents[2] / ".screenshots"
"""Kept for whoever wants to look; git-ignored."""
PASSWORD = "!admin-password!"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/web/" in str(item.path):
            item.add_marker(pytest.mark.web)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("Chromium is missing: apt-get install chromium, or name one with TRADEWIND_CHROMIUM.")
    if not STATIC.exists():
        pytest.fail("The UI is not built: make ui.")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip


class Site:
    """A running standalone and the address of its pages."""

    def __init__(self, home: Home, url: str) -> None:
        self.home = home
        self.url = url


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = Home(tmp_path_factory.mktemp("home"))
    home.run("db", "init")
    home.run(
        "users", "create", "--username", "admin", "--password", PASSWORD, "--firstname", "b",
        "--lastname", "kkhyunn", "--role", "Admin", "--email", "admin@example.com",
    )  # fmt: skip
    home.dags.mkdir(exist_ok=True)
    shutil.copy(HELLO_WORLD, home.dags)
    with home.running("standalone", "--port", "0"):
        output = home.folder / "standalone.out"

        def address() -> str | None:
            found = re.search(r"Web server is running: (http://\S+)", output.read_text() if output.exists() else "")
            return found[1] if found else None

        home.wait_for(address)
        home.wait_for(lambda: any(row["dag_id"] == "hello_world" for row in home.json("dags", "list")))
        yield Site(home, str(address()))


@pytest.fixture(scope="module")
def logged_in(browser: Browser, site: Site) -> StorageState:
    """What a browser keeps of the administrator's login."""
    context = browser.new_context(base_url=site.url)
    log_in(context.new_page())
    cookies = context.storage_state()["cookies"]
    context.close()
    return {"cookies": cookies}


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Pages of browsers of their own; what they complain about fails the test at its end."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(
        *,
        language: str = "ko",
        scheme: str = "light",
        width: int = 1440,
        height: int = 900,
        state: StorageState | None = None,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="ko-KR" if language == "ko" else "en-US",
            color_scheme="dark" if scheme == "dark" else "light",
            base_url=site.url,
            storage_state=state,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
        )
        page.on(
            "response",
            lambda answer: complaints.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
        )
        page.on("request", lambda request: complaints.append(f"foreign: {request.url}")
                if not request.url.startswith((site.url, "data:", "blob:")) else None)  # fmt: skip
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


def log_in(page: Page) -> None:
    page.goto("/login")
    page.locator("input[name=username], input[autocomplete=username]").first.fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
