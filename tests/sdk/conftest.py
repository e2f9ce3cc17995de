from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sdk.world import Platform, on


@pytest.fixture
def platform() -> Iterator[Platform]:
    with on(Platform()) as platform:
        yield platform
