"""What the engine needs of an executor, and what an executor tells it.

All calls are made in the engine's event loop and return at once; whatever comes of them is delivered later, in the same
loop, by the `deliver` function that the executor was made with. Every try that was given to `run` ends in exactly one
`Ended`, whatever dies meanwhile, unless the engine dies itself; then `recover` of the next engine takes care of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, Union

import msgspec

from tradewind.core.messages import (
    AskSchedule,
    CallbackEnded,
    CallbackRun,
    Ended,
    Exited,
    Parsed,
    Reply,
    Request,
    ScheduleAnswer,
    Started,
    TaskTry,
)
from tradewind.core.records import TryRecord


class HostFailed(msgspec.Struct, frozen=True):
    """A file could not be imported because the process that did it came to an end."""

    file: str
    source_digest: str
    """Of what it tried to import; empty when that was whatever was on disk."""
    cause: str
    """import_timeout, memory_limit, out_of_memory, signal, exit_code, host_lost, fork_failed."""
    detail: str
    """For the user: what happened, and what to do. Then, if it printed anything, the end of it."""


class Token(msgspec.Struct, frozen=True):
    """Names a request until it is answered."""

    host_id: str
    number: int


class Asked(msgspec.Struct, frozen=True):
    """A task (`try_id` empty: a file at import, which is `file`) asks or tells something.

    A kind in `messages.UNANSWERED` needs no answer. A `reply` of `Done` to it says that it is stored for good; otherwise
    it comes again when the engine was gone in between, so carrying it out twice must do no harm.
    """

    token: Token
    try_id: str
    file: str
    request: Request


class Adopted(msgspec.Struct, frozen=True):
    """After `recover`: these tries still run; their ends will be delivered as usual. Each is also told as `Started`."""

    try_ids: tuple[str, ...]


class ImportOutput(msgspec.Struct, frozen=True):
    """What a file printed while it was imported: its start and its end, when it was too long."""

    file: str
    text: str
    total_bytes: int


ExecutorEvent = Union[
    Parsed, HostFailed, ImportOutput, Started, Ended, Exited, CallbackEnded, Asked, ScheduleAnswer, Adopted
]
Deliver = Callable[[ExecutorEvent], None]
SourceGetter = Callable[[], "str | None"]
"""Answers the stored text of a file's version; called only when the disk holds another one. None: there is none."""


class Executor(Protocol):
    """Imports files and runs tries, somewhere."""

    name: str

    def start(self) -> None:
        """Begin. Raises OSError with a sentence for the user when the machine does not allow it."""

    def recover(self, tries: Sequence[TryRecord]) -> None:
        """Take over from an engine that is gone: `tries` are those that the store believes to be active.

        To be called once, before the first `run`. Each of them is delivered as `Adopted`, or as `Ended`.
        """

    def parse(self, file: str, source_digest: str | None = None, source: str | None = None, keep: bool = False) -> None:
        """Import the file as it is on disk (or the given `source`), and deliver `Parsed` or `HostFailed`.

        With `keep` the process stays for the tries of this version, in place of the one that served them before.
        """

    def run(self, file: str, source_digest: str, source_getter: SourceGetter, task_try: TaskTry) -> None:
        """Run a try in this version of the file. Delivers `Started` and `Ended`, the latter until `forget`.

        An `Ended` with `exit_follows` is followed by `Exited`, and `forget` is due only then. A new try of the same
        instance begins when nothing of the one before runs any more.
        """

    def run_callback(self, file: str, source_digest: str, source_getter: SourceGetter, callback: CallbackRun) -> None:
        """Run callbacks; delivers `CallbackEnded`, until `forget(callback_id)`."""

    def ask_schedule(self, file: str, source_digest: str, source_getter: SourceGetter, ask: AskSchedule) -> None:
        """Delivers a `ScheduleAnswer` with the number of the question."""

    def kill(self, try_id: str, cause: str, grace_s: float, detail: str = "") -> None:
        """End a try: SIGTERM, then SIGKILL after `grace_s`. Its `Ended` comes as usual. Unknown ids are ignored."""

    def forget(self, try_id: str) -> None:
        """The end of this try (or callback) is in the store."""

    def reply(self, token: Token, reply: Reply) -> None:
        """Answer an `Asked`. Ignored when the one who asked is gone."""

    def retire(self, file: str) -> None:
        """Processes that imported this file take no new tries: what it reads besides itself has changed, or it is gone."""

    def stop(self, grace_s: float | None, stopped: Callable[[], None]) -> None:
        """Take nothing new; after `grace_s` seconds kill what still runs (it ends as lost, `engine_stopped`).

        None leaves running tries to the next engine. `stopped` is called when nothing is left to wait for.
        """
