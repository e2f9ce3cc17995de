"""How a try ended, from what its process said and from how it went away. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from tradewind.core.messages import Failed, Lost, Outcome, Skipped, Succeeded
from tradewind.runtime.process_facts import signal_name

ENGINE_STOPPED: Final = "engine_stopped"
EXECUTION_TIMEOUT: Final = "execution_timeout"
LOCK_INHERITED: Final = "lock_inherited"
IMPORT_TIMEOUT: Final = "import_timeout"


@dataclass(frozen=True)
class Kill:
    """Why we ended a process ourselves."""

    cause: str
    detail: str = ""


def outcome_of(status: int, said: Outcome | None, kill: Kill | None, out_of_memory: bool) -> Outcome:
    """What to report.

    `status` is a wait status, `said` the process's own last word, `kill` why we ended it (None: we did not),
    `out_of_memory` whether the kernel killed something for want of memory at that time.
    """
    if isinstance(said, (Succeeded, Skipped)):
        # It had finished before the kill reached it, and its own word stands.
        return said
    if kill is not None:
        return _killed(kill, said)
    if said is not None:
        return said
    if os.WIFSIGNALED(status):
        signum = os.WTERMSIG(status)
        name = signal_name(signum)
        if name == "SIGKILL" and out_of_memory:
            return Failed(
                cause="out_of_memory",
                error="The kernel killed the task because memory ran out. Give the machine (or the container) more memory, "
                "let fewer tasks run at once, or let the task work on smaller pieces.",
            )
        return Failed(cause="signal", error=_signal_error(name))
    code = os.WEXITSTATUS(status)
    if code == 0:
        return Failed(cause="exit_code", error="ended with exit code 0 without finishing: os._exit?")
    return Failed(cause="exit_code", error=f"ended with exit code {code} without finishing")


def _killed(kill: Kill, said: Outcome | None) -> Outcome:
    if kill.cause == LOCK_INHERITED:
        return Lost(cause=LOCK_INHERITED, detail=kill.detail, fresh_interpreter=True)
    if kill.cause == ENGINE_STOPPED:
        return Lost(cause=ENGINE_STOPPED, detail=kill.detail)
    if kill.cause == EXECUTION_TIMEOUT:
        if isinstance(said, Failed) and said.cause == EXECUTION_TIMEOUT:
            return said
        return Failed(cause=EXECUTION_TIMEOUT, error=kill.detail)
    if kill.cause == IMPORT_TIMEOUT:
        return Failed(cause="import_error", error=kill.detail)
    return Failed(cause="killed", error=f"killed: {kill.detail or kill.cause}")


def _signal_error(name: str) -> str:
    hints = {
        "SIGSEGV": "a crash in C code of a library; `faulthandler` in the log may name the line",
        "SIGBUS": "a crash in C code, or a mapped file that became shorter",
        "SIGABRT": "C code gave up, see the end of the log",
        "SIGKILL": "somebody killed it: `kill -9`, or the container's memory limit",
        "SIGTERM": "somebody asked it to end",
    }
    hint = hints.get(name)
    return f"ended by {name}" + (f" ({hint})" if hint else "")
