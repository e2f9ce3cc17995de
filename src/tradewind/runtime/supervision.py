"""One process that a host started for a try, a callback or a question: its streams, its time limits, its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import Any, Final

import msgspec

from tradewind.core.messages import (
    CallbacksDone,
    Deferred,
    ExitInfo,
    FromTask,
    Lost,
    Masks,
    Outcome,
    Ready,
    Request,
    Rescheduled,
    ScheduleAnswer,
    TaskAsks,
    TaskReply,
)
from tradewind.runtime import process_facts
from tradewind.runtime.endings import EXECUTION_TIMEOUT, Kill, outcome_of
from tradewind.runtime.event_loop import EventLoop, Timer
from tradewind.runtime.framing import FrameReader, FrameTooLarge, frame
from tradewind.runtime.launching import Launched
from tradewind.runtime.logs import TryLog
from tradewind.runtime.raw_output import RawOutput
from tradewind.runtime.watchdog import Watch
from tradewind.sdk.masking import Masker

LOGGER: Final = "tradewind.host"
_READ_BYTES: Final = 1 << 20
_TIMEOUT_GRACE_S: Final = 2.0
"""So long after its time-out the task may take to notice it by itself."""
_GROUP_TERM_AFTER_S: Final = 5.0
_LEFTOVER_GRACE_S: Final = 1.0


class Purpose(Enum):
    TRY = "try"
    CALLBACK = "callback"
    SCHEDULE = "schedule"


class Process:
    """A supervised process.

    `on_request` is called with each of its requests, `on_last_word` when it has only to go, `on_end` once, after nothing
    of it runs any more.
    """

    def __init__(
        self,
        *,
        purpose: Purpose,
        ident: str,
        launched: Launched,
        log_path: str,
        loop: EventLoop,
        on_request: Callable[[Process, int, Request], None],
        on_last_word: Callable[[Process], None],
        on_end: Callable[[Process], None],
    ) -> None:
        pid, channel, streams, forked = launched.pid, launched.channel, launched.streams, launched.forked
        self.purpose = purpose
        self.ident = ident
        """The try's or the callback's id."""
        self.pid = pid
        self.start_ticks = process_facts.start_ticks(pid)
        self.started_at = datetime.now(timezone.utc)
        self.forked = forked
        self.said: Any = None
        """Its last word: an `Outcome`, or a `ScheduleAnswer`."""
        self.callback_error = ""
        self.killed: Kill | None = None
        self.exit = ExitInfo(pid=pid, started_at=self.started_at, forked=forked, callbacks_done=False)
        self.status = 0
        self._masker = Masker()
        self.log = TryLog(log_path or os.devnull, self._masker.redact_text)
        self.watch = Watch(pid, time.monotonic()) if forked else None
        self._loop = loop
        self._on_request = on_request
        self._on_last_word = on_last_word
        self._on_end = on_end
        self._channel = channel
        self._channel_out = bytearray()
        self._decoder: FrameReader[Any] = FrameReader(FromTask)
        self._outputs = {
            streams[0]: RawOutput(self.log, "task.stdout", "info"),
            streams[1]: RawOutput(self.log, "task.stderr", "error"),
        }
        self._pidfd = process_facts.open_pidfd(pid)
        self._timers: list[Timer] = []
        self._leftovers: dict[int, tuple[int, int]] = {}
        self._limit_s: float | None = None
        self.ended = False
        self._gone = False
        for fd in (channel, *streams):
            os.set_blocking(fd, False)
        loop.watch(channel, self._on_channel)
        for stream in streams:
            loop.watch(stream, partial(self._on_output, stream))
        if self._pidfd is not None:
            loop.watch(self._pidfd, self.reap)

    @property
    def fds(self) -> list[int]:
        """Descriptors of the host's side, to be closed in other children."""
        return [
            fd for fd in (self._channel, self._pidfd, *self._outputs, *self._leftovers) if fd is not None and fd >= 0
        ]

    def outcome(self, out_of_memory: bool) -> Outcome:
        return outcome_of(self.status, self.said, self.killed, out_of_memory)

    # --- talking -------------------------------------------------------------------------------------------------------

    def answer(self, reply: TaskReply) -> None:
        """Send an answer; it waits here while the process does not read."""
        self.send(frame(reply))

    def send(self, data: bytes) -> None:
        if self._channel < 0:
            return
        self._channel_out += data
        self._write_channel()

    def _write_channel(self) -> None:
        while self._channel_out and self._channel >= 0:
            try:
                sent = os.write(self._channel, memoryview(self._channel_out)[:_READ_BYTES])
            except BlockingIOError:
                self._loop.watch_writing(self._channel, self._on_channel, self._write_channel)
                return
            except OSError:
                self._channel_out.clear()
                return
            del self._channel_out[:sent]
            if not self._channel_out:
                self._loop.watch_writing(self._channel, self._on_channel, None)

    def _on_channel(self) -> None:
        self._read_channel()

    def _read_channel(self) -> bool:
        """Take what can be read; False when there is nothing now, or the channel is closed."""
        try:
            data = os.read(self._channel, _READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._close_channel()
            return False
        try:
            messages = self._decoder.feed(data)
        except (msgspec.MsgspecError, FrameTooLarge) as error:
            self.note("error", f"The task's process wrote something that is not ours to its channel ({error}).")
            self._close_channel()
            return False
        for message in messages:
            self._take(message)
        return True

    def _take(self, message: Any) -> None:
        if isinstance(message, TaskAsks):
            self._on_request(self, message.number, message.request)
        elif isinstance(message, Masks):
            self._masker.add(message.values)
        elif isinstance(message, CallbacksDone):
            self.exit.callbacks_done = True
            self.callback_error = message.error
            if message.last:
                self._on_last_word(self)
        elif isinstance(message, Ready):
            self.begin_time_limit()
        elif isinstance(message, ScheduleAnswer):
            self.said = message
        else:
            self.said = message.outcome

    def _close_channel(self) -> None:
        if self._channel >= 0:
            self._loop.forget(self._channel)
            os.close(self._channel)
            self._channel = -1

    def take_output(self) -> None:
        """Put into the log what it has written to its descriptors until now."""
        for fd in list(self._outputs):
            self._on_output(fd)

    def _on_output(self, fd: int) -> bool:
        """Take what can be read; False at the end of the stream, or when there is nothing now."""
        try:
            data = os.read(fd, _READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self._outputs[fd].feed(data)
            return True
        self._close_output(fd)
        return False

    def _close_output(self, fd: int) -> None:
        self._outputs.pop(fd).close()
        self._loop.forget(fd)
        os.close(fd)

    def note(self, level: str, text: str) -> None:
        """A line of the host's own in the try's log."""
        self.log.write(level, LOGGER, text)

    # --- limits --------------------------------------------------------------------------------------------------------

    def limit_time(self, limit_s: float | None, begins_now: bool) -> None:
        """`execution_timeout`; it counts from now, or from `Ready`."""
        self._limit_s = limit_s
        if begins_now:
            self.begin_time_limit()

    def begin_time_limit(self) -> None:
        self._cancel_timers()
        if self._limit_s is not None:
            self._later(self._limit_s + _TIMEOUT_GRACE_S, self._over_time)

    def end_after(self, limit_s: float, kill: Kill) -> None:
        """Kill it then, unless it says `Ready` before."""
        self._later(limit_s, lambda: self.kill_now(kill))

    def _over_time(self) -> None:
        if self.said is not None:
            # It has ended in time; only its callbacks take longer.
            return
        self.note(
            "error",
            f"The task did not end within its execution_timeout of {self._limit_s:g} s (it ignored the exception, or runs "
            "code that cannot be interrupted), so its process is killed.",
        )
        self.kill_now(Kill(EXECUTION_TIMEOUT, f"did not end within its execution_timeout of {self._limit_s:g} s"))

    def _later(self, delay_s: float, callback: Callable[[], None]) -> None:
        self._timers.append(self._loop.call_later(delay_s, callback))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    # --- ending it -----------------------------------------------------------------------------------------------------

    def kill(self, kill: Kill, grace_s: float) -> None:
        """Ask the process to end, then its group, then kill everything. A later call may only shorten the grace."""
        if self._gone:
            return
        if self.killed is None:
            self.killed = kill
            self.note("warning", f"The task is asked to end (SIGTERM): {kill.detail or kill.cause}.")
            self._signal_main(signal.SIGTERM)
        self._cancel_timers()
        if grace_s > _GROUP_TERM_AFTER_S:
            self._later(_GROUP_TERM_AFTER_S, lambda: self._signal_group(signal.SIGTERM))
        self._later(grace_s, self._kill_all)

    def kill_now(self, kill: Kill) -> None:
        """Without asking."""
        if not self._gone:
            self.killed = self.killed or kill
            self._cancel_timers()
            self._kill_all()

    def _signal_main(self, signum: int) -> None:
        # It has not been waited for, so its pid is its own.
        if not self._gone:
            try:
                os.kill(self.pid, signum)
            except OSError:
                pass

    def _signal_group(self, signum: int) -> None:
        try:
            os.killpg(self.pid, signum)
        except OSError:
            # Not the leader of its group yet, or nothing is left of it.
            self._signal_main(signum)

    def _kill_all(self) -> None:
        self._signal_group(signal.SIGKILL)
        self._signal_main(signal.SIGKILL)

    # --- its end -------------------------------------------------------------------------------------------------------

    def reap(self) -> None:
        """See whether the main process has ended; if so, take its last words and end what it left behind."""
        if self._gone:
            return
        try:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        except ChildProcessError:
            # Somebody else waited for it (a SIGCHLD handler of user code); how it ended is lost.
            pid, status, usage = self.pid, 0, None
        if pid == 0:
            return
        self._gone = True
        self.status = status
        info = self.exit
        info.ended_at = info.ended_at or datetime.now(timezone.utc)
        if os.WIFSIGNALED(status):
            info.signal = process_facts.signal_name(os.WTERMSIG(status))
        else:
            info.exit_code = os.WEXITSTATUS(status)
        if usage is not None:
            info.peak_rss_kb = usage.ru_maxrss if process_facts.LINUX else usage.ru_maxrss // 1024
            info.cpu_s = round(usage.ru_utime + usage.ru_stime, 6)
        if self._pidfd is not None:
            self._loop.forget(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None
        while self._channel >= 0 and self._read_channel():
            pass
        self._close_channel()
        self._cancel_timers()
        self._end_leftovers()

    def _end_leftovers(self) -> None:
        """Processes of the try's session must not outlive it."""
        clean = self.status == 0 and self.said is not None and self.killed is None
        left: list[tuple[int, int, int]] = []
        if _group_exists(self.pid) or (not clean and _any_child()):
            marks = frozenset() if clean else frozenset([self.ident])
            left = process_facts.members({self.pid}, marks)
        if left:
            many = "a child process" if len(left) == 1 else f"{len(left)} child processes"
            self.note(
                "warning", f"The task left {many} behind ({', '.join(str(pid) for pid, *_ in left)}); ended with it."
            )
            signum = signal.SIGTERM if clean else signal.SIGKILL
            self._end(left, signum)
            if self._leftovers:
                self._later(_LEFTOVER_GRACE_S, self._kill_leftovers)
                return
        elif not process_facts.LINUX:
            self._signal_group(signal.SIGKILL)
        self._finish()

    def _end(self, processes: list[tuple[int, int, int]], signum: int) -> None:
        for pid, ticks, _ in processes:
            fd = process_facts.open_pidfd(pid, ticks)
            if fd is None:
                continue
            self._leftovers[fd] = (pid, ticks)
            self._loop.watch(fd, partial(self._leftover_gone, fd))
            process_facts.send_signal(pid, ticks, signum)

    def _kill_leftovers(self) -> None:
        for pid, ticks in self._leftovers.values():
            process_facts.send_signal(pid, ticks, signal.SIGKILL)

    def _leftover_gone(self, fd: int) -> None:
        pid, _ = self._leftovers.pop(fd)
        self._loop.forget(fd)
        os.close(fd)
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        if self._leftovers:
            return
        # What they started meanwhile counts, too.
        more = process_facts.members({self.pid}, frozenset([self.ident]) if self.killed else frozenset())
        self._end(more, signal.SIGKILL)
        if not self._leftovers:
            self._cancel_timers()
            self._finish()

    def _finish(self) -> None:
        for fd in list(self._outputs):
            while fd in self._outputs and self._on_output(fd):
                pass
            if fd in self._outputs:
                # A process that left the session may hold it for ever.
                self._close_output(fd)
        if isinstance(self.said, (Lost, Rescheduled, Deferred)):
            self.exit.callbacks_done = True
        self._on_end(self)
        self.log.close()
        self.ended = True


def _group_exists(pgid: int) -> bool:
    try:
        os.killpg(pgid, 0)
    except OSError:
        return False
    return True


def _any_child() -> bool:
    """Whether this process has any child left, dead or alive."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
