"""Whether a failed try is made again, and when.

With a multiplier the delay grows exponentially and is spread by a jitter that depends on nothing but the instance and the
number of the try, so that two engines, or one engine twice, compute the same moment.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime
from typing import Final

from tradewind.core.spec import TaskSpec

LONGEST_DELAY_S: Final = 24 * 60 * 60
"""No exponential delay is longer than a day."""


def can_retry(task: TaskSpec, try_number: int, max_tries: int) -> bool:
    """True when a task that failed on its try `try_number` may be tried again."""
    return task.retries > 0 and try_number <= max_tries


def retry_delay_s(
    task: TaskSpec, *, dag_id: str, logical_date: datetime | None, try_number: int, dialect: int = 3
) -> float:
    """Seconds between the end of the failed try `try_number` (1 for the first) and the next one.

    Both dialects start from `delay * multiplier ** (try_number - 1)`: Airflow 2 counts the coming try, and subtracts 2.
    What remains of that difference is the number that goes into the jitter's hash.
    """
    if task.retry_multiplier in (0, 1) or task.retry_multiplier < 0:
        return task.retry_delay_s
    try:
        base = math.ceil(task.retry_delay_s * task.retry_multiplier ** (try_number - 1))
    except OverflowError:
        base = LONGEST_DELAY_S
    base = max(base, 1)
    counted = try_number if dialect == 3 else try_number + 1
    name = f"{dag_id}#{task.task_id}#{logical_date}#{counted}".encode()
    jitter = int(hashlib.sha1(name, usedforsecurity=False).hexdigest(), 16) % base
    delay = float(min(base + jitter, LONGEST_DELAY_S))
    if task.max_retry_delay_s:
        delay = min(task.max_retry_delay_s, delay)
    return delay
