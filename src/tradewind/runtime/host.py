"""A DAG host: it imports one version of one DAG file, and then every try of it is a fork of this process.

Single-threaded and lean by design: nothing is computed here. It survives the engine: tries go on while the engine is away,
and all that counts is said again when it is back.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

import msgspec

import tradewind
from tradewind.core.messages import (
    UNANSWERED,
    ActiveTry,
    Asks,
    AskSchedule,
    CallbackEnded,
    CallbackRun,
    Ended,
    Exited,
    ExitInfo,
    Failed,
    ForgetTry,
    Hello,
    KillTry,
    Lost,
    Outcome,
    Parsed,
    Replies,
    Reply,
    Request,
    ScheduleAnswer,
    SetRendered,
    SetXCom,
    Skipped,
    StartCallback,
    Started,
    StartTry,
    Succeeded,
    TaskReply,
    TaskTry,
    ToHost,
)
from tradewind.runtime import process_facts
from tradewind.runtime.connection import EngineConnection
from tradewind.runtime.endings import ENGINE_STOPPED, IMPORT_TIMEOUT, LOCK_INHERITED, Kill
from tradewind.runtime.event_loop import EventLoop, wake_on_signals
from tradewind.runtime.fork_safety import fork_hazards
from tradewind.runtime.framing import frame
from tradewind.runtime.fresh import FreshOrder
from tradewind.runtime.importing import entry, import_file
from tradewind.runtime.journal import SUFFIX, GoneEntry, HostEntry, Journal, ReadyEntry, TryEntry
from tradewind.runtime.launching import ForkOrder, Launched, Launcher, share_of
from tradewind.runtime.settings import RuntimeSettings
from tradewind.runtime.spares import Spares
from tradewind.runtime.supervision import Process, Purpose

_TICK_S: Final = 1.0
_RENEW_JOURNAL_BYTES: Final = 1 << 20
_STOP_GRACE_S: Final = 5.0
_SCHEDULE_LIMIT_S: Final = 30.0


class _ImportChannel:
    """`sdk.channel.Channel` for the file while it is imported: straight to the engine."""

    def __init__(self, engine: EngineConnection) -> None:
        self._engine = engine
        self._number = 0

    def ask(self, request: Request) -> Reply:
        # Negative: never taken for the number of a try's request.
        self._number -= 1
        return self._engine.ask_and_wait(self._number, request)

    def tell(self, request: Request) -> None:
        self._number -= 1
        self._engine.tell_now(self._number, request)


class _Work:
    """A process together with what the engine still has to know of it."""

    def __init__(self, process: Process, started: Started | None) -> None:
        self.process = process
        self.started = started
        self.asks: dict[int, tuple[int, Asks]] = {}
        """By our number, in order: the process's own number, and the request. Those without an answer stay until the end
        is stored, or until the engine says that they are."""
        self.is_told = False
        """The engine knows how it ended; only its process is still to go."""


class Host:
    def __init__(
        self, host_id: str, file: str, source_digest: str, source: str | None, stays: bool, settings: RuntimeSettings
    ) -> None:
        self._host_id = host_id
        self._file = file
        self._digest = source_digest
        self._source = source
        self._stays = stays
        self._settings = settings
        self._pid = os.getpid()
        self._start_ticks = process_facts.start_ticks(self._pid)
        self._loop = EventLoop(self._before_waiting)
        self._engine = EngineConnection(settings.folder, self._loop, self._on_message, self._say_hello)
        self._journal: Journal | None = None
        self._wakeup: tuple[int, ...] = ()
        self._terminated = False
        self._ready = False
        self._parsed = Parsed(host_id=host_id, file=file, source_digest=source_digest)
        self._dags: Mapping[str, Any] = {}
        self._hazards: list[str] = []
        self._launcher: Launcher | None = None
        self._spares: Spares | None = None
        self._work: dict[str, _Work] = {}
        self._ended: dict[str, tuple[Ended | CallbackEnded, list[Asks]]] = {}
        self._exited: dict[str, Exited] = {}
        self._number = 0
        self._asked_by: dict[int, _Work] = {}
        self._ticking = False
        self._stopping = False
        self._oom: process_facts.OomCounter | None = None
        self._oom_seen = 0.0
        self._idle_since = time.monotonic()

    # --- life ----------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """From the connection to the end. Returns when the host is to exit."""
        if not self._engine.connect():
            return
        self._journal = Journal(
            os.path.join(self._settings.folder, self._host_id + SUFFIX),
            HostEntry(
                self._host_id,
                self._pid,
                self._start_ticks,
                process_facts.boot_id(),
                tradewind.__version__,
                self._file,
                self._digest,
            ),
        )
        self._engine.flush()
        self._import()
        self._take_signals()
        if self._stays:
            self._serve(self._journal)
        else:
            self._engine.send(self._parsed)
        self._engine.flush_all()
        self._engine.close()
        if not self._ended:
            self._journal.remove()

    def _serve(self, journal: Journal) -> None:
        """Run tries of the imported file until there is no more use for this process."""
        process_facts.adopt_orphans()
        self._oom = process_facts.OomCounter()
        self._hazards = self._parsed.fork_hazards = fork_hazards(always=self._settings.always_fresh)
        self._launcher = Launcher(journal, _settled(self._settings), self._perform, self._own_fds)
        self._spares = Spares(self._launcher)
        self._ready = True
        journal.append(ReadyEntry())
        self._engine.send(self._parsed)
        gc.collect()
        gc.freeze()
        self._engine.deliver_held()
        if self._engine.gone_since is not None:
            self._engine.keep_trying()
        self._loop.run()
        self._spares.end_all()

    def _import(self) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        self._dags, self._parsed = import_file(
            self._file, self._source, self._digest, self._settings, _ImportChannel(self._engine), self._host_id
        )
        self._digest = self._parsed.source_digest
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                # The file closed or replaced it.
                pass
        # Ends what the zygote keeps of the import's output.
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.close(null)

    def _take_signals(self) -> None:
        """Whatever the file did to the handlers, a host has these."""
        for signum in (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_DFL)
        signal.alarm(0)
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if not hasattr(os, "pidfd_open"):
            signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wakeup = wake_on_signals(self._loop, self._on_signal)

    def _on_sigterm(self, *_: Any) -> None:
        self._terminated = True

    def _on_signal(self) -> None:
        if self._terminated:
            self._terminated = False
            self._stop(0.0)
        for work in list(self._work.values()):
            work.process.reap()

    def _before_waiting(self) -> None:
        self._engine.flush()
        spares = self._spares
        # Beside one running task nothing that it says shall wait for a fork. Beside several the processors are the limit, and
        # forks in a row cost this process least.
        while spares is not None and spares.is_due and (len(self._work) > 1 or not self._loop.has_events()):
            spares.make_one()
        if self._work:
            return
        if self._stopping and not (self._ended and self._engine.is_open):
            # What the engine did not hear stands in the journal.
            self._loop.running = False
            return
        gone = self._engine.gone_since
        if gone is not None:
            since = max(gone, self._idle_since)
            if time.monotonic() - since > self._settings.idle_without_engine_s:
                self._loop.running = False

    def _tick(self) -> None:
        """Once a second, while there is anything to look after."""
        now = time.monotonic()
        assert self._spares is not None
        self._spares.end_unused(now)
        self._ticking = bool(self._work or self._spares.count)
        if not self._ticking:
            return
        self._loop.call_later(_TICK_S, self._tick)
        if self._oom is not None and self._oom.has_risen():
            self._oom_seen = now
        for work in list(self._work.values()):
            process = work.process
            if process.watch is not None and process.watch.is_stuck(now):
                detail = (
                    "the forked process slept for ever on a lock that it inherited (a library's threads were running in "
                    "the DAG's process when it was forked)"
                )
                process.note("error", f"Killed: {detail}. The try starts again in a fresh interpreter.")
                process.kill_now(Kill(LOCK_INHERITED, detail))

    def _stop(self, grace_s: float | None) -> None:
        self._stopping = True
        if self._spares is not None:
            self._spares.end_all()
        if grace_s is None:
            return
        kill = Kill(ENGINE_STOPPED, "tradewind is being stopped")

        def kill_all() -> None:
            for work in list(self._work.values()):
                work.process.kill(kill, _STOP_GRACE_S)

        if grace_s > 0:
            self._loop.call_later(grace_s, kill_all)
        else:
            kill_all()

    # --- the engine ----------------------------------------------------------------------------------------------------

    def _say_hello(self) -> None:
        """Also after the engine was away: then all that it may not have heard is said again, in order."""
        running = [work for work in self._work.values() if not work.is_told]
        tries = [work.started.active for work in running if work.started is not None]
        self._engine.send(
            Hello(
                host_id=self._host_id,
                pid=self._pid,
                start_ticks=self._start_ticks,
                file=self._file,
                source_digest=self._digest,
                active=tries,
                ended=list(self._ended) if self._ready else [],
            )
        )
        if not self._ready:
            return
        for report, asked in self._ended.values():
            for ask in asked:
                self._engine.send(ask)
            self._engine.send(report)
        for exited in self._exited.values():
            self._engine.send(exited)
        for work in running:
            if work.started is not None:
                self._engine.send(work.started)
            for _, ask in work.asks.values():
                self._engine.send(ask)

    def _on_message(self, message: ToHost) -> None:
        if isinstance(message, StartTry):
            self._start_try(message.task_try)
        elif isinstance(message, Replies):
            self._on_reply(message)
        elif isinstance(message, ForgetTry):
            self._ended.pop(message.try_id, None)
            self._exited.pop(message.try_id, None)
            self._tidy()
        elif isinstance(message, KillTry):
            work = self._work.get(message.try_id)
            if work is not None:
                work.process.kill(Kill(message.cause, message.detail), message.grace_s)
        elif isinstance(message, StartCallback):
            self._start_callback(message.callback)
        elif isinstance(message, AskSchedule):
            self._answer_schedule(message)
        else:
            self._stop(message.grace_s)

    def _on_reply(self, message: Replies) -> None:
        work = self._asked_by.pop(message.number, None)
        if work is None:
            return
        own, ask = work.asks.pop(message.number)
        if not isinstance(ask.request, UNANSWERED):
            work.process.answer(TaskReply(own, message.reply))

    def _on_request(self, process: Process, own: int, request: Request) -> None:
        work = self._work[process.ident]
        if isinstance(request, (SetXCom, SetRendered)):
            self._drop_replaced(work, request)
        self._number += 1
        ask = Asks(self._number, process.ident, request)
        work.asks[self._number] = (own, ask)
        self._asked_by[self._number] = work
        self._engine.send(ask)

    def _drop_replaced(self, work: _Work, request: SetXCom | SetRendered) -> None:
        """An older value of the same name need not be said again: this one comes after it."""
        name = _name(request)
        for number, (_, ask) in list(work.asks.items()):
            if _name(ask.request) == name:
                del work.asks[number]
                self._asked_by.pop(number, None)

    def _tidy(self) -> None:
        journal = self._journal
        if journal is not None and not self._work and not self._ended and journal.size > _RENEW_JOURNAL_BYTES:
            journal.renewed()

    # --- starting ------------------------------------------------------------------------------------------------------

    def _start_try(self, task_try: TaskTry) -> None:
        if task_try.try_id in self._work:
            return
        self._ended.pop(task_try.try_id, None)
        dag = self._dags.get(task_try.run.dag_id)
        task = _task_of(dag, task_try.task_id)
        if task is None:
            self._refuse(task_try, _missing(self._file, self._parsed, task_try, dag))
            return
        user = getattr(task, "run_as_user", None)
        why_fresh = task_try.fresh_reason if task_try.fresh_interpreter else "; ".join(self._hazards)
        if user:
            why_fresh = f"run_as_user = {user!r}"
        limit = getattr(task, "execution_timeout", None)
        try:
            if why_fresh or task_try.fresh_interpreter:
                why_fresh = why_fresh or "the engine asked for it"
                order = FreshOrder(self._file, self._source, self._digest, self._settings, task_try=task_try)
                process = self._fresh(Purpose.TRY, task_try.try_id, task_try.log_path, order, user)
                process.note("info", f"A fresh interpreter runs this try: {why_fresh}.")
            else:
                process = self._fork(Purpose.TRY, task_try.try_id, task_try.log_path, StartTry(task_try))
        except (OSError, LookupError) as error:
            lost: Outcome = Lost(cause="fork_failed", detail=f"no process could be started: {error}")
            if isinstance(error, (LookupError, PermissionError)):
                lost = Failed(cause="exit_code", error=f"cannot run as user {user!r}: {error}", retry=False)
            self._report(Ended(task_try.try_id, lost, ExitInfo(callbacks_done=False)), [])
            return
        process.limit_time(limit.total_seconds() if limit is not None else None, begins_now=process.forked)
        started = Started(ActiveTry(task_try.try_id, process.pid, process.started_at, process.start_ticks), why_fresh)
        self._work[task_try.try_id] = _Work(process, started)
        self._engine.send(started)
        self._begin_ticking()

    def _refuse(self, task_try: TaskTry, why: str) -> None:
        ended = Ended(
            task_try.try_id, Failed(cause="import_error", error=why), ExitInfo(callbacks_done=False, forked=False)
        )
        self._report(ended, [])

    def _start_callback(self, callback: CallbackRun) -> None:
        ident = callback.callback_id
        if ident in self._work:
            return
        if ident in self._ended:
            # It has run already, and the engine has forgotten.
            self._engine.send(self._ended[ident][0])
            return
        dag = self._dags.get(callback.run.dag_id)
        if dag is None:
            self._keep(CallbackEnded(ident, False, f"DAG {callback.run.dag_id!r} is not defined in {self._file}."), [])
            return
        try:
            if self._hazards:
                order = FreshOrder(self._file, self._source, self._digest, self._settings, callback=callback)
                process = self._fresh(Purpose.CALLBACK, ident, callback.log_path, order, None)
            else:
                process = self._fork(Purpose.CALLBACK, ident, callback.log_path, StartCallback(callback))
        except OSError as error:
            self._keep(CallbackEnded(ident, False, f"no process could be started: {error}"), [])
            return
        self._work[ident] = _Work(process, None)
        self._begin_ticking()

    def _answer_schedule(self, ask: AskSchedule) -> None:
        """In a process of its own, since a custom timetable is user code."""
        dag = self._dags.get(ask.dag_id)
        if dag is None:
            self._engine.send(ScheduleAnswer(ask.number, error=f"DAG {ask.dag_id!r} is not defined in {self._file}."))
            return
        try:
            ident = f"schedule {ask.number}"
            process = self._fork(Purpose.SCHEDULE, ident, "", ask)
        except OSError as error:
            self._engine.send(ScheduleAnswer(ask.number, error=f"no process could be started: {error}"))
            return
        process.end_after(_SCHEDULE_LIMIT_S, Kill("schedule", f"it took longer than {_SCHEDULE_LIMIT_S:g} s"))
        self._work[ident] = _Work(process, None)
        self._begin_ticking()

    def _begin_ticking(self) -> None:
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(_TICK_S, self._tick)

    def _fresh(self, purpose: Purpose, ident: str, log_path: str, order: FreshOrder, user: str | None) -> Process:
        assert self._launcher is not None
        launched = self._launcher.fresh(ident, order, len(self._work), user)
        process = self._supervise(purpose, ident, log_path, launched)
        limit_s = self._settings.import_timeout_s
        process.end_after(limit_s, Kill(IMPORT_TIMEOUT, f"importing {self._file} took longer than {limit_s:g} s"))
        process.send(order.frame())
        return process

    def _fork(
        self, purpose: Purpose, ident: str, log_path: str, work: StartTry | StartCallback | AskSchedule
    ) -> Process:
        assert self._spares is not None
        share, cpus = share_of(len(self._work))
        order = frame(ForkOrder(ident, share, cpus, work))
        process = self._supervise(purpose, ident, log_path, self._spares.take())
        if self._journal is not None and purpose is not Purpose.SCHEDULE:
            # Before it can do anything: a task whose host died cannot be overlooked.
            self._journal.append(TryEntry(ident, process.pid, process.start_ticks))
        process.send(order)
        return process

    def _perform(self, work: StartTry | StartCallback | AskSchedule, channel: socket.socket) -> None:
        """In a fork: what it was made for."""
        if isinstance(work, StartTry):
            run = entry(self._settings.run_try)
            run(self._dags[work.task_try.run.dag_id], work.task_try, channel)
        elif isinstance(work, StartCallback):
            run = entry(self._settings.run_callback)
            run(self._dags[work.callback.run.dag_id], work.callback, channel)
        else:
            entry(self._settings.answer_schedule)(self._dags[work.dag_id], work, channel)

    def _own_fds(self) -> list[int]:
        """What no child of this process may keep open, besides the journal."""
        fds = [*self._engine.fds, *self._wakeup, *self._loop.own_fds()]
        for work in self._work.values():
            fds += work.process.fds
        if self._spares is not None:
            fds += self._spares.fds
        return fds

    def _supervise(self, purpose: Purpose, ident: str, log_path: str, launched: Launched) -> Process:
        return Process(
            purpose=purpose,
            ident=ident,
            launched=launched,
            log_path=log_path,
            loop=self._loop,
            on_request=self._on_request,
            on_last_word=self._on_last_word,
            on_end=self._on_end,
        )

    # --- ends ----------------------------------------------------------------------------------------------------------

    def _on_last_word(self, process: Process) -> None:
        """It has only to go, and whatever becomes of that, its work has ended well: nobody has to wait for it.

        An end after which the same try or the next one may start is told when nothing of the process runs any more.
        """
        work = self._work[process.ident]
        if work.is_told or process.purpose is not Purpose.TRY or not isinstance(process.said, (Succeeded, Skipped)):
            return
        process.take_output()
        work.is_told = True
        seen = msgspec.structs.replace(process.exit, ended_at=datetime.now(timezone.utc))
        process.exit.ended_at = seen.ended_at
        self._report(Ended(process.ident, process.said, seen, exit_follows=True), self._unanswered(work))

    def _unanswered(self, work: _Work) -> list[Asks]:
        """What has to be said again before its end, until that is stored."""
        asked: list[Asks] = []
        for number, (_, ask) in work.asks.items():
            self._asked_by.pop(number, None)
            if isinstance(ask.request, UNANSWERED):
                asked.append(ask)
        return asked

    def _on_end(self, process: Process) -> None:
        work = self._work.pop(process.ident)
        if not self._work:
            self._idle_since = time.monotonic()
        if work.is_told:
            self._on_exit(process)
            return
        asked = self._unanswered(work)
        if process.purpose is Purpose.SCHEDULE:
            self._engine.send(_schedule_answer(process))
            return
        outcome = process.outcome(self._is_out_of_memory(process))
        if process.said is None and isinstance(outcome, (Failed, Lost)):
            # The process did not live to write how it ended.
            reason = outcome.error if isinstance(outcome, Failed) else outcome.detail
            process.note(
                "error", f"The try ended ({outcome.cause}): {reason}" if reason else f"The try ended: {outcome.cause}."
            )
        if process.purpose is Purpose.CALLBACK:
            ok = process.exit.callbacks_done
            error = process.callback_error or ("" if ok else getattr(outcome, "error", "") or "it did not finish")
            self._keep(CallbackEnded(process.ident, ok and not error, error), asked)
            return
        self._report(Ended(process.ident, outcome, process.exit), asked)

    def _on_exit(self, process: Process) -> None:
        if self._journal is not None:
            self._journal.append(GoneEntry(process.ident))
        self._exited[process.ident] = exited = Exited(process.ident, process.exit)
        self._engine.send(exited)

    def _is_out_of_memory(self, process: Process) -> bool:
        if process.exit.signal != "SIGKILL" or process.killed is not None:
            return False
        has_risen = self._oom is not None and self._oom.has_risen()
        return has_risen or time.monotonic() - self._oom_seen < 2 * _TICK_S

    def _report(self, ended: Ended, asked: list[Asks]) -> None:
        """Say how a try ended, and keep it until the engine has stored it."""
        if self._journal is not None:
            self._journal.ended(ended, asked)
        self._keep(ended, asked)

    def _keep(self, report: Ended | CallbackEnded, asked: list[Asks]) -> None:
        ident = report.try_id if isinstance(report, Ended) else report.callback_id
        self._ended[ident] = (report, asked)
        self._engine.send(report)


def _settled(settings: RuntimeSettings) -> Callable[[socket.socket], object]:
    """Let what runs in the forks prepare itself in the process that they are made of. Answers what a fork does in advance."""
    prepare: Callable[[socket.socket], object] = _nothing_in_advance
    for place in (settings.run_callback, settings.answer_schedule, settings.run_try):
        try:
            entry(place)
        except Exception:
            # A fork that needs it says so, in the words of its own error.
            continue
        module = sys.modules[place.partition(":")[0]]
        getattr(module, "settle", _nothing)()
        prepare = getattr(module, "prepare", prepare)
    return prepare


def _nothing() -> None:
    """For modules that have nothing to prepare."""


def _nothing_in_advance(_channel: socket.socket) -> None:
    """The same, in a fork."""


def _name(request: Request) -> tuple[Any, ...] | None:
    if isinstance(request, SetXCom):
        return (request.dag_id, request.run_id, request.task_id, request.map_index, request.key)
    if isinstance(request, SetRendered):
        return (request.try_id,)
    return None


def _task_of(dag: Any, task_id: str) -> Any:
    if dag is None:
        return None
    try:
        return dag.get_task(task_id)
    except Exception:
        # The SDK's TaskNotFound, or what stands in for it.
        return None


def _missing(file: str, parsed: Parsed, task_try: TaskTry, dag: Any) -> str:
    dag_id = task_try.run.dag_id
    what = f"DAG {dag_id!r}" if dag is None else f"Task {task_try.task_id!r} of DAG {dag_id!r}"
    problem = next((problem.message.splitlines()[0] for problem in parsed.problems if problem.message), "")
    if problem:
        return f"{what} is not there, because {file} could not be imported: {problem}"
    return f"{what} is not defined in {file} any more. Put it back, or clear the run with the file as it is now."


def _schedule_answer(process: Process) -> ScheduleAnswer:
    if isinstance(process.said, ScheduleAnswer):
        return process.said
    number = int(process.ident.split()[1])
    why = (
        process.killed.detail
        if process.killed
        else f"its process ended ({process.exit.signal or process.exit.exit_code})"
    )
    return ScheduleAnswer(number, error=f"The timetable gave no answer: {why}.")
