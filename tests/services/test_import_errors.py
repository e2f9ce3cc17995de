"""What pages say of a file that cannot be imported, in one line."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from tradewind.core.records import ImportErrorRecord
from tradewind.services.views.import_errors import summary_of

FILE = "/dags/etl.py"


@pytest.mark.parametrize(
    ("message", "summary"),
    [
        (f'{FILE}:3: KeyError: x\n\n  File "{FILE}", line 3, in <module>\n    d["x"]', "KeyError: x"),
        (f"{FILE}: It takes longer than 30 s.", "It takes longer than 30 s."),
        ("/dags/lib.py:9: ValueError: no", "/dags/lib.py:9: ValueError: no"),
        ("\n  Out of memory.\n", "Out of memory."),
        ("", ""),
    ],
)
def test_the_summary_is_the_sentence_and_not_a_line_of_source(message: str, summary: str) -> None:
    error = ImportErrorRecord(file=FILE, message=message, at=datetime(2026, 1, 1, tzinfo=timezone.utc), line=3)
    assert summary_of(error) == summary
