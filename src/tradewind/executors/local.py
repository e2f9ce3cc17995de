"""Runs tries on this machine: a zygote, DAG hosts that imported a file once, a fork of its host for each try.

    LocalExecutor ── zygote ── DAG hosts (one for each version of a file in use) ── tries

Everything happens in callbacks of the engine's event loop. Deaths are events here: a closed stream, a pidfd, a word of the
zygote. A try whose host died is reported as lost only after nothing of it lives any more.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tradewind.core.ids import new_try_id
from tradewind.core.messages import (
    Asks,
    AskSchedule,
    CallbackEnded,
    CallbackRun,
    Ended,
    Exited,
    ExitInfo,
    Failed,
    ForgetTry,
    FromHost,
    Hello,
    KillTry,
    Lost,
    Outcome,
    Parsed,
    Replies,
    Reply,
    ScheduleAnswer,
    StartCallback,
    Started,
    StartTry,
    StopHost,
    TaskTry,
)
from tradewind.core.records import TryRecord
from tradewind.executors import import_faults
from tradewind.executors.base import Asked, Deliver, ExecutorEvent, HostFailed, ImportOutput, SourceGetter, Token
from tradewind.executors.burial import Burial
from tradewind.executors.departures import Departures
from tradewind.executors.host_handle import Assignment, HostHandle, Phase
from tradewind.executors.import_turns import ImportTurns
from tradewind.executors.kept_journals import KeptJournals, remove
from tradewind.executors.reception import Reception, Stream
from tradewind.executors.recovery import Recovery
from tradewind.executors.resting import RestingHosts
from tradewind.executors.zygote_process import ZygoteProcess
from tradewind.runtime import process_facts, rendezvous
from tradewind.runtime.endings import Kill, outcome_of
from tradewind.runtime.importing import read_source
from tradewind.runtime.journal import SUFFIX, read_journal
from tradewind.runtime.settings import ANSWER_SCHEDULE, COLLECT, RUN_CALLBACK, RUN_TRY, RuntimeSettings
from tradewind.runtime.zygote import ForkHost, ForkRefused, FromZygote, HostExited, HostForked, ImportPrinted

_ZYGOTE_TELLS_S = 0.5
_RECONNECT_S = 10.0
_DEPARTS_WITHIN_S = 5.0
_LOOK_AT_MEMORY_EVERY = 64
_GROWN_KB = 100 * 1024
_NOT_STARTED = Lost(cause="engine_stopped", detail="it had not started")


@dataclass(frozen=True)
class LocalSettings:
    home: str
    dags_folder: str
    plugins_folder: str = ""
    import_timeout_s: float = 30.0
    import_memory_mb: int = 1536
    max_idle_hosts: int = 64
    """While there is work: importing a file again for each step of its runs would cost more than the memory."""
    idle_host_s: float = 15.0
    """A host that had nothing to do for so long ends, but for the `rested_hosts` used last."""
    rested_hosts: int = 2
    imports_at_once: int = field(default_factory=process_facts.available_cpus)
    always_fresh: bool = False
    """Every try gets a new interpreter instead of a fork."""
    zygote_argv: Sequence[str] = ()
    """Empty: this Python."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    collect: str = COLLECT
    run_try: str = RUN_TRY
    run_callback: str = RUN_CALLBACK
    answer_schedule: str = ANSWER_SCHEDULE

    def for_runtime(self, folder: str) -> RuntimeSettings:
        return RuntimeSettings(
            folder=folder,
            home=self.home,
            dags_folder=self.dags_folder,
            plugins_folder=self.plugins_folder,
            import_memory_mb=self.import_memory_mb,
            import_timeout_s=self.import_timeout_s,
            always_fresh=self.always_fresh,
            collect=self.collect,
            run_try=self.run_try,
            run_callback=self.run_callback,
            answer_schedule=self.answer_schedule,
        )


