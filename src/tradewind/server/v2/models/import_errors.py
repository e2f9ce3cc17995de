from __future__ import annotations

from datetime import datetime

from tradewind.core.records import ImportErrorRecord
from tradewind.server.bodies import Answer
from tradewind.server.v2.bundle import BUNDLE


class ImportErrorResponse(Answer):
    import_error_id: int
    timestamp: datetime
    filename: str
    bundle_name: str | None
    stack_trace: str

    @classmethod
    def of(cls, record: ImportErrorRecord) -> ImportErrorResponse:
        return cls(
            import_error_id=record.id,
            timestamp=record.at,
            filename=record.file,
            bundle_name=BUNDLE,
            stack_trace=record.message,
        )


class ImportErrorCollectionResponse(Answer):
    import_errors: list[ImportErrorResponse]
    total_entries: int
