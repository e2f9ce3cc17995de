"""What becomes of the tries of an engine that is gone.

Its hosts live on and find the new engine by themselves; dead ones left their journals. A try that the store believes to be
active is in exactly one of these places: a host that says so (it is adopted), the journal of a dead host (its end is taken
from there, or what is left of it is killed), or nowhere (it had not been started). Only when every living host has spoken
is anything declared to be nowhere.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import tradewind
from tradewind.core.messages import Ended, ExitInfo, Hello, Lost
from tradewind.core.records import TryRecord
from tradewind.executors.base import Adopted, Asked, ExecutorEvent, Token
from tradewind.executors.burial import Burial
from tradewind.runtime import process_facts
from tradewind.runtime.journal import SUFFIX, Account, journals_in, read_journal

_SILENCE_S: Final = 10.0
"""A host that lives, and does not say hello for so long, will not do it any more."""


@dataclass(frozen=True)
class Welcome:
    """How to go on with a host that said hello."""

    tries: tuple[str, ...]
    """Of the store's tries: those that it runs or has an end of."""
    running: tuple[str, ...]
    strays: tuple[str, ...]
    """Runs, and the store does not know it as active."""
    same_version: bool
    """False: made by another version of tradewind, so it gets no new tries."""


class _Executor(Protocol):
    def deliver(self, event: ExecutorEvent) -> None: ...

    def keep_journal(self, path: str, idents: set[str]) -> None: ...


class Recovery:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        folder: str,
        own_hosts: set[str],
        tries: Sequence[TryRecord],
        executor: _Executor,
    ) -> None:
        self._loop = loop
        self._folder = folder
        self._executor = executor
        self._open = {record.try_id: record for record in tries}
        self._expected: dict[str, Account] = {}
        self._pidfds: dict[str, int] = {}
        self._burying = 0
        for account in journals_in(folder):
            if account.host.host_id in own_hosts:
                continue
            if account.host_lives and account.ready:
                self._expect(account)
            else:
                # One that was still importing has no tries, and would block us until it is done.
                self._bury(account)

    def hello(self, hello: Hello) -> Welcome | None:
        """None: it is of no use and may be killed."""
        account = self._no_longer_expected(hello.host_id) or read_journal(
            os.path.join(self._folder, hello.host_id + SUFFIX)
        )
        if account is None or not account.ready:
            return None
        active = [one.try_id for one in hello.active]
        running = tuple(ident for ident in active if ident in self._open)
        ended = tuple(ident for ident in hello.ended if ident in self._open)
        for ident in (*running, *ended):
            del self._open[ident]
        return Welcome(
            tries=(*running, *ended),
            running=running,
            strays=tuple(ident for ident in active if ident not in running),
            same_version=account.host.version == tradewind.__version__,
        )

    def adopted(self, welcome: Welcome) -> None:
        if welcome.running:
            self._executor.deliver(Adopted(welcome.running))

    def settle(self) -> None:
        """Once nothing more is to be heard, what nobody knows of was not started, or is gone."""
        if self._expected or self._burying:
            return
        records, self._open = list(self._open.values()), {}
        for record in records:
            if record.pid and process_facts.is_alive(record.pid, record.start_ticks) and record.start_ticks:
                self._end_orphan(record)
            else:
                self._lose(record, ran=record.pid is not None)

    # --- hosts ---------------------------------------------------------------------------------------------------------

    def _expect(self, account: Account) -> None:
        host = account.host
        self._expected[host.host_id] = account
        pidfd = process_facts.open_pidfd(host.pid, host.start_ticks)
        if pidfd is not None:
            self._pidfds[host.host_id] = pidfd
            self._loop.add_reader(pidfd, self._given_up, host.host_id)
        self._loop.call_later(_SILENCE_S, self._given_up, host.host_id)

    def _no_longer_expected(self, host_id: str) -> Account | None:
        pidfd = self._pidfds.pop(host_id, None)
        if pidfd is not None:
            self._loop.remove_reader(pidfd)
            os.close(pidfd)
        return self._expected.pop(host_id, None)

    def _given_up(self, host_id: str) -> None:
        """It died while we waited for it, or it keeps silent."""
        account = self._no_longer_expected(host_id)
        if account is not None:
            self._bury(account)

    def _bury(self, account: Account) -> None:
        """Ends the host, should it live, and then its tries.

        Those are read from the journal anew each time, and for the last time when the host is gone: a try writes itself
        down before it runs any user code, but an earlier look may have come before that.
        """
        host = account.host
        is_of_this_boot = host.boot_id == process_facts.boot_id()

        def processes() -> list[tuple[int, int]]:
            if not is_of_this_boot:
                return []
            # Looked at before the journal is read: what a host that is gone has not let be written does not exist.
            leaders = [(host.pid, host.start_ticks)] if process_facts.is_alive(host.pid, host.start_ticks) else []
            now = read_journal(account.path) or account
            return [*leaders, *((entry.pid, entry.start_ticks) for entry in now.running.values())]

        self._burying += 1
        latest = read_journal(account.path) or account
        marks = list(latest.running) if is_of_this_boot else []
        Burial(self._loop, processes, marks, lambda: self._loop.call_soon(self._buried, account.path))

    def _buried(self, path: str) -> None:
        self._burying -= 1
        account = read_journal(path)
        if account is not None:
            told: set[str] = set()
            for ident in [ident for ident in self._open if account.last_word(ident) is not None]:
                self._tell(account, ident)
                told.add(ident)
            for ident in [ident for ident in account.running if ident in self._open]:
                self._lose(self._open.pop(ident), ran=True)
            self._executor.keep_journal(path, told)
        self.settle()

    def _tell(self, account: Account, ident: str) -> None:
        """The end that its host wrote down and could not tell."""
        del self._open[ident]
        entry = account.last_word(ident)
        assert entry is not None and entry.report is not None
        for ask in entry.asked:
            token = Token(account.host.host_id, ask.number)
            self._executor.deliver(Asked(token, ident, account.host.file, ask.request))
        self._executor.deliver(entry.report)

    # --- tries that nobody knows of ------------------------------------------------------------------------------------

    def _end_orphan(self, record: TryRecord) -> None:
        assert record.pid is not None
        leaders = [(record.pid, record.start_ticks)]
        Burial(self._loop, lambda: leaders, [record.try_id], lambda: self._lose(record, ran=True))

    def _lose(self, record: TryRecord, *, ran: bool) -> None:
        """`ran`: its process existed, also when the engine did not live to write that down."""
        if ran:
            lost = Lost(cause="host_lost", detail="its process and the DAG's process ended while no engine was running")
        else:
            lost = Lost(cause="engine_stopped", detail="the engine ended before the try was started")
        self._executor.deliver(Ended(record.try_id, lost, ExitInfo(pid=record.pid or 0, callbacks_done=False)))
