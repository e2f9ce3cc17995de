"""Which files below the DAGs folder may define DAGs.

Airflow's rules: `.py` files, less what a `.airflowignore` in the same or a higher folder rules out (regular expressions in
2.x, gitignore globs in 3.x: `[core] dag_ignore_file_syntax`), and in safe mode only those whose text mentions both a DAG
and airflow (or tradewind).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE_FILE = ".airflowignore"
_SKIPPED_FOLDERS = frozenset({"__pycache__", ".git", ".venv", "node_modules"})
_MENTIONS_DAG = re.compile(rb"dag|asset", re.IGNORECASE)
_MENTIONS_US = re.compile(rb"airflow|tradewind", re.IGNORECASE)

Ignores = Callable[[str, bool], bool]
"""(path relative to the folder of the ignore file, is a folder) → ruled out."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """How one folder is searched."""

    folder: Path
    ignore_syntax: str = "regexp"
    safe_mode: bool = True

    def files(self) -> list[str]:
        """Absolute paths of the files that may define DAGs, sorted. A folder that does not exist has none."""
        return sorted(self._walk(str(self.folder), ()))

    def may_define_dags(self, path: str) -> bool:
        """Whether `path` would be in `files()` as far as its own name and text tell."""
        if not path.endswith(".py"):
            return False
        try:
            text = Path(path).read_bytes()
        except OSError:
            return False
        return not self.safe_mode or bool(_MENTIONS_DAG.search(text) and _MENTIONS_US.search(text))

    def _walk(self, folder: str, ignores: tuple[tuple[str, Ignores], ...]) -> Iterator[str]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        if any(entry.name == IGNORE_FILE for entry in entries):
            ignores = (*ignores, (folder, _read_ignores(os.path.join(folder, IGNORE_FILE), self.ignore_syntax)))
        for entry in entries:
            is_folder = entry.is_dir()
            if any(rules(os.path.relpath(entry.path, base), is_folder) for base, rules in ignores):
                continue
            if is_folder:
                if entry.name not in _SKIPPED_FOLDERS:
                    yield from self._walk(entry.path, ignores)
            elif self.may_define_dags(entry.path):
                yield entry.path


def _read_ignores(path: str, syntax: str) -> Ignores:
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    if syntax == "glob":
        spec = GitIgnoreSpec.from_lines(lines)
        return lambda relative, is_folder: spec.match_file(relative + "/" if is_folder else relative)
    patterns = [pattern for line in lines if (pattern := _compiled(line)) is not None]
    return lambda relative, is_folder: any(pattern.search(relative) for pattern in patterns)


def _compiled(line: str) -> re.Pattern[str] | None:
    """The regular expression of one line; a comment, an empty line and one that is no expression rule out nothing."""
    text = line.split("#", 1)[0].strip()
    if not text:
        return None
    try:
        return re.compile(text)
    except re.error:
        return None
