from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.site import Site
from tradewind.runtime.rendezvous import private_folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Homes whose processes are all gone after the test, whatever happens."""
    made: list[Site] = []

    def make(**settings: str) -> Site:
        site = Site(tmp_path / f"home{len(made)}", **settings)
        made.append(site)
        return site

    yield make
    for site in made:
        site.close()
        shutil.rmtree(private_folder(str(site.home.folder)), ignore_errors=True)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def measured(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Shows a measured time beside its bar, and fails when it is far from it: machines of a CI are slow."""

    def measure(what: str, seconds: float, bar_s: float, *, slack: float = 3.0) -> None:
        with capsys.disabled():
            print(f"\n    {what}: {seconds:.3f} s (bar {bar_s:g} s)", end="")
        assert seconds <= slack * bar_s, f"{what}: {seconds:.3f} s, bar {bar_s:g} s"

    return measure
