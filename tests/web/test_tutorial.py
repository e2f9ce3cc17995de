"""The tutorial's section on the web UI, in Korean, as its reader does it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.conftest import SHOTS, log_in


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / f"tutorial-{name}.png"))


def test_the_readers_way_through_the_web_ui(open_page: Callable[..., Page]) -> None:
    page = open_page(language="ko")
    log_in(page)
    page.goto("/dags")

    # The DAG is there, switched off. Switching it on tells first that two runs come of it.
    row = page.get_by_role("row").filter(has_text="hello_world")
    toggle = row.get_by_role("switch")
    expect(toggle).not_to_be_checked()
    toggle.click(force=True)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2개")
    shot(page, "1-switch-on")
    dialog.get_by_role("button", name="켜기").click()
    expect(toggle).to_be_checked()

    # Two columns turn green, without a reload.
    row.get_by_role("link", name="hello_world").click()
    grid = page.get_by_role("grid")
    for task in ("print_hello", "print_world"):
        expect(grid.locator(f"[role=gridcell][data-task={task}][data-state=success]")).to_have_count(2)
    shot(page, "2-grid")

    # A click on a square: its log says Hello.
    first = grid.locator("[role=gridcell][data-task=print_hello]").first
    first.click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("Hello")
    shot(page, "3-log")

    # The code, the graph and the calendar are one click away.
    views = page.get_by_role("navigation", name="보기")
    views.get_by_text("코드", exact=True).click()
    expect(page.locator(".cm-content")).to_contain_text("print_world")
    shot(page, "4-code")
    views.get_by_text("그래프", exact=True).click()
    expect(page.locator(".react-flow__node")).to_have_count(2)
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    shot(page, "5-graph")
    views.get_by_text("캘린더", exact=True).click()
    expect(page.locator("button[data-state=success]").first).to_be_visible()
    shot(page, "6-calendar")
    views.get_by_text("그리드", exact=True).click()

    # Clearing print_hello names print_world, too: downstream is included.
    grid.locator("[role=gridcell][data-task=print_hello]").first.click()
    page.get_by_role("button", name="초기화").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("print_hello")
    expect(dialog).to_contain_text("print_world")
    shot(page, "7-clear")
    dialog.get_by_role("button", name="초기화", exact=True).click()
    expect(dialog).not_to_be_visible()

    # It runs again by itself, and the second try stands beside the first.
    second = page.get_by_role("tab", name="시도 2")
    expect(second).to_be_visible()
    expect(grid.locator("[role=gridcell][data-state=success]")).to_have_count(4)
    page.get_by_role("tab", name="시도 1").click()
    expect(page.get_by_role("log")).to_contain_text("Try 1 of task print_hello")
    second.click()
    expect(page.get_by_role("log")).to_contain_text("Try 2 of task print_hello")
    shot(page, "8-second-try")
