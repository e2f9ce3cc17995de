"""`tradewind standalone`: one parent that keeps the two halves, engine and web server, alive.

A half that dies, however it dies, is started again at once; one that dies again and again is given up with a sentence.
SIGINT or SIGTERM to the parent ends both.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tradewind.configuration.home import prepare_home, require_writable
from tradewind.engine.lock import HomeLock
from tradewind.server.listening import Listen, bind
from tradewind.server.ports import holder_of

# The half has said itself why it does not go on, or was stopped on purpose.
_ORDERLY_EXITS: Final = frozenset({0, 1})

HALF: Final = "TRADEWIND_HALF"
"""Set in the environment of a half, to the parent's process id: a half does not outlive its parent."""
_QUICK_DEATH_S: Final = 2.0
_QUICK_DEATHS: Final = 5


@dataclass(slots=True)
class Half:
    """One child of the parent."""

    name: str
    argv: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    final_codes: frozenset[int] = field(default_factory=frozenset)
    """Exit codes after which it is not started again: its own message has said why."""


class Standalone:
    """Not thread-safe; `run` is the parent's main function."""

    def __init__(self, halves: Sequence[Half], say: Callable[[str], None]) -> None:
        self._halves = list(halves)
        self._say = say
        self._is_stopping = False
        self._exit_code = 0

    def run(self) -> int:
        """Returns the exit code for the whole: 0 after a signal, else that of the half that could not be kept alive."""
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for half in self._halves:
                self._start(half)
            while any(half.process is not None for half in self._halves):
                self._wait_for_one()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        return self._exit_code

    def _start(self, half: Half) -> None:
        half.started_at = time.monotonic()
        # A session of its own: Ctrl-C reaches the parent, and the parent tells its children.
        half.process = subprocess.Popen(half.argv, env={**os.environ, HALF: str(os.getpid())}, start_new_session=True)

    def _wait_for_one(self) -> None:
        try:
            pid, status = os.wait()
        except InterruptedError:
            return
        except ChildProcessError:
            for half in self._halves:
                half.process = None
            return
        for half in self._halves:
            if half.process is not None and half.process.pid == pid:
                code = os.waitstatus_to_exitcode(status)
                half.process.returncode = code
                half.process = None
                self._died(half, code)

    def _died(self, half: Half, code: int) -> None:
        if self._is_stopping:
            return
        if code in half.final_codes:
            self._give_up(code)
            return
        is_quick = time.monotonic() - half.started_at < _QUICK_DEATH_S
        half.quick_deaths = half.quick_deaths + 1 if is_quick else 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if half.quick_deaths >= _QUICK_DEATHS:
            self._say(
                f"The {half.name} {how} {half.quick_deaths} times in a row; giving up. Its messages above say why."
            )
            self._give_up(code if code > 0 else 1)
            return
        self._say(f"The {half.name} {how}; starting it again.")
        self._start(half)

    def _give_up(self, code: int) -> None:
        self._exit_code = code
        self._stop(signal.SIGTERM, None)

    def _stop(self, _number: int, _frame: object) -> None:
        again = self._is_stopping
        self._is_stopping = True
        for half in self._halves:
            if half.process is not None:
                half.process.send_signal(signal.SIGKILL if again and half.name == "web server" else signal.SIGTERM)


def run_standalone(home: Path, *, host: str, port: int) -> int:
    """Both halves, until SIGINT or SIGTERM; the exit code.

    Raises HomeInUse, HomeError and PortBusy before anything is started. The parent itself stays small: it knows neither
    database nor engine.
    """
    prepare_home(home)
    require_writable(home)
    lock = HomeLock(home)
    lock.acquire()
    bind(Listen(host, port), holder_of).close()
    lock.release()
    command = [sys.executable, "-m", "tradewind.cli.main"]
    web = [*command, "webserver", "--host", host, "--port", str(port)]
    halves = [
        Half("scheduler", [*command, "scheduler"], final_codes=_ORDERLY_EXITS),
        Half("web server", web, final_codes=_ORDERLY_EXITS),
    ]
    return Standalone(halves, lambda text: print(text, flush=True)).run()
