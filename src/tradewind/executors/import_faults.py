"""Why a file's import came to nothing, in words for its author. Pure."""

from __future__ import annotations

import os
from typing import Final

from tradewind.runtime.process_facts import signal_name

_SHOWN_OUTPUT: Final = 4000
_HINTS: Final = {
    "SIGSEGV": "a crash in C code, or endless recursion in it. Import the file by itself (`python FILE`) to see where",
    "SIGABRT": "C code gave up. Import the file by itself (`python FILE`) to see why",
    "SIGBUS": "a crash in C code. Import the file by itself (`python FILE`) to see where",
    "SIGKILL": "somebody or the system killed it, perhaps because memory ran out",
}


def describe(
    file: str, status: int | None, out_of_memory: bool, killed_because: tuple[str, str] | None, printed: str
) -> tuple[str, str]:
    """(cause, text). `status` is the wait status of the importing process, None when nobody could tell it."""
    cause, text = _cause(file, status, out_of_memory, killed_because)
    if printed.strip():
        end = printed.strip()
        cut = "…" if len(end) > _SHOWN_OUTPUT else ""
        text = f"{text}\n\nWhat the file printed last:\n{cut}{end[-_SHOWN_OUTPUT:]}"
    return cause, text


def _cause(
    file: str, status: int | None, out_of_memory: bool, killed_because: tuple[str, str] | None
) -> tuple[str, str]:
    if killed_because is not None:
        return killed_because
    if out_of_memory:
        return "out_of_memory", (
            f"Importing {file} used up the machine's memory, and the kernel killed it. Load large data inside a task, not "
            "at the top of the file."
        )
    if status is None:
        return "host_lost", f"The process that imported {file} disappeared. It is imported again with the next change."
    if os.WIFSIGNALED(status):
        name = signal_name(os.WTERMSIG(status))
        hint = _HINTS.get(name)
        return "signal", f"Importing {file} ended its process with {name}" + (f": {hint}." if hint else ".")
    code = os.WEXITSTATUS(status)
    return "exit_code", (
        f"Importing {file} ended its process with exit code {code}: something in it calls os._exit (or a library does). "
        "Remove the call, or move it into a task."
    )


def timeout(file: str, limit_s: float) -> tuple[str, str]:
    return "import_timeout", (
        f"Importing {file} took longer than {limit_s:g} s, so it was stopped. Move slow work (queries, downloads, loops) "
        "into tasks, or raise [core] dagbag_import_timeout."
    )


def too_much_memory(file: str, used_mb: int, limit_mb: int) -> tuple[str, str]:
    return "memory_limit", (
        f"Importing {file} used {used_mb:,} MB, more than the {limit_mb:,} MB that are allowed, so it was stopped. Load "
        "large data inside a task."
    )
