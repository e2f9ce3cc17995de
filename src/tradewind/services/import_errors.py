"""DAG files that could not be imported, as far as somebody may see them.

Whoever reads some DAGs only sees the errors of files with one of them, and of files that define no DAG at all. The text of
an error can show the source of any DAG in its file: with one that he may not read, it is replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from msgspec.structs import replace

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import ImportErrorRecord
from tradewind.services.errors import Unknown
from tradewind.services.session import Services

REDACTED: Final = "REDACTED - you do not have read permission on all DAGs in the file"


def list_import_errors(services: Services) -> list[ImportErrorRecord]:
    """By file."""
    return services.store.import_errors.list()


def import_error_page(
    services: Services,
    page: Page,
    order: Sequence[Ordering] = (),
    *,
    patterns: Sequence[Pattern] = (),
    file: str | None = None,
    readable: Collection[str] | None = None,
) -> Found[ImportErrorRecord]:
    """Some of the errors of files whose path matches all patterns (and is `file`); ordered by id, at, file, message.

    `readable`: the DAGs that may be read; None: all of them.
    """
    found = services.store.import_errors.page(page, order, patterns=patterns, file=file, readable=readable)
    return Found(_redacted(services, found.items, readable), found.total)


def get_import_error(
    services: Services, error_id: int, *, readable: Collection[str] | None = None
) -> ImportErrorRecord:
    """Raises Unknown, also for the error of a file with DAGs none of which may be read."""
    found = services.store.import_errors.get(error_id)
    if found is not None and readable is not None:
        dags = services.store.import_errors.dags_of([found.file]).get(found.file, set())
        if dags and dags.isdisjoint(readable):
            found = None
    if found is None:
        raise Unknown("import error", str(error_id), hint="It may have been corrected since.")
    return _redacted(services, [found], readable)[0]


def _redacted(
    services: Services, records: list[ImportErrorRecord], readable: Collection[str] | None
) -> list[ImportErrorRecord]:
    if readable is None:
        return records
    dags = services.store.import_errors.dags_of([record.file for record in records])
    return [
        record if dags.get(record.file, set()) <= set(readable) else replace(record, message=REDACTED)
        for record in records
    ]
