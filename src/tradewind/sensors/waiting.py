"""What sensors do whose `deferrable` is set, as long as there are no triggers.

They give their slot back, as a deferred task does, and are rescheduled: at the time they wait for when that is known,
else at every `poke_interval`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tradewind.sdk.exceptions import AirflowRescheduleException


def reschedule_instead(sensor: Any, deferrable: bool) -> bool:
    """Called at the end of a sensor's `__init__`. Answers `deferrable`."""
    if deferrable:
        sensor.mode = "reschedule"
    return deferrable


def note_reschedule(sensor: Any) -> None:
    """The line in the log that says what `deferrable` means here."""
    sensor.log.info(
        "deferrable=True: there are no triggers yet, so this sensor is rescheduled; it holds no slot meanwhile."
    )


def wait_until(sensor: Any, moment: dt.datetime) -> None:
    """Return when `moment` is past. Raises AirflowRescheduleException to be started again then."""
    if sensor.clock.now() >= moment:
        return
    note_reschedule(sensor)
    raise AirflowRescheduleException(moment)
