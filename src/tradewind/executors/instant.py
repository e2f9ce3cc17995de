"""An executor without processes: every try ends at once, as a function says. For simulations and tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from tradewind.core.clock import Clock
from tradewind.core.messages import (
    ActiveTry,
    AskSchedule,
    CallbackEnded,
    CallbackRun,
    Ended,
    ExitInfo,
    Failed,
    Lost,
    Outcome,
    Reply,
    ScheduleAnswer,
    Started,
    Succeeded,
    TaskTry,
)
from tradewind.core.records import TryRecord
from tradewind.executors.base import Deliver, SourceGetter, Token

Ending = tuple[Outcome, timedelta]
"""How a try ends, and how long after its start."""


def succeeds_at_once(_task_try: TaskTry) -> Ending:
    return Succeeded(), timedelta(0)


class InstantExecutor:
    """Tries that take no time end where they start; the others when the clock's owner calls `pass_time`."""

    name = "instant"

    def __init__(self, deliver: Deliver, clock: Clock, ending: Callable[[TaskTry], Ending] = succeeds_at_once) -> None:
        self._deliver = deliver
        self._clock = clock
        self._ending = ending
        self.running: dict[str, Ended] = {}
        """Tries that have started and not ended, with the end that is planned for them."""
        self.replies: dict[Token, Reply] = {}

    def start(self) -> None:
        """Nothing to start."""

    def recover(self, tries: Sequence[TryRecord]) -> None:
        for record in tries:
            self._deliver(Ended(record.try_id, Lost(cause="host_lost"), ExitInfo(ended_at=self._clock.now())))

    def parse(self, file: str, source_digest: str | None = None, source: str | None = None, keep: bool = False) -> None:
        """Files are not imported: whoever uses this executor brings specifications."""

    def run(self, file: str, source_digest: str, source_getter: SourceGetter, task_try: TaskTry) -> None:
        now = self._clock.now()
        outcome, duration = self._ending(task_try)
        self._deliver(Started(ActiveTry(task_try.try_id, 1, now)))
        ended = Ended(task_try.try_id, outcome, ExitInfo(pid=1, started_at=now, ended_at=now + duration))
        if duration:
            self.running[task_try.try_id] = ended
        else:
            self._deliver(ended)

    def pass_time(self) -> None:
        """Ends every try whose time is over."""
        now = self._clock.now()
        for try_id, ended in list(self.running.items()):
            if ended.exit.ended_at is not None and ended.exit.ended_at <= now:
                del self.running[try_id]
                self._deliver(ended)

    def run_callback(self, file: str, source_digest: str, source_getter: SourceGetter, callback: CallbackRun) -> None:
        self._deliver(CallbackEnded(callback.callback_id, ok=True))

    def ask_schedule(self, file: str, source_digest: str, source_getter: SourceGetter, ask: AskSchedule) -> None:
        self._deliver(ScheduleAnswer(ask.number, error="a custom timetable needs the DAG's own file"))

    def kill(self, try_id: str, cause: str, grace_s: float, detail: str = "") -> None:
        planned = self.running.pop(try_id, None)
        if planned is not None:
            now = self._clock.now()
            exit_info = ExitInfo(pid=1, started_at=planned.exit.started_at, ended_at=now)
            self._deliver(Ended(try_id, Failed(cause="killed", error=cause), exit_info))

    def forget(self, try_id: str) -> None:
        """Nothing is kept."""

    def reply(self, token: Token, reply: Reply) -> None:
        self.replies[token] = reply

    def retire(self, file: str) -> None:
        """There are no processes."""

    def stop(self, grace_s: float | None, stopped: Callable[[], None]) -> None:
        stopped()
