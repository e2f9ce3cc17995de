"""The process that all DAG hosts are forked from: it has imported what every one of them needs, and no user code.

    python -m tradewind.runtime.zygote FD

FD is a socket to the executor, which sends a `Prepare` and then `ForkHost`s. The zygote is the parent of the hosts, so it
knows how each of them ended; it also keeps the start and the end of what a file prints while it is imported. When the
executor goes away the zygote ends; its hosts go on.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import os
import pkgutil
import signal
import socket
import sys
import traceback
from typing import Any, Final, NoReturn, Union

import msgspec

from tradewind.core.messages import FromTask, ToHost, ToTask
from tradewind.runtime import host, process_facts
from tradewind.runtime.event_loop import EventLoop, wake_on_signals
from tradewind.runtime.framing import FrameReader, frame
from tradewind.runtime.launching import ForkOrder
from tradewind.runtime.settings import RuntimeSettings

KEPT_OUTPUT_BYTES: Final = 512 * 1024
"""Kept of the start, and as much of the end, of what an import prints."""
_WARM: Final = ("pendulum", "jinja2", "jinja2.nativetypes", "random", "subprocess", "tradewind.sdk.channel")
_WARM_PACKAGES: Final = ("tradewind.timetables", "tradewind.operators", "tradewind.sensors")
_PIPE_BYTES: Final = 1 << 20
_F_SETPIPE_SZ: Final = 1031


class Prepare(msgspec.Struct, tag="prepare"):
    settings: RuntimeSettings


class ForkHost(msgspec.Struct, tag="fork_host", kw_only=True, omit_defaults=True):
    host_id: str
    file: str
    source_digest: str = ""
    source: str | None = None
    """Import this text instead of what is on disk."""
    stays: bool = True
    """False: end after the import."""


class ZygoteReady(msgspec.Struct, tag="zygote_ready"):
    pid: int


class HostForked(msgspec.Struct, tag="host_forked"):
    host_id: str
    pid: int
    start_ticks: int


class ForkRefused(msgspec.Struct, tag="fork_refused"):
    """The system has no room for another process."""

    host_id: str
    error: str


class HostExited(msgspec.Struct, tag="host_exited"):
    host_id: str
    status: int
    """Wait status."""
    out_of_memory: bool
    peak_rss_kb: int


class ImportPrinted(msgspec.Struct, tag="import_printed"):
    """What the import wrote to its standard streams; said once, when it is over."""

    host_id: str
    text: str
    total_bytes: int


ToZygote = Union[Prepare, ForkHost]
FromZygote = Union[ZygoteReady, HostForked, ForkRefused, HostExited, ImportPrinted]


class _Child:
    """One host, from its fork to its end."""

    def __init__(self, host_id: str, pid: int, output: int, pidfd: int | None) -> None:
        self.host_id = host_id
        self.pid = pid
        self.output = output
        self.pidfd = pidfd
        self.start = bytearray()
        self.end = bytearray()
        self.total = 0

    def keep(self, data: bytes) -> None:
        self.total += len(data)
        room = KEPT_OUTPUT_BYTES - len(self.start)
        self.start += data[:room]
        self.end += data[room:] if room > 0 else data
        if len(self.end) > 2 * KEPT_OUTPUT_BYTES:
            del self.end[:-KEPT_OUTPUT_BYTES]

    def text(self) -> str:
        end = self.end[-KEPT_OUTPUT_BYTES:]
        left_out = self.total - len(self.start) - len(end)
        middle = f"\n… {left_out:,} bytes left out …\n".encode() if left_out else b""
        return bytes(self.start + middle + end).decode("utf-8", "replace")


class Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._reader: FrameReader[Any] = FrameReader(ToZygote)
        self._loop = EventLoop()
        self._children: dict[int, _Child] = {}
        self._settings: RuntimeSettings | None = None
        self._oom = process_facts.OomCounter()
        self._wakeup: tuple[int, ...] = ()

    def run(self) -> None:
        """Serve until the executor is gone."""
        if not hasattr(os, "pidfd_open"):
            self._wakeup = wake_on_signals(self._loop, self._on_sigchld)
            signal.signal(signal.SIGCHLD, lambda *_: None)
        self._loop.watch(self._control.fileno(), self._on_control)
        self._loop.run()

    def _tell(self, message: FromZygote) -> None:
        try:
            self._control.sendall(frame(message))
        except OSError:
            self._loop.running = False

    def _on_control(self) -> None:
        try:
            data = self._control.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self._loop.running = False
            return
        for message in self._reader.feed(data):
            if isinstance(message, Prepare):
                self._settings = message.settings
                _warm(message.settings)
                self._tell(ZygoteReady(os.getpid()))
            else:
                self._fork(message)

    def _fork(self, order: ForkHost) -> None:
        assert self._settings is not None
        readable, writable = os.pipe()
        _enlarge(readable)
        os.set_blocking(readable, False)
        try:
            pid = os.fork()
        except OSError as error:
            os.close(readable)
            os.close(writable)
            self._tell(ForkRefused(order.host_id, f"{error.strerror or error} while starting a process"))
            return
        if pid == 0:
            os.close(readable)
            self._become_host(order, writable)
        os.close(writable)
        pidfd = process_facts.open_pidfd(pid)
        child = _Child(order.host_id, pid, readable, pidfd)
        self._children[pid] = child
        self._tell(HostForked(order.host_id, pid, process_facts.start_ticks(pid)))
        self._loop.watch(readable, lambda: self._on_output(child))
        if pidfd is not None:
            self._loop.watch(pidfd, lambda: self._on_exit(child))

    def _become_host(self, order: ForkHost, output: int) -> NoReturn:
        assert self._settings is not None
        status = 70
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for fd in [*self._loop.own_fds(), self._control.detach(), *self._wakeup]:
                os.close(fd)
            for child in self._children.values():
                for inherited in (child.output, child.pidfd):
                    if inherited is not None and inherited >= 0:
                        os.close(inherited)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.close(output)
            gc.enable()
            host.Host(order.host_id, order.file, order.source_digest, order.source, order.stays, self._settings).run()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def _on_output(self, child: _Child) -> None:
        try:
            data = os.read(child.output, _PIPE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            child.keep(data)
            return
        self._loop.forget(child.output)
        os.close(child.output)
        child.output = -1
        self._tell_output(child)

    def _tell_output(self, child: _Child) -> None:
        if child.total:
            self._tell(ImportPrinted(child.host_id, child.text(), child.total))
            child.total = 0

    def _on_exit(self, child: _Child) -> None:
        try:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        except ChildProcessError:
            pid, status, usage = child.pid, 0, None
        if pid == 0:
            return
        # What it printed last explains how it ended, so that is told first.
        while child.output >= 0:
            try:
                data = os.read(child.output, _PIPE_BYTES)
            except OSError:
                break
            if not data:
                break
            child.keep(data)
        self._tell_output(child)
        for fd in (child.output, child.pidfd):
            if fd is not None and fd >= 0:
                self._loop.forget(fd)
                os.close(fd)
        del self._children[child.pid]
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        peak = usage.ru_maxrss if usage else 0
        self._tell(HostExited(child.host_id, status, killed and self._oom.has_risen(), peak))

    def _on_sigchld(self) -> None:
        for child in list(self._children.values()):
            self._on_exit(child)


def _warm(settings: RuntimeSettings) -> None:
    """Import once what every host and task needs."""
    for name in _WARM:
        importlib.import_module(name)
    for package in _WARM_PACKAGES:
        # What most files import: read once here instead of once in each host.
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            try:
                importlib.import_module(module.name)
            except ImportError:
                # An optional library is not installed.
                continue
    for place in (settings.collect, settings.run_try, settings.run_callback, settings.answer_schedule):
        try:
            entered = importlib.import_module(place.partition(":")[0])
            getattr(entered, "preload", _nothing)()
        except ImportError:
            # The host that needs it says so, in the words of its own error.
            traceback.print_exc()
    for union in (ToHost, FromTask, ToTask, ForkOrder):
        FrameReader(union)
    gc.collect()
    gc.freeze()


def _nothing() -> None:
    """For modules that have nothing to prepare."""


def _enlarge(pipe: int) -> None:
    if process_facts.LINUX:
        try:
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:
            # The user's share of pipe memory is used up; the usual size does as well.
            pass


def main() -> None:
    # Interrupting the terminal is meant for the engine, which then ends everything in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    Zygote(socket.socket(fileno=int(sys.argv[1]))).run()
    os._exit(0)


if __name__ == "__main__":
    main()
