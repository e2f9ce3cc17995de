"""FileSensor: waits for a file or a folder with something in it."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from tradewind.hooks.filesystem import FSHook
from tradewind.sdk.sensor import BaseSensorOperator
from tradewind.sensors.waiting import note_reschedule, reschedule_instead


class FileSensor(BaseSensorOperator):
    """Waits until `filepath` exists; it may be a glob (`**` with `recursive`). A folder counts once any file is in it.

    A relative path is taken from the path of connection `fs_conn_id`. With `deferrable` the task is rescheduled
    between pokes.
    """

    template_fields: Sequence[str] = ("filepath", "fs_conn_id")
    ui_color = "#91818a"

    def __init__(
        self,
        *,
        filepath: str,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: bool = False,
        start_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive
        self.start_from_trigger = start_from_trigger
        self.trigger_kwargs = trigger_kwargs
        self.deferrable = reschedule_instead(self, deferrable)

    @cached_property
    def path(self) -> str:
        return os.path.join(FSHook(self.fs_conn_id).get_path(), self.filepath)

    def execute(self, context: Any) -> Any:
        if self.deferrable:
            note_reschedule(self)
        return super().execute(context)

    def poke(self, context: Any) -> bool:
        self.log.info("Poking for file %s", self.path)
        for path in glob.iglob(self.path, recursive=self.recursive):
            if os.path.isfile(path):
                changed = datetime.fromtimestamp(os.path.getmtime(path), timezone.utc)
                self.log.info("Found file %s, last modified %s", path, changed.isoformat(timespec="seconds"))
                return True
            if any(files for _, _, files in os.walk(path)):
                return True
        return False
