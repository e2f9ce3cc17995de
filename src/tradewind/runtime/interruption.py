"""Signals that end a task's work from outside: SIGTERM, and the alarm of `execution_timeout`.

Both run the operator's `on_kill` (once) and raise in the middle of user code. User code may swallow what was raised; then
the work counts as interrupted all the same, and the alarm comes again and ends the process for good.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, Protocol

from tradewind.runtime.plain_signals import ALARM, DEFAULT, TERM, set_handler
from tradewind.sdk.exceptions import AirflowTaskTerminated, AirflowTaskTimeout

TIMEOUT_GRACE_S: Final = 1.5
"""How long the work may go on after its time-out. The DAG host kills the process half a second later."""

log = logging.getLogger("task")


class Gate(Protocol):
    """What must not be interrupted (`TaskChannel`)."""

    @property
    def interruptible(self) -> bool: ...

    def do_later(self, action: Callable[[], None]) -> None: ...


class Interruption:
    """The signals of one task's process. `give_up` is called when the work ignores its time-out; it must not return."""

    def __init__(self, gate: Gate, give_up: Callable[[BaseException], None]) -> None:
        self._gate = gate
        self._give_up = give_up
        self._pid = os.getpid()
        self._on_kill: Callable[[], None] | None = None
        self._limit_s = 0.0
        self._has_timed_out = False
        self._is_over = False
        self.cause: BaseException | None = None
        """What was raised in the work, also when the work has swallowed it."""

    def install(self) -> None:
        """Take over SIGTERM and SIGALRM."""
        set_handler(TERM, self._on_term)
        set_handler(ALARM, self._on_alarm)

    def stand_down(self) -> None:
        """The outcome is told: from now on SIGTERM ends the process at once."""
        self._is_over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        set_handler(TERM, DEFAULT)

    @contextmanager
    def guarding(self, on_kill: Callable[[], None], limit_s: float | None, begun: float) -> Iterator[None]:
        """User code runs in the body: `on_kill` belongs to it, and `limit_s` seconds since `begun` (monotonic)."""
        self._on_kill = on_kill
        try:
            if limit_s is not None:
                self._limit_s = limit_s
                left = limit_s - (time.monotonic() - begun)
                if left <= 0:
                    self._time_out()
                signal.setitimer(signal.ITIMER_REAL, left, TIMEOUT_GRACE_S)
            yield
        finally:
            self._on_kill = None
            if limit_s is not None:
                signal.setitimer(signal.ITIMER_REAL, 0)

    # --- handlers ------------------------------------------------------------------------------------------------------

    def _on_term(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:
            # A child that user code forked: it has our handlers, and none of our work.
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)
        elif self._gate.interruptible:
            self._terminate()
        else:
            self._gate.do_later(self._terminate)

    def _on_alarm(self, signum: int, frame: FrameType | None) -> None:
        if self._gate.interruptible:
            self._time_out()
        else:
            self._gate.do_later(self._time_out)

    def _terminate(self) -> None:
        if self._is_over:
            return
        log.warning("The task was told to stop (SIGTERM).")
        self._kill(AirflowTaskTerminated("The task was told to stop (SIGTERM)."))

    def _time_out(self) -> None:
        if self._is_over:
            return
        cause = AirflowTaskTimeout(f"The task ran longer than its execution_timeout of {self._limit_s:g} s.")
        if self._has_timed_out:
            log.error("The task ignored its time-out for %g s; its process is ended.", TIMEOUT_GRACE_S)
            self._give_up(cause)
        self._has_timed_out = True
        log.error("%s", cause)
        self._kill(cause)

    def _kill(self, cause: BaseException) -> None:
        self.cause = self.cause or cause
        on_kill, self._on_kill = self._on_kill, None
        if on_kill is not None:
            try:
                on_kill()
            except Exception:
                log.exception("on_kill failed")
        raise cause