class LocalExecutor:
    """`executors.base.Executor` on this machine."""

    name = "local"

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Deliver, settings: LocalSettings) -> None:
        self._loop = loop
        self._deliver = deliver
        self._settings = settings
        self._folder = rendezvous.private_folder(settings.home)
        self._zygote = ZygoteProcess(
            loop,
            settings.for_runtime(self._folder),
            settings.zygote_argv,
            settings.environ,
            self._on_zygote,
            self._on_zygote_death,
        )
        self._reception = Reception(
            loop,
            self._folder,
            lambda hello: hello.host_id in self._hosts or self._recovery is not None,
            self._introduce,
            self._stream_ended,
        )
        self._hosts: dict[str, HostHandle] = {}
        self._current: dict[tuple[str, str], HostHandle] = {}
        """Who takes new tries of a version of a file."""
        self._by_ident: dict[str, HostHandle] = {}
        self._imports = ImportTurns(
            loop,
            settings.imports_at_once,
            settings.import_timeout_s,
            settings.import_memory_mb,
            self._fork,
            self._end_host,
        )
        self._resting = RestingHosts(
            loop,
            settings.max_idle_hosts,
            settings.idle_host_s,
            settings.rested_hosts,
            lambda: self._hosts.values(),
            self._leave,
        )
        self._departures = Departures()
        self._journals = KeptJournals()
        self._recovery: Recovery | None = None
        self._stopping = False
        self._stopped: Callable[[], None] | None = None

    # --- executors.base.Executor ---------------------------------------------------------------------------------------

    def start(self) -> None:
        self._zygote.start()
        self._reception.open()

    def recover(self, tries: Sequence[TryRecord]) -> None:
        self._recovery = Recovery(self._loop, self._folder, set(self._hosts), tries, self)
        self._reception.admit_waiting()
        self._recovery.settle()

    def parse(self, file: str, source_digest: str | None = None, source: str | None = None, keep: bool = False) -> None:
        if self._stopping:
            return
        host = HostHandle(_new_id(), file, source_digest or "", source, for_parse=True, stays=keep)
        self._hosts[host.host_id] = host
        self._imports.add(host)

    def run(self, file: str, source_digest: str, source_getter: SourceGetter, task_try: TaskTry) -> None:
        assignment = Assignment(task_try.try_id, StartTry(task_try), source_getter)
        earlier = self._departures.of(task_try)
        if earlier is None or self._stopping:
            self._assign(file, source_digest, assignment)
            return
        self._departures.hold(earlier, assignment, partial(self._assign, file, source_digest, assignment))
        host = self._by_ident.get(earlier)
        if host is not None:
            self._send(host, KillTry(earlier, "cleared", _DEPARTS_WITHIN_S, "its task is to run again"))

    def run_callback(self, file: str, source_digest: str, source_getter: SourceGetter, callback: CallbackRun) -> None:
        order = StartCallback(callback)
        self._assign(file, source_digest, Assignment(callback.callback_id, order, source_getter))

    def ask_schedule(self, file: str, source_digest: str, source_getter: SourceGetter, ask: AskSchedule) -> None:
        self._assign(file, source_digest, Assignment(f"schedule {ask.number}", ask, source_getter))

    def kill(self, try_id: str, cause: str, grace_s: float, detail: str = "") -> None:
        held = self._departures.withdraw(try_id)
        if held is not None:
            self._loop.call_soon(self._report, held, outcome_of(0, None, Kill(cause, detail), False))
            return
        host = self._by_ident.get(try_id)
        assignment = host.assignments.get(try_id) if host is not None else None
        if host is None or assignment is None:
            return
        if assignment.sent:
            self._send(host, KillTry(try_id, cause, grace_s, detail))
            return
        self._give_up(host, assignment, outcome_of(0, None, Kill(cause, detail), False))

    def forget(self, try_id: str) -> None:
        host = self._by_ident.pop(try_id, None)
        if host is not None:
            host.unforgotten.discard(try_id)
            self._send(host, ForgetTry(try_id))
            self._when_idle(host)
        self._journals.forget(try_id)

    def reply(self, token: Token, reply: Reply) -> None:
        host = self._hosts.get(token.host_id)
        if host is not None:
            self._send(host, Replies(token.number, reply))

    def retire(self, file: str) -> None:
        for host in list(self._hosts.values()):
            if host.file == file and not host.for_parse:
                self._retire(host)

    def stop(self, grace_s: float | None, stopped: Callable[[], None]) -> None:
        self._stopping = self._resting.stopped = True
        self._stopped = stopped
        for assignment in self._departures.withdraw_all():
            self._loop.call_soon(self._report, assignment, _NOT_STARTED)
        for host in list(self._hosts.values()):
            for assignment in list(host.assignments.values()):
                if not assignment.sent:
                    self._give_up(host, assignment, _NOT_STARTED)
            if host.phase is Phase.WAITING:
                self._imports.remove(host)
                self._drop(host)
            elif host.phase is Phase.IMPORTING:
                self._end_host(host, "host_lost", "tradewind was stopped while it imported the file.")
            elif grace_s is not None or host.is_idle:
                self._send(host, StopHost(grace_s))
                host.phase = Phase.LEAVING
        if grace_s is None:
            self._loop.call_soon(self._close)
        else:
            self._loop.call_later(grace_s + _RECONNECT_S, self._end_all)
            self._loop.call_soon(self._look_whether_stopped)

    # --- giving work to hosts ------------------------------------------------------------------------------------------

    def _assign(self, file: str, digest: str, assignment: Assignment) -> None:
        if self._stopping:
            self._loop.call_soon(self._report, assignment, _NOT_STARTED)
            return
        host = self._current.get((file, digest)) or self._joinable(file) or self._new_host(file, digest, assignment)
        if host is None:
            return
        host.assignments[assignment.ident] = assignment
        self._by_ident[assignment.ident] = host
        if host.phase is Phase.READY:
            self._hand_over(host, assignment)

    def _joinable(self, file: str) -> HostHandle | None:
        """A host that is about to import what is on disk now and will stay; should that turn out to be another version,
        the work is given to another host."""
        for host in self._imports:
            if host.file == file and host.for_parse and host.stays and host.source is None and not host.retired:
                return host
        return None

    def _hand_over(self, host: HostHandle, assignment: Assignment) -> None:
        assignment.sent = True
        host.last_used = time.monotonic()
        self._send(host, assignment.order)

    def _new_host(self, file: str, digest: str, assignment: Assignment) -> HostHandle | None:
        try:
            source = None if read_source(file)[1] == digest else _stored(assignment)
        except OSError:
            source = _stored(assignment)
        if source == "":
            why = (
                f"The version of {file} that this run is pinned to is neither on disk nor in the store. Clear the run so "
                "that it takes the newest version."
            )
            self._loop.call_soon(self._report, assignment, Failed(cause="import_error", error=why))
            return None
        host = HostHandle(_new_id(), file, digest, source)
        self._hosts[host.host_id] = host
        self._current[(file, digest)] = host
        self._imports.add(host, soon=True)
        return host

    def _fork(self, host: HostHandle) -> None:
        host.generation = self._zygote.generation
        self._zygote.fork(
            ForkHost(
                host_id=host.host_id,
                file=host.file,
                source_digest=host.digest,
                source=host.source,
                stays=host.stays,
            )
        )

    def _end_host(self, host: HostHandle, cause: str, detail: str) -> None:
        """Kill it; the rest follows from its death."""
        if host.killed_because is None:
            host.killed_because = (cause, detail)
        if host.pid:
            process_facts.send_signal(host.pid, host.start_ticks, signal.SIGKILL)

    # --- what the zygote says ------------------------------------------------------------------------------------------

    def _on_zygote(self, message: FromZygote) -> None:
        if isinstance(message, ForkRefused):
            host = self._hosts.get(message.host_id)
            if host is not None:
                detail = f"No process could be started to import {host.file}: {message.error}."
                host.killed_because = ("fork_failed", detail)
                self._dead(host)
            return
        host = self._hosts.get(getattr(message, "host_id", ""))
        if host is None:
            return
        if isinstance(message, HostForked):
            host.pid, host.start_ticks = message.pid, message.start_ticks
            self._watch_life(host)
            self._imports.forked(host)
            if host.killed_because is not None:
                self._end_host(host, *host.killed_because)
        elif isinstance(message, ImportPrinted):
            host.printed = message.text
            self._deliver(ImportOutput(host.file, message.text, message.total_bytes))
        elif isinstance(message, HostExited):
            host.status, host.out_of_memory = message.status, message.out_of_memory
            self._dead(host)

    def _on_zygote_death(self) -> None:
        """Hosts go on without their parent; what was being imported is imported again."""
        for host in self._imports:
            if host.generation == self._zygote.generation:
                continue
            self._imports.remove(host)
            again = HostHandle(
                _new_id(), host.file, host.digest, host.source, host.for_parse, host.stays, attempt=host.attempt
            )
            self._replace(host, again)
            # The old one, should it still live, is a stranger from now on.
            self._end_host(host, "host_lost", "")
            self._unwatch(host)
            self._hosts.pop(host.host_id, None)
            remove(os.path.join(self._folder, host.host_id + SUFFIX))

    def _replace(self, host: HostHandle, again: HostHandle) -> None:
        """`again` takes all that `host` was to do."""
        self._hosts[again.host_id] = again
        for key, current in list(self._current.items()):
            if current is host:
                self._current[key] = again
        again.assignments, host.assignments = host.assignments, {}
        for assignment in again.assignments.values():
            assignment.sent = False
            self._by_ident[assignment.ident] = again
        self._imports.add(again, soon=True)

    # --- what hosts say ------------------------------------------------------------------------------------------------

    def _introduce(self, stream: Stream, hello: Hello) -> Callable[[FromHost], None] | None:
        host = self._hosts.get(hello.host_id)
        if host is None:
            host = self._adopt(stream, hello)
            return partial(self._on_host, host) if host is not None else None
        if host.stream is not None:
            host.stream.close()
        host.stream = stream
        if not host.pid:
            host.pid, host.start_ticks = hello.pid, hello.start_ticks
            self._watch_life(host)
        if host.phase in (Phase.READY, Phase.LEAVING):
            self._compare(host, hello)
        return partial(self._on_host, host)

    def _stream_ended(self, stream: Stream) -> None:
        host = next((host for host in self._hosts.values() if host.stream is stream), None)
        if host is not None:
            self._disconnected(host)

    def _compare(self, host: HostHandle, hello: Hello) -> None:
        """A host that came back without the engine having been away: hand over again what it may not have got."""
        has = {active.try_id for active in hello.active} | set(hello.ended)
        for ident, assignment in list(host.assignments.items()):
            if ident not in has and assignment.sent:
                self._send(host, assignment.order)

    def _on_host(self, host: HostHandle, message: FromHost) -> None:
        if isinstance(message, Ended):
            self._ended(host, message)
        elif isinstance(message, Started):
            assignment = host.assignments.get(message.active.try_id)
            if assignment is not None:
                assignment.process = (message.active.pid, message.active.start_ticks)
                self._deliver(message)
        elif isinstance(message, Exited):
            self._exited(host, message)
        elif isinstance(message, Asks):
            token = Token(host.host_id, message.number)
            self._deliver(Asked(token, message.try_id, host.file, message.request))
        elif isinstance(message, Parsed):
            self._parsed(host, message)
        elif isinstance(message, CallbackEnded):
            self._settled(host, message.callback_id)
            self._deliver(message)
        elif isinstance(message, ScheduleAnswer):
            ident = f"schedule {message.number}"
            self._by_ident.pop(ident, None)
            if host.assignments.pop(ident, None) is not None:
                self._deliver(message)
            self._when_idle(host)

    def _ended(self, host: HostHandle, message: Ended) -> None:
        ident = message.try_id
        assignment = host.assignments.get(ident)
        if assignment is not None:
            if message.exit_follows:
                self._departures.begin(assignment)
            self._settled(host, ident)
            self._deliver(message)
        elif ident not in host.unforgotten:
            # Known long ago; only the host had not heard.
            self._send(host, ForgetTry(ident))
        self._when_idle(host)

    def _exited(self, host: HostHandle, message: Exited) -> None:
        if message.try_id not in host.unforgotten:
            # Its end was told to an engine before this one.
            self._send(host, ForgetTry(message.try_id))
        self._deliver(message)
        self._departures.gone(message.try_id)

    def _settled(self, host: HostHandle, ident: str) -> None:
        host.assignments.pop(ident, None)
        host.unforgotten.add(ident)
        self._by_ident[ident] = host
        host.served += 1
        if host.served % _LOOK_AT_MEMORY_EVERY == 0 and host.parsed is not None:
            before = host.parsed.rss_kb
            if process_facts.rss_kb(host.pid) > 2 * before + _GROWN_KB:
                self._retire(host)

    def _parsed(self, host: HostHandle, message: Parsed) -> None:
        self._imports.remove(host)
        host.parsed = Parsed(
            host_id=host.host_id, file=host.file, source_digest=message.source_digest, rss_kb=message.rss_kb
        )
        host.phase = Phase.READY if host.stays else Phase.LEAVING
        wanted, host.digest = host.digest, message.source_digest
        others = self._of_other_versions(host, wanted)
        if host.stays and not host.retired:
            key = (host.file, host.digest)
            before = self._current.get(key)
            self._current[key] = host
            if before is not None and before is not host:
                self._retire(before)
        if host.for_parse:
            host.for_parse = False
            self._deliver(message)
        for assignment in list(host.assignments.values()):
            self._hand_over(host, assignment)
        for digest, assignment in others:
            self._assign(host.file, digest, assignment)
        self._when_idle(host)

    def _of_other_versions(self, host: HostHandle, wanted: str) -> list[tuple[str, Assignment]]:
        """Takes from a host what is pinned to another version than the one that it turned out to have."""
        if wanted == host.digest:
            return []
        if wanted and self._current.get((host.file, wanted)) is host:
            # The file changed between our look at it and the import.
            del self._current[(host.file, wanted)]
        moved = [(wanted, assignment) for assignment in host.assignments.values()] if wanted else []
        for _, assignment in moved:
            del host.assignments[assignment.ident]
        return moved

    # --- ends of hosts -------------------------------------------------------------------------------------------------

    def _watch_life(self, host: HostHandle) -> None:
        if host.pidfd is not None:
            return
        host.pidfd = process_facts.open_pidfd(host.pid, host.start_ticks)
        if host.pidfd is not None:
            self._loop.add_reader(host.pidfd, self._died, host)

    def _unwatch(self, host: HostHandle) -> None:
        host.cancel_timer()
        if host.pidfd is not None:
            self._loop.remove_reader(host.pidfd)
            os.close(host.pidfd)
            host.pidfd = None

    def _died(self, host: HostHandle) -> None:
        """Its pidfd says so. The zygote, its parent, says how; if it still lives."""
        self._unwatch(host)
        if host.generation == self._zygote.generation:
            self._loop.call_later(_ZYGOTE_TELLS_S, self._dead, host)
        else:
            self._dead(host)

    def _disconnected(self, host: HostHandle) -> None:
        host.stream = None
        if host.phase is Phase.DEAD:
            return
        if not process_facts.is_alive(host.pid, host.start_ticks) and host.pidfd is None:
            self._died(host)
        else:
            # It comes back at once, or it is beyond help.
            self._loop.call_later(_RECONNECT_S, self._expect_back, host)

    def _expect_back(self, host: HostHandle) -> None:
        if host.stream is None and host.phase is not Phase.DEAD:
            self._end_host(host, "host_lost", f"The process that imported {host.file} does not answer any more.")
            if host.pidfd is None:
                self._loop.call_later(_ZYGOTE_TELLS_S, self._dead, host)

    def _dead(self, host: HostHandle) -> None:
        """The host is gone for sure. First what it still said, then what is left of its tries, then the report."""
        if host.phase is Phase.DEAD:
            return
        if host.stream is None:
            # A quick one may be done, or one that lost us may be back, before its connection was accepted.
            self._reception.take_in()
        if host.stream is not None:
            host.stream.read_rest()
        self._unwatch(host)
        was_importing = host in self._imports
        host.phase = Phase.DEAD
        self._imports.remove(host)
        if host.stream is not None:
            host.stream.close()
            host.stream = None
        for key, current in list(self._current.items()):
            if current is host:
                del self._current[key]
        if was_importing:
            self._import_failed(host)
        elif host.assignments or host.unforgotten:
            self._bury(host)
        else:
            remove(os.path.join(self._folder, host.host_id + SUFFIX))
            self._drop(host)

    def _import_failed(self, host: HostHandle) -> None:
        remove(os.path.join(self._folder, host.host_id + SUFFIX))
        cause, detail = import_faults.describe(
            host.file, host.status, host.out_of_memory, host.killed_because, host.printed
        )
        if host.attempt == 1 and not self._stopping and host.was_ended_by_others:
            again = HostHandle(_new_id(), host.file, host.digest, host.source, host.for_parse, host.stays, attempt=2)
            self._replace(host, again)
            self._drop(host)
            return
        if host.for_parse:
            self._deliver(HostFailed(host.file, host.digest, cause, detail))
        for assignment in list(host.assignments.values()):
            outcome: Outcome = Failed(cause="import_error", error=detail.splitlines()[0])
            if cause == "fork_failed":
                outcome = Lost(cause="fork_failed", detail=detail)
            self._give_up(host, assignment, outcome)
        self._drop(host)

    def _bury(self, host: HostHandle) -> None:
        path = os.path.join(self._folder, host.host_id + SUFFIX)
        # One that had not come to write itself down has run no user code, and the kernel kills it with its host.
        said = [assignment.process for assignment in host.assignments.values() if assignment.process is not None]

        def processes() -> list[tuple[int, int]]:
            # In this order, see `Recovery`. Without pidfds the host itself may take its time to go.
            lives = bool(host.pid) and process_facts.is_alive(host.pid, host.start_ticks)
            account = read_journal(path)
            running = account.running.values() if account is not None else ()
            written = [(one.pid, one.start_ticks) for one in running]
            return [*([(host.pid, host.start_ticks)] if lives else []), *said, *written]

        marks = [ident for ident, assignment in host.assignments.items() if assignment.sent]
        Burial(self._loop, processes, marks, lambda: self._buried(host))

    def _buried(self, host: HostHandle) -> None:
        """Nothing of the host's tries lives any more: tell how they ended, as far as it wrote that down."""
        path = os.path.join(self._folder, host.host_id + SUFFIX)
        account = read_journal(path)
        told: set[str] = set()
        how = host.how_it_ended
        for ident, assignment in list(host.assignments.items()):
            entry = account.last_word(ident) if account is not None else None
            if entry is not None and entry.report is not None:
                for ask in entry.asked:
                    self._deliver(Asked(Token(host.host_id, ask.number), ident, host.file, ask.request))
                del host.assignments[ident]
                self._by_ident.pop(ident, None)
                told.add(ident)
                self._deliver(entry.report)
                continue
            detail = f"The DAG's process (host {host.host_id}, pid {host.pid}) {how}."
            self._give_up(host, assignment, Lost(cause="host_lost", detail=detail), at_once=True)
        for ident in host.unforgotten:
            if ident in self._departures:
                # Nobody saw how its process went.
                self._deliver(Exited(ident, ExitInfo()))
                self._departures.gone(ident)
        # Kept until the store has the ends that only this file knows of.
        self._journals.keep(path, told | host.unforgotten)
        for ident in host.unforgotten:
            self._by_ident.pop(ident, None)
        self._drop(host)

    def keep_journal(self, path: str, idents: set[str]) -> None:
        """For `Recovery`: these ends are known from this file only, until they are forgotten."""
        self._journals.keep(path, idents)

    def _drop(self, host: HostHandle) -> None:
        self._hosts.pop(host.host_id, None)
        for key, current in list(self._current.items()):
            if current is host:
                del self._current[key]
        self._look_whether_stopped()

    # --- hosts that nobody needs ---------------------------------------------------------------------------------------

    def _retire(self, host: HostHandle) -> None:
        host.retired = True
        for key, current in list(self._current.items()):
            if current is host:
                del self._current[key]
        self._when_idle(host)

    def _when_idle(self, host: HostHandle) -> None:
        if host.is_idle:
            self._resting.has_come_to_rest(host)

    def _leave(self, host: HostHandle) -> None:
        host.phase = Phase.LEAVING
        for key, current in list(self._current.items()):
            if current is host:
                del self._current[key]
        self._send(host, StopHost())

    # --- reporting -----------------------------------------------------------------------------------------------------

    def _give_up(self, host: HostHandle, assignment: Assignment, outcome: Outcome, at_once: bool = False) -> None:
        host.assignments.pop(assignment.ident, None)
        self._by_ident.pop(assignment.ident, None)
        if at_once:
            self._report(assignment, outcome)
        else:
            self._loop.call_soon(self._report, assignment, outcome)

    def _report(self, assignment: Assignment, outcome: Outcome) -> None:
        """The end of something that no process can tell any more."""
        error = getattr(outcome, "error", "") or getattr(outcome, "detail", "")
        if isinstance(assignment.order, StartCallback):
            self._deliver(CallbackEnded(assignment.ident, False, error))
        elif isinstance(assignment.order, AskSchedule):
            self._deliver(ScheduleAnswer(assignment.order.number, error=error))
        else:
            self._deliver(Ended(assignment.ident, outcome, ExitInfo(callbacks_done=False)))

    def deliver(self, event: ExecutorEvent) -> None:
        """For `Recovery`."""
        self._deliver(event)

    def _send(self, host: HostHandle, message: object) -> None:
        if host.stream is not None and message is not None:
            host.stream.send(message)

    # --- taking over ---------------------------------------------------------------------------------------------------

    def _adopt(self, stream: Stream, hello: Hello) -> HostHandle | None:
        """A host of an engine before this one has found us."""
        assert self._recovery is not None
        host = HostHandle(
            hello.host_id,
            hello.file,
            hello.source_digest,
            phase=Phase.READY,
            pid=hello.pid,
            start_ticks=hello.start_ticks,
        )
        welcome = self._recovery.hello(hello)
        if welcome is None:
            # It has not even imported its file: it cannot have tries.
            stream.close()
            process_facts.send_signal(hello.pid, hello.start_ticks, signal.SIGKILL)
            return None
        self._hosts[host.host_id] = host
        host.stream = stream
        host.retired = not welcome.same_version
        for ident in welcome.tries:
            host.assignments[ident] = Assignment(ident, None, sent=True)
            self._by_ident[ident] = host
        self._watch_life(host)
        for ident in welcome.strays:
            stream.send(KillTry(ident, "unknown", 5.0, "the engine does not know of this try any more"))
        key = (host.file, host.digest)
        if not host.retired and key not in self._current:
            self._current[key] = host
        self._recovery.adopted(welcome)
        self._recovery.settle()
        self._loop.call_later(_ZYGOTE_TELLS_S, self._when_idle, host)
        return host

    # --- stopping ------------------------------------------------------------------------------------------------------

    def _end_all(self) -> None:
        for host in list(self._hosts.values()):
            self._end_host(host, "host_lost", "tradewind was stopped.")

    def _look_whether_stopped(self) -> None:
        if self._stopping and not self._hosts and self._stopped is not None and self._reception.is_open:
            self._close()

    def abandon(self) -> None:
        """Close everything and say nothing to anybody: what the death of the engine looks like from outside."""
        self._stopped = None
        self._close()

    def _close(self) -> None:
        if not self._reception.is_open:
            return
        self._reception.close()
        for host in self._hosts.values():
            self._unwatch(host)
            if host.stream is not None:
                host.stream.close()
        self._zygote.stop()
        if self._stopped is not None:
            self._stopped()


def _new_id() -> str:
    return new_try_id(int(time.time() * 1000))


def _stored(assignment: Assignment) -> str:
    return (assignment.getter() if assignment.getter is not None else None) or ""
