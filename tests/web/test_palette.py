"""The command palette: anywhere, and whatever may be done with what the page shows, by the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.conftest import SHOTS, log_in


def open_palette(page: Page) -> None:
    # The pages listen to the keyboard once they are drawn; a person waits for that, too.
    page.get_by_role("main").get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()


@pytest.fixture
def opened(open_page: Callable[..., Page]) -> Callable[..., Page]:
    def make(**look: object) -> Page:
        page = open_page(**look)
        log_in(page)
        page.goto("/pools")
        return page

    return make


def test_a_reader_finds_a_dag_and_triggers_it_without_the_mouse(opened: Callable[..., Page]) -> None:
    page = opened(language="ko")
    open_palette(page)
    expect(page.get_by_role("combobox", name="검색 또는 명령 실행")).to_be_visible()
    page.keyboard.type("hello")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("hello_world")
    expect(page.get_by_role("group", name="태스크")).to_contain_text("print_hello")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/dags/hello_world"))

    # Here, the palette offers what may be done with the DAG.
    open_palette(page)
    page.keyboard.type("ㅌㄹㄱ")
    expect(options.first).to_contain_text("실행 트리거")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    # Elsewhere, it is what was looked at last.
    page.goto("/pools")
    open_palette(page)
    expect(page.get_by_role("group", name="최근").get_by_role("option").first).to_contain_text("hello_world")


def test_a_setting_is_changed_from_the_palette_and_stays(opened: Callable[..., Page]) -> None:
    page = opened(language="ko")
    open_palette(page)
    page.keyboard.type("English")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Search or run a command")).to_be_visible()
    open_palette(page)
    page.keyboard.type("theme dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.get_by_role("button", name="Search or run a command")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("ko", "light", 1440), ("en", "dark", 1440), ("ko", "dark", 390), ("en", "light", 390)],
)
def test_the_palette_is_accessible(opened: Callable[..., Page], language: str, scheme: str, width: int) -> None:
    page = opened(language=language, scheme=scheme, width=width, height=844)
    open_palette(page)
    page.keyboard.type("hel")
    page.get_by_role("option").filter(has_text="print_hello").first.wait_for()
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / f"palette-{language}-{scheme}-{width}.png"))
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_menus_say_which_of_their_entries_is_chosen(opened: Callable[..., Page]) -> None:
    page = opened(language="en")
    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("menuitemradio", name="As the system")).to_be_checked()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.get_by_role("menuitemradio", name="Dark")).to_be_checked()
    expect(page.get_by_role("menuitemcheckbox", name="Keyboard shortcuts")).to_be_checked()
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / "menu-theme.png"))
