from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.postgres import postgres_url
from tradewind.store import Store, open_store


@cache
def _migrated() -> str:
    """A PostgreSQL database with tables and nothing else, to copy: faster than making them for each test."""
    url = postgres_url()
    with open_store(url) as store:
        store.schema.migrate()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, tmp_path: Path) -> str:
    """A database without tables."""
    return f"sqlite:///{tmp_path}/airflow.db" if backend == "sqlite" else postgres_url()


@pytest.fixture
def url(backend: str, tmp_path: Path) -> str:
    """A migrated database."""
    if backend == "postgresql":
        return postgres_url(like=_migrated())
    url = f"sqlite:///{tmp_path}/airflow.db"
    with open_store(url, create=True) as store:
        store.schema.migrate()
    return url


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., Store]]:
    """Opens stores on the migrated database; each has connections of its own, like another process."""
    stores: list[Store] = []

    def open_one(**options: object) -> Store:
        stores.append(open_store(url, **options))  # type: ignore[arg-type]
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[..., Store]) -> Store:
    return opened()
