"""The web server is killed under an open page: the page says so, and catches up by itself when the server is back."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.home import Home
from tests.web.conftest import HELLO_WORLD, PASSWORD, SHOTS, Site, log_in


class Halves(Site):
    """Engine and web server apart, the second one always on the same port."""

    def __init__(self, home: Home) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        super().__init__(home, f"http://127.0.0.1:{self._port}")
        self._server: subprocess.Popen[str] | None = None

    def serve(self) -> None:
        if self._answers():
            return
        self._server = self.home.start("webserver", "--hostname", "127.0.0.1", "--port", str(self._port))
        self.home.wait_for(self._answers)

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Halves]:
    home = Home(tmp_path_factory.mktemp("home"))
    home.run("db", "init")
    home.run(
        "users", "create", "--username", "admin", "--password", PASSWORD, "--firstname", "a", "--lastname", "b",
        "--role", "Admin", "--email", "admin@example.com",
    )  # fmt: skip
    home.dags.mkdir(exist_ok=True)
    shutil.copy(HELLO_WORLD, home.dags)
    halves = Halves(home)
    with home.running("scheduler"):
        home.wait_for(lambda: any(row["dag_id"] == "hello_world" for row in home.json("dags", "list")))
        home.run("dags", "unpause", "hello_world")
        home.wait_for(lambda: _states(home) == ["success"] * 2)
        halves.serve()
        try:
            yield halves
        finally:
            halves.kill()


def _states(home: Home) -> list[str]:
    return [run["state"] for run in home.json("dags", "list-runs", "-d", "hello_world")]


@pytest.mark.parametrize(
    ("language", "live", "offline"), [("en", "Live", "Offline since"), ("ko", "실시간", "부터 오프라인")]
)
def test_an_open_page_says_that_the_server_is_gone_and_catches_up(
    open_page: Callable[..., Page], site: Halves, language: str, live: str, offline: str
) -> None:
    site.serve()
    page = open_page(language=language)
    log_in(page)
    page.goto("/dags/hello_world?view=grid")
    chip = page.locator("output[data-state]")
    expect(chip).to_have_attribute("data-state", "live", timeout=20_000)
    expect(chip).to_contain_text(live)
    done = page.get_by_role("grid").locator("[role=gridcell][data-task=print_world][data-state=success]")
    before = len(_states(site.home))
    expect(done).to_have_count(before, timeout=20_000)
    loads: list[str] = []
    page.on("load", lambda _: loads.append("load"))

    site.kill()
    expect(chip).to_have_attribute("data-state", "offline", timeout=15_000)
    expect(chip).to_contain_text(offline)
    # What was there is still to be read.
    expect(page.get_by_role("grid")).to_be_visible()
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / f"server-gone-{language}.png"))

    # Runs come and end meanwhile: the engine does not need the web server.
    site.home.run("dags", "trigger", "hello_world", "--run-id", f"in-absence-{language}")
    runs = before + 1
    site.home.wait_for(lambda: _states(site.home) == ["success"] * runs)

    site.serve()
    expect(chip).to_have_attribute("data-state", "live", timeout=20_000)
    expect(done).to_have_count(runs, timeout=20_000)
    assert not loads
    page.screenshot(path=str(SHOTS / f"server-back-{language}.png"))
