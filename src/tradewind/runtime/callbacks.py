"""The callbacks that the end of a try calls for. What goes wrong in them is logged and changes nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from tradewind.core.messages import Failed, Outcome, Skipped, Succeeded
from tradewind.core.states import TaskState
from tradewind.runtime.outcome import render_traceback

log = logging.getLogger("task")

_KINDS = {
    TaskState.SUCCESS: "success",
    TaskState.SKIPPED: "skipped",
    TaskState.UP_FOR_RETRY: "retry",
    TaskState.FAILED: "failure",
}


def state_after(outcome: Outcome, try_number: int, max_tries: int) -> TaskState | None:
    """The state that the outcome leads to, as the task's own callbacks see it; None: the try goes on later."""
    if isinstance(outcome, Succeeded):
        return TaskState.SUCCESS
    if isinstance(outcome, Skipped):
        return TaskState.SKIPPED
    if isinstance(outcome, Failed):
        return TaskState.UP_FOR_RETRY if outcome.retry and try_number <= max_tries else TaskState.FAILED
    return None


def kind_for(state: TaskState | None) -> str | None:
    """`success`, `failure`, `retry` or `skipped`; None when the state has no callbacks."""
    return None if state is None else _KINDS.get(state)


def run_all(kind: str, callbacks: Any, context: Any) -> str:
    """Call every one with the context. Answers what went wrong, in one line; an empty text when nothing did."""
    wrong = []
    for callback in _several(callbacks):
        name = _name_of(callback)
        log.info("Calling on_%s_callback %s", kind, name)
        try:
            callback(context)
        except (Exception, SystemExit) as error:
            log.error("on_%s_callback %s failed", kind, name, extra={"trace": render_traceback(error)})
            wrong.append(f"on_{kind}_callback {name}: {type(error).__name__}: {error}")
    return "; ".join(wrong)


def _several(callbacks: Any) -> Iterable[Callable[[Any], Any]]:
    if callbacks is None:
        return ()
    if callable(callbacks):
        return (callbacks,)
    several: Iterable[Callable[[Any], Any]] = callbacks
    return several


def _name_of(callback: Any) -> str:
    return str(getattr(callback, "__qualname__", None) or type(callback).__qualname__)
