"""SubprocessHook: runs a command, its output going to the task's log as it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tradewind.hooks.base import BaseHook

_MAX_LINE_BYTES = 1 << 20


class SubprocessResult(NamedTuple):
    exit_code: int
    """Negative: the number of the signal that ended it."""
    output: str
    """The last line of its output."""


@contextmanager
def working_directory(cwd: str | None = None) -> Iterator[str]:
    """`cwd`, or a temporary directory for as long as the body runs."""
    if cwd is not None:
        yield cwd
        return
    with TemporaryDirectory(prefix="airflowtmp") as temporary:
        yield temporary


class SubprocessHook(BaseHook):
    """Runs one command at a time, in a process group of its own inside the task's session."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sub_process: subprocess.Popen[bytes] | None = None

    def run_command(
        self,
        command: list[str],
        env: Mapping[str, str] | None = None,
        output_encoding: str = "utf-8",
        cwd: str | None = None,
    ) -> SubprocessResult:
        """Run `command` to its end. `env` None: this process's; `cwd` None: a temporary directory.

        stdout and stderr are logged together, line by line. Raises OSError when the command cannot be started.
        """
        with working_directory(cwd) as directory:
            self.log.info("Running command: %s", command)
            process = self.sub_process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=directory,
                env=dict(os.environ if env is None else env),
                **_own_group(),
            )
            self.log.info("Output:")
            last = self._log_output(process, output_encoding)
            code = process.wait()
            self.log.info("Command exited with return code %s%s", code, _signal_name(code))
        return SubprocessResult(code, last)

    def send_sigterm(self) -> None:
        """Tell the command, and what it started, to stop. Does nothing when none is running."""
        process = self.sub_process
        if process is None or process.poll() is not None:
            return
        self.log.info("Sending SIGTERM to process group %s", process.pid)
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            # It ended between the question and the signal.
            return

    def _log_output(self, process: subprocess.Popen[bytes], encoding: str) -> str:
        last = ""
        assert process.stdout is not None
        # Not closed on the way out of an exception: a command that is told to stop may still write its farewell, and
        # would get SIGPIPE instead.
        for raw in iter(lambda: process.stdout.readline(_MAX_LINE_BYTES), b""):  # type: ignore[union-attr]
            last = raw.decode(encoding, errors="backslashreplace").rstrip()
            self.log.info("%s", last)
        process.stdout.close()
        return last


def _own_group() -> dict[str, Any]:
    # A group, not a session: the DAG host ends what is left of the task's session.
    if sys.version_info >= (3, 11):
        return {"process_group": 0}
    return {"preexec_fn": os.setpgrp}


def _signal_name(code: int) -> str:
    if code >= 0:
        return ""
    try:
        return f" ({signal.Signals(-code).name})"
    except ValueError:
        return ""
