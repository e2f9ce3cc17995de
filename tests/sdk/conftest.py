from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk.world import Platform, on
from tradewind.configuration import conf
from tradewind.sdk import masking
from tradewind.sdk.operator_arguments import forget_configured_defaults


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own for every test, and nothing that an earlier test configured or masked."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW_HOME", str(folder))
    monkeypatch.setattr(masking, "MASKER", masking.Masker())
    conf.reload()
    forget_configured_defaults()
    yield folder
    conf.reload()
    forget_configured_defaults()


@pytest.fixture
def platform() -> Iterator[Platform]:
    with on(Platform()) as platform:
        yield platform
