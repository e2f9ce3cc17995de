"""How an exception that ended a task's work becomes the outcome of its try, and what the log shows of it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final

from tradewind.core.messages import Deferred, Failed, Outcome, Rescheduled, Skipped, Succeeded
from tradewind.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
    DownstreamTasksSkipped,
    TaskDeferred,
)
from tradewind.sdk.source_location import is_user_file
from tradewind.sdk.timezone import convert_to_utc

MAX_ERROR_CHARACTERS: Final = 1000


def outcome_of(error: BaseException, *, dialect: int, mask: Callable[[str], str]) -> Outcome:
    """The outcome that `error` stands for. `dialect` decides what `sys.exit(0)` means: success in 2, failure in 3."""
    if isinstance(error, AirflowSkipException):
        return Skipped(reason=mask(str(error)))
    if isinstance(error, DownstreamTasksSkipped):
        return Succeeded(skip=skipped_ids(error.tasks))
    if isinstance(error, AirflowRescheduleException):
        return Rescheduled(convert_to_utc(error.reschedule_date))
    if isinstance(error, TaskDeferred):
        return _deferred(error, mask)
    if isinstance(error, SystemExit) and dialect < 3 and error.code in (None, 0):
        return Succeeded()
    return failure_of(error, mask)


def failure_of(error: BaseException, mask: Callable[[str], str]) -> Failed:
    """`error` as a failure, whatever it is."""
    line = one_line(error, mask)
    if isinstance(error, AirflowSensorTimeout):
        return Failed(cause="sensor_timeout", error=line, retry=False)
    if isinstance(error, AirflowFailException):
        return Failed(error=line, retry=False)
    if isinstance(error, AirflowTaskTimeout):
        return Failed(cause="execution_timeout", error=line)
    if isinstance(error, AirflowTaskTerminated):
        return Failed(cause="killed", error=line)
    if isinstance(error, SystemExit):
        return Failed(cause="exit_code", error=line)
    if isinstance(error, MemoryError):
        return Failed(cause="out_of_memory", error=line)
    return Failed(error=line)


def skipped_ids(tasks: Any) -> list[str]:
    """Task ids of what `DownstreamTasksSkipped` carries: ids or (id, map index) pairs, one or many."""
    if isinstance(tasks, str):
        return [tasks]
    return [task if isinstance(task, str) else str(task[0]) for task in tasks]


def one_line(error: BaseException, mask: Callable[[str], str]) -> str:
    """`ValueError: planned failure`: the first line of the message, masked, at most 1,000 characters."""
    name = type(error).__name__
    if isinstance(error, SystemExit):
        return mask(f"SystemExit: the task called sys.exit({error.code!r})")[:MAX_ERROR_CHARACTERS]
    try:
        text = str(error).strip()
    except Exception as broken:
        text = f"(its message could not be read: {type(broken).__name__})"
    first, _, rest = text.partition("\n")
    if not first:
        return name
    return mask(f"{name}: {first}{' …' if rest else ''}")[:MAX_ERROR_CHARACTERS]


def render_traceback(error: BaseException) -> str:
    """The traceback as users need it: from the first frame of their own code on.

    An error that never passed through user code keeps its last frame. Causes and contexts are shown, too.
    """
    shown = traceback.TracebackException.from_exception(error, compact=True)
    _trim(shown)
    return "".join(shown.format()).rstrip()


def _trim(shown: Any) -> None:
    stack: Any = shown.stack
    first = next((number for number, frame in enumerate(stack) if is_user_file(frame.filename)), len(stack) - 1)
    if first > 0:
        del stack[:first]
    related: Iterable[Any] = (shown.__cause__, shown.__context__, *(getattr(shown, "exceptions", None) or ()))
    for other in related:
        if other is not None:
            _trim(other)


def _deferred(error: TaskDeferred, mask: Callable[[str], str]) -> Outcome:
    try:
        classpath, kwargs = error.trigger.serialize()
        return Deferred(
            classpath=classpath,
            kwargs=json.dumps(kwargs, default=_as_text),
            next_method=error.method_name,
            next_kwargs=json.dumps(error.kwargs or {}, default=_as_text),
            timeout_s=error.timeout.total_seconds() if error.timeout is not None else None,
        )
    except Exception as broken:
        return failure_of(broken, mask)


def _as_text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
