"""DAG files: found, imported in hosts, kept in the store; imported again when something they depend on changed."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from tradewind.core import messages
from tradewind.engine.discovery import IGNORE_FILE, Discovery
from tradewind.engine.events import FilesChanged, Reparse, SaveFiles, ScheduleDue
from tradewind.engine.runs import Runs
from tradewind.engine.state import EngineState
from tradewind.executors.base import HostFailed
from tradewind.services.parsing import ParseReport
from tradewind.store.dag_files import ParsedFile, SaveResult
from tradewind.store.errors import PASSING

# A file that was imported waits for those that still are, to be saved with them: so long for each, and no longer than the
# longest. A transaction for each file would cost more than all else that the engine does for it.
_WAIT_FOR_EACH_S: Final = 0.01
_LONGEST_WAIT_S: Final = 0.25
_SAVED_AT_ONCE: Final = 64
# Imports of unchanged files may use this share of one core: 200 files are looked at less often than one.
_REPARSE_SHARE: Final = 0.004

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _File:
    stamp: tuple[int, int] = (0, 0)
    """mtime in ns and size of the text that was imported last."""
    cpu_s: float = 0.02
    depends_on: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    is_parsing: bool = False
    again: bool = False
    """Something changed while it was being imported."""
    dag_ids: tuple[str, ...] = field(default_factory=tuple)


class DagFiles:
    def __init__(self, state: EngineState, runs: Runs) -> None:
        self._state = state
        self._runs = runs
        self._files: dict[str, _File] = {}
        self.first_look_pending: set[str] = set()
        """Files of the first look that are not imported yet; empty once every DAG is visible."""

        self._parsing = 0
        """How many of them are being imported."""

        self._unsaved: dict[str, tuple[ParsedFile, ParseReport]] = {}
        """Imported, and not in the store yet; by path."""

        self.heard: Callable[[ParseReport], None] = lambda _report: None
        """Told of every import."""

    # --- finding -----------------------------------------------------------------------------------------------------

    @property
    def searches(self) -> list[Discovery]:
        """One for each folder that may hold DAG files."""
        settings = self._state.settings
        folders = (settings.dags_folder, *settings.example_folders())
        return [Discovery(folder, settings.ignore_syntax, settings.safe_mode) for folder in folders]

    def found(self) -> list[str]:
        """Every file that may define DAGs."""
        return sorted({path for search in self.searches for path in search.files()})

    def look_at_all(self) -> None:
        """Finds every file; imports the new and changed ones, forgets those that are gone."""
        present = set(self.found())
        known = set(self._files) | set(self._state.store.dags.files())
        for path in sorted(known - present):
            self._forget(path)
        for path in sorted(present):
            self._look_at(path)

    def take(self, paths: Iterable[str]) -> None:
        """Imports these files, wherever they are."""
        for path in paths:
            self.first_look_pending.add(path)
            self._parse(path, self._files.setdefault(path, _File()))

    def start(self) -> None:
        self.look_at_all()
        self.first_look_pending = {path for path, file in self._files.items() if file.is_parsing}
        self._time_reparse()

    def changed(self, event: FilesChanged) -> None:
        """Files were written, moved or deleted: import them and whatever depends on them."""
        paths = event.paths
        if not paths or any(self._may_be_new(path) for path in paths):
            self.look_at_all()
        for path in paths & self._files.keys():
            if os.path.exists(path):
                self._look_at(path)
            else:
                self._forget(path)
        self._import_again(path for path, file in self._files.items() if file.depends_on & paths)

    def _may_be_new(self, path: str) -> bool:
        """A folder, a list of what to ignore, or a Python file that was not seen before."""
        name = Path(path)
        return path not in self._files and (name.suffix in ("", ".py") or name.name == IGNORE_FILE)

    def _import_again(self, paths: Iterable[str]) -> None:
        """Their text is the same, but not what they read: hosts that imported them take no new tries."""
        for path in list(paths):
            self._state.executor.retire(path)
            self._parse(path, self._files[path])

    def variables_changed(self, keys: Iterable[str]) -> None:
        """Files that read one of these variables while they were imported are imported again."""
        changed = frozenset(keys)
        self._import_again(path for path, file in self._files.items() if file.variables & changed)

    def _look_at(self, path: str) -> None:
        file = self._files.setdefault(path, _File())
        if _stamp(path) != file.stamp:
            self._parse(path, file)

    def reparse(self, _event: Reparse) -> None:
        """The periodic import: a DAG may depend on the date, on a service, on anything."""
        for path, file in self._files.items():
            self._parse(path, file)
        self._time_reparse()

    def parse_again(self, dag_id: str | None = None) -> None:
        """Imports the file of one DAG, or all of them, at a user's wish."""
        for path, file in self._files.items():
            if dag_id is None or dag_id in file.dag_ids:
                self._parse(path, file)

    def _time_reparse(self) -> None:
        cost_s = sum(file.cpu_s for file in self._files.values())
        wait_s = max(self._state.settings.reparse_interval_s, cost_s / _REPARSE_SHARE)
        self._state.at("reparse", self._state.clock.now() + timedelta(seconds=wait_s), Reparse())

    # --- importing ---------------------------------------------------------------------------------------------------

    def _parse(self, path: str, file: _File) -> None:
        if file.is_parsing:
            file.again = True
            return
        file.is_parsing, file.again = True, False
        self._parsing += 1
        file.stamp = _stamp(path)
        self._state.executor.parse(path, keep=self._is_in_use(file))

    def _is_in_use(self, file: _File) -> bool:
        """Whether tries of the file are to be expected: its host is worth keeping."""
        dags = self._state.catalog.dags
        return any(dag_id in dags and not dags[dag_id].is_paused for dag_id in file.dag_ids)

    def parsed(self, event: messages.Parsed) -> None:
        file = self._files.get(event.file)
        if file is None:
            return
        file.cpu_s = event.cpu_s or event.seconds
        file.depends_on = frozenset(event.depends_on)
        file.variables = frozenset(event.variables_read)
        file.dag_ids = tuple(spec.dag_id for spec in event.dags)
        self._imported(
            file,
            ParsedFile(
                file=event.file,
                relative=self._relative(event.file),
                source=event.source,
                source_digest=event.source_digest,
                dags=list(event.dags),
                problems=list(event.problems),
            ),
            event.seconds,
        )

    def failed(self, event: HostFailed) -> None:
        """The import ended its host: time-out, crash, exit, too much memory."""
        file = self._files.get(event.file)
        if file is None:
            return
        problem = messages.ImportProblem(file=event.file, message=event.detail)
        self._imported(
            file,
            ParsedFile(
                file=event.file,
                relative=self._relative(event.file),
                source="",
                source_digest="",
                dags=[],
                problems=[problem],
            ),
            0.0,
        )

    def _imported(self, file: _File, parsed: ParsedFile, seconds: float) -> None:
        """To be saved, now or together with others that are still being imported."""
        report = ParseReport(
            parsed.file,
            seconds,
            tuple(spec.dag_id for spec in parsed.dags),
            sum(len(spec.tasks) for spec in parsed.dags),
            tuple(problem.message for problem in parsed.problems),
        )
        self._unsaved[parsed.file] = (parsed, report)
        self._no_longer_parsing(file)
        if not self._parsing or len(self._unsaved) >= _SAVED_AT_ONCE:
            self._state.timers.cancel("save files")
            self._state.emit(SaveFiles())
        elif len(self._unsaved) == 1:
            wait_s = min(_LONGEST_WAIT_S, _WAIT_FOR_EACH_S * self._parsing)
            self._state.at("save files", self._state.clock.now() + timedelta(seconds=wait_s), SaveFiles())
        if file.again or (os.path.exists(parsed.file) and _stamp(parsed.file) != file.stamp):
            self._parse(parsed.file, file)

    def _no_longer_parsing(self, file: _File) -> None:
        if file.is_parsing:
            file.is_parsing = False
            self._parsing -= 1

    def save(self) -> None:
        """Writes down what was imported since the last time, and makes it known."""
        if not self._unsaved:
            return
        results = self._saved([parsed for parsed, _ in self._unsaved.values()])
        saved, self._unsaved = self._unsaved, {}
        for result in results:
            self._adopt(result)
        for path, (_, report) in saved.items():
            self.first_look_pending.discard(path)
            self.heard(report)

    def _saved(self, files: list[ParsedFile]) -> list[SaveResult]:
        """One transaction; one for each when that does not go through, so that no file keeps others from being seen."""
        settings, now = self._state.settings, self._state.clock.now()
        try:
            return [self._state.store.dags.save_files(files, now, paused_by_default=settings.paused_at_creation)]
        except PASSING:
            raise
        except Exception:
            if len(files) > 1:
                return [result for parsed in files for result in self._saved([parsed])]
            log.exception("What is in %s could not be saved; the engine goes on without it.", files[0].file)
            return []

    def _forget(self, path: str) -> None:
        file = self._files.pop(path, None)
        if file is not None:
            self._no_longer_parsing(file)
        self._unsaved.pop(path, None)
        self.first_look_pending.discard(path)
        self._adopt(self._state.store.dags.forget_file(path, self._state.clock.now()))

    def _adopt(self, result: SaveResult) -> None:
        dag_ids = dict.fromkeys((*result.new, *result.changed, *result.redated, *result.vanished))
        self._state.catalog.refresh_all(dag_ids)
        for dag_id in dag_ids:
            self._state.emit(ScheduleDue(dag_id))
        for path in result.reparse:
            if path in self._files:
                self._parse(path, self._files[path])

    def _relative(self, path: str) -> str:
        for search in self.searches:
            if path.startswith(f"{search.folder}{os.sep}"):
                return os.path.relpath(path, search.folder)
        return path


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
