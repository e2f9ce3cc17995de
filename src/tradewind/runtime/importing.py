"""The import of one DAG file in its host: limits, what it read, what came of it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from tradewind.core.messages import GetVariable, ImportProblem, Parsed, Reply, Request
from tradewind.core.spec import DagSpec
from tradewind.runtime import process_facts
from tradewind.runtime.settings import RuntimeSettings
from tradewind.sdk.channel import Channel, set_channel

# Address space beyond the limit on memory in use: enough for what libraries reserve and never touch.
_RESERVED_MB = 1024


class Collection(Protocol):
    """What `sdk.collect.collect_dags` answers."""

    @property
    def dags(self) -> Mapping[str, Any]: ...
    @property
    def specs(self) -> Sequence[DagSpec]: ...
    @property
    def problems(self) -> Sequence[ImportProblem]: ...
    @property
    def warnings(self) -> Sequence[str]: ...


Collect = Callable[[str, "str | None"], Collection]


class NothingImported:
    """In place of a collection when the import ended in an exception that the collector did not expect."""

    def __init__(self, problem: ImportProblem) -> None:
        self.dags: dict[str, Any] = {}
        self.specs: list[DagSpec] = []
        self.problems = [problem]
        self.warnings: list[str] = []


@functools.cache
def entry(name: str) -> Any:
    """The object that `module:name` stands for."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def source_digest(source: bytes) -> str:
    """Names a version of a file's content."""
    return hashlib.sha256(source).hexdigest()[:32]


def read_source(file: str) -> tuple[bytes, str]:
    """A file's bytes and its digest. A ZIP archive's digest is that of the archive. Raises OSError."""
    archive, dot_zip, _ = file.partition(".zip/")
    with open(archive + ".zip" if dot_zip else file, "rb") as opened:
        data = opened.read()
    return data, source_digest(data)


class _CountingChannel:
    """Passes on what a file asks at import, and remembers the variables."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner
        self.variables: dict[str, None] = {}

    def ask(self, request: Request) -> Reply:
        if isinstance(request, GetVariable):
            self.variables[request.key] = None
        return self._inner.ask(request)

    def tell(self, request: Request) -> None:
        self._inner.tell(request)


def import_file(
    file: str, source: str | None, digest: str, settings: RuntimeSettings, channel: Channel, host_id: str = ""
) -> tuple[Mapping[str, Any], Parsed]:
    """Import `file` and describe what it defines. With `source` that text is used, known by `digest`, not the disk.

    The process's standard streams, time limit and survival are the caller's business. Raises nothing that user code
    raises, `SystemExit` included; ends the process when the file forked and this is the child.
    """
    started, cpu = time.monotonic(), time.process_time()
    text = source
    if text is None:
        # Before the import: should the file change meanwhile, it is imported again because of the old digest.
        data, digest = _content(file)
        text = _text(file, data)
    pid = os.getpid()
    counting = _CountingChannel(channel)
    before = set_channel(counting)
    collection: Collection
    reads = ReadFiles()
    try:
        with _memory_limit(settings.import_memory_mb), reads.recorded():
            collection = entry(settings.collect)(file, source)
    except BaseException as error:
        collection = NothingImported(_problem(file, error, settings))
    finally:
        if os.getpid() != pid:
            os._exit(0)
        set_channel(before)
    return collection.dags, Parsed(
        host_id=host_id,
        file=file,
        source_digest=digest,
        source=text,
        dags=list(collection.specs),
        problems=list(collection.problems),
        warnings=list(collection.warnings),
        seconds=time.monotonic() - started,
        cpu_s=time.process_time() - cpu,
        rss_kb=process_facts.rss_kb(),
        depends_on=reads.below([settings.dags_folder, settings.plugins_folder], file),
        variables_read=list(counting.variables),
    )


def _content(file: str) -> tuple[bytes, str]:
    try:
        return read_source(file)
    except OSError:
        # The import will say what is wrong with the file.
        return b"", ""


def _text(file: str, data: bytes) -> str:
    """The source for showing and for pinned runs; nothing for an archive."""
    return "" if ".zip" in file else data.decode("utf-8", "replace")


def _problem(file: str, error: BaseException, settings: RuntimeSettings) -> ImportProblem:
    if isinstance(error, MemoryError):
        first = (
            f"MemoryError: importing the file needs more than the {settings.import_memory_mb:,} MB that are allowed. Load "
            "large data inside a task."
        )
    elif isinstance(error, SystemExit):
        first = f"SystemExit: the file calls sys.exit({error.code!r}) while it is imported. Remove the call."
    else:
        first = "".join(traceback.format_exception_only(type(error), error)).strip()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    text = "".join(traceback.format_list(frames))
    return ImportProblem(file, f"{first}\n{text}".rstrip(), frames[-1].lineno if frames else None)


@contextlib.contextmanager
def _memory_limit(limit_mb: int) -> Iterator[None]:
    """A soft limit on private memory, so that a runaway import gets a MemoryError before the machine suffers.

    It counts what is reserved as well, hence the margin; the executor watches the memory in use.
    """
    if not limit_mb or not process_facts.LINUX:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = (limit_mb + _RESERVED_MB) << 20
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


_recording: ReadFiles | None = None
_hooked = False


class ReadFiles:
    """Files that are opened for reading, by whatever part of Python, while recorded."""

    def __init__(self) -> None:
        self.paths: dict[str, None] = {}

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        global _recording, _hooked
        if not _hooked:
            # An audit hook cannot be removed again; outside of `recorded` it costs one comparison.
            sys.addaudithook(_on_event)
            _hooked = True
        _recording = self
        try:
            yield
        finally:
            _recording = None

    def below(self, folders: list[str], file: str) -> list[str]:
        """Those below one of the folders, without `file` itself; compiled modules stand for their source."""
        roots = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders if folder)
        own = os.path.realpath(file)
        found: set[str] = set()
        for path in self.paths:
            real = os.path.realpath(path)
            if real.endswith(".pyc") and os.path.basename(os.path.dirname(real)) == "__pycache__":
                folder = os.path.dirname(os.path.dirname(real))
                real = os.path.join(folder, os.path.basename(real).split(".")[0] + ".py")
            if real != own and real.startswith(roots) and os.path.isfile(real):
                found.add(real)
        return sorted(found)


def _on_event(event: str, args: tuple[Any, ...]) -> None:
    if _recording is None or event != "open":
        return
    path, mode, flags = args
    # `mode` is None for os.open; then the flags tell.
    writes = any(sign in mode for sign in "wax+") if isinstance(mode, str) else bool(flags & os.O_ACCMODE)
    if isinstance(path, (str, bytes)) and not writes:
        _recording.paths[os.path.abspath(os.fsdecode(path))] = None
