from __future__ import annotations

from datetime import datetime

from tradewind.core.records import ImportErrorRecord
from tradewind.server.bodies import Answer


class ImportError(Answer):
    import_error_id: int
    timestamp: datetime
    filename: str
    stack_trace: str

    @classmethod
    def of(cls, record: ImportErrorRecord) -> ImportError:
        return cls(import_error_id=record.id, timestamp=record.at, filename=record.file, stack_trace=record.message)


class ImportErrorCollection(Answer):
    import_errors: list[ImportError]
    total_entries: int
