"""A host's own account of the processes it started, for whoever has to clean up after it.

One file for each host, appended to with single writes and never changed (`renewed` puts a whole new file in its place). A
kill between any two lines leaves at most a torn last entry, which readers skip. The child itself writes down its pid
before any user code runs: a task whose host died cannot be overlooked.
"""

from __future__ import annotations

import os
from typing import Final, Union

import msgspec

from tradewind.core.messages import Asks, Deferred, Ended, Lost, Rescheduled
from tradewind.runtime import process_facts
from tradewind.runtime.framing import FrameReader, FrameTooLarge, frame

SUFFIX: Final = ".journal"
MAX_KEPT_END_BYTES: Final = 64 * 1024
_MODE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


class HostEntry(msgspec.Struct, tag="host"):
    """First entry of every file."""

    host_id: str
    pid: int
    start_ticks: int
    boot_id: str
    version: str
    file: str
    source_digest: str


class ReadyEntry(msgspec.Struct, tag="ready"):
    """The import is over: from now on the host may be given tries."""


class TryEntry(msgspec.Struct, tag="try"):
    """A process of a try, written by itself before anything else. It leads its session and process group."""

    try_id: str
    pid: int
    start_ticks: int


class EndEntry(msgspec.Struct, tag="end", omit_defaults=True):
    """The try is over and, unless the report says `exit_follows`, nothing of it runs any more.

    `report` is what the engine has to be told when the host cannot do it; None when that was too long to be kept.
    """

    try_id: str
    report: Ended | None = None
    asked: list[Asks] = []
    """Requests without answers that came before the end, in order."""


class GoneEntry(msgspec.Struct, tag="gone"):
    """Nothing runs any more of a try whose end was written before."""

    try_id: str


Entry = Union[HostEntry, ReadyEntry, TryEntry, EndEntry, GoneEntry]


class Journal:
    """The writing side. A full disk loses entries, never a task: every method raises nothing."""

    def __init__(self, path: str, host: HostEntry) -> None:
        self.path = path
        self._host = host
        self.size = 0
        self.fd = -1
        self.renewed(ready=False)

    def append(self, entry: Entry) -> None:
        self._write(self.fd, frame(entry))

    def ended(self, report: Ended, asked: list[Asks]) -> None:
        """Keep the end of a try with what has to be told before it, as far as that is of a sensible size."""
        data = frame(EndEntry(report.try_id, report, asked))
        if len(data) > MAX_KEPT_END_BYTES:
            data = frame(EndEntry(report.try_id))
        self._write(self.fd, data)

    def renewed(self, ready: bool = True) -> None:
        """Start anew with only the first entries. To be called only while no try runs and every end is known."""
        aside = self.path + "~"
        try:
            fd = os.open(aside, _MODE | os.O_TRUNC, 0o600)
            self.size = 0
            self._write(fd, frame(self._host))
            if ready:
                self._write(fd, frame(ReadyEntry()))
            os.rename(aside, self.path)
        except OSError:
            return
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = fd

    def remove(self) -> None:
        try:
            os.unlink(self.path)
        except OSError:
            pass

    def _write(self, fd: int, data: bytes) -> None:
        self.size += len(data)
        try:
            os.write(fd, data)
        except OSError:
            pass


def write_try(fd: int, try_id: str) -> None:
    """For the process of a try: write down that it lives. Raises nothing."""
    pid = os.getpid()
    try:
        os.write(fd, frame(TryEntry(try_id, pid, process_facts.start_ticks(pid))))
    except OSError:
        pass


class Account(msgspec.Struct):
    """What a journal says."""

    path: str
    host: HostEntry
    ready: bool
    running: dict[str, TryEntry]
    """Tries whose process may still be there, by id."""
    ended: dict[str, EndEntry]

    def last_word(self, try_id: str) -> EndEntry | None:
        """The end that the host wrote down, if it is one that can be told later.

        A try that was put off, or lost, goes on under the same id, so such an end may be an old one: not told. To be asked
        once nothing of the host lives any more: what was to follow is not said by anybody.
        """
        entry = self.ended.get(try_id)
        if entry is None or entry.report is None or isinstance(entry.report.outcome, (Rescheduled, Deferred, Lost)):
            return None
        if entry.report.exit_follows:
            return msgspec.structs.replace(entry, report=msgspec.structs.replace(entry.report, exit_follows=False))
        return entry

    @property
    def host_lives(self) -> bool:
        return self.host.boot_id == process_facts.boot_id() and process_facts.is_alive(
            self.host.pid, self.host.start_ticks
        )


def read_journal(path: str) -> Account | None:
    """None when the file is gone, or holds no first entry."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    reader: FrameReader[Entry] = FrameReader(Entry)
    account: Account | None = None
    # A bad frame (a write that a full disk cut short, followed by another) ends what can be read.
    for entry in _until_damage(reader, data):
        if isinstance(entry, HostEntry):
            account = Account(path, entry, False, {}, {})
        elif account is None:
            return None
        elif isinstance(entry, ReadyEntry):
            account.ready = True
        elif isinstance(entry, TryEntry):
            account.running[entry.try_id] = entry
            account.ended.pop(entry.try_id, None)
        elif isinstance(entry, GoneEntry):
            account.running.pop(entry.try_id, None)
        else:
            if entry.report is None or not entry.report.exit_follows:
                account.running.pop(entry.try_id, None)
            account.ended[entry.try_id] = entry
    return account


def _until_damage(reader: FrameReader[Entry], data: bytes) -> list[Entry]:
    entries: list[Entry] = []
    start = 0
    while start < len(data):
        end = start + 4 + int.from_bytes(data[start : start + 4], "big")
        try:
            entries += reader.feed(data[start:end])
        except (msgspec.MsgspecError, FrameTooLarge):
            break
        start = end
    return entries


def journals_in(folder: str) -> list[Account]:
    """All readable journals of a folder, in no particular order."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names if name.endswith(SUFFIX)]
    return [account for path in paths if (account := read_journal(path)) is not None]
