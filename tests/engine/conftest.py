"""Worlds end with their test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.world import OPEN


@pytest.fixture(autouse=True)
def worlds() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()
