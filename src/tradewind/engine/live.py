"""An unfinished run in the engine's memory: a cache of the store, thrown away and read again when in doubt."""

from __future__ import annotations

import json
from dataclasses import dataclass

import msgspec

from tradewind.core.messages import RunInfo
from tradewind.core.records import RunRecord
from tradewind.core.run_view import RunView
from tradewind.core.states import RunState
from tradewind.engine.catalog import Version


@dataclass(slots=True)
class LiveRun:
    record: RunRecord
    version: Version
    view: RunView

    @property
    def run_key(self) -> int:
        return self.record.run_key

    @property
    def dag_id(self) -> str:
        return self.record.dag_id

    def set(self, **values: object) -> None:
        """Changes columns of the run, here and in what the core sees of it."""
        self.record = msgspec.structs.replace(self.record, **values)
        self.view.run = self.record

    @property
    def is_running(self) -> bool:
        return self.record.state is RunState.RUNNING

    def info(self) -> RunInfo:
        """The run as its tasks see it."""
        return run_info(self.record, self.version.number)


def run_info(record: RunRecord, version_number: int) -> RunInfo:
    return RunInfo(
        dag_id=record.dag_id,
        run_id=record.run_id,
        run_type=record.run_type.value,
        run_after=record.run_after,
        logical_date=record.logical_date,
        data_interval_start=record.data_interval_start,
        data_interval_end=record.data_interval_end,
        state=record.state.value,
        queued_at=record.queued_at,
        start_date=record.start_date,
        end_date=record.end_date,
        conf=record.conf or json.dumps({}),
        clear_number=record.clear_number,
        triggered_by=record.triggered_by,
        triggering_user=record.triggering_user,
        note=record.note,
        version_number=version_number,
    )
