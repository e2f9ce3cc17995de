from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from engine_side import EngineSide


@pytest.fixture
def make_engine(tmp_path: Path) -> Iterator[Callable[..., EngineSide]]:
    """Engines of one home. Whatever still runs at the end of a test is ended."""
    made: list[EngineSide] = []

    def make(**settings: Any) -> EngineSide:
        engine = EngineSide(tmp_path, **settings)
        made.append(engine)
        return engine

    yield make
    for engine in made:
        if not engine.loop.is_closed():
            engine.stop()


@pytest.fixture
def engine(make_engine: Callable[..., EngineSide]) -> EngineSide:
    return make_engine().start()
