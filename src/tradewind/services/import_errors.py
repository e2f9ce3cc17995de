"""DAG files that could not be imported."""

from __future__ import annotations

from tradewind.core.records import ImportErrorRecord
from tradewind.services.session import Services


def list_import_errors(services: Services) -> list[ImportErrorRecord]:
    """By file."""
    return services.store.import_errors.list()
