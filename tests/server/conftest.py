from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site, a_site


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes servers, each over a seeded store; `make_site(AIRFLOW__API__EXPOSE_CONFIG="True")` sets options."""
    sites: list[Site] = []

    def make(**environ: str) -> Site:
        folder = tmp_path / f"site-{len(sites)}"
        folder.mkdir()
        sites.append(a_site(folder, environ))
        return sites[-1]

    yield make
    for site in sites:
        site.store.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def admin(site: Site) -> TestClient:
    """An Admin on the seeded store."""
    return site.client("Admin")
