"""What importing DAG files found, as it is reported to a user."""

from __future__ import annotations

from typing import NamedTuple


class ParseReport(NamedTuple):
    """One DAG file that was imported."""

    file: str
    duration_s: float
    dag_ids: tuple[str, ...]
    task_count: int
    problems: tuple[str, ...] = ()
    """Import errors, each with the file and the line."""
