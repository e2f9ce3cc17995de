"""The documents that the pages' types are made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tradewind.server.openapi import document_of

UI = Path(__file__).parents[2] / "ui" / "openapi"


@pytest.mark.parametrize("api", ["ui", "v2"])
def test_the_pages_types_are_made_from_the_documents_of_this_server(api: str) -> None:
    kept = json.loads((UI / f"{api}.json").read_text())
    assert kept == document_of(api), (
        f"run `python -m tradewind.server.openapi {api} > ui/openapi/{api}.json`, then `npm run api`"
    )
