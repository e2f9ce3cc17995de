"""Import errors of DAG files, with the lines of source that they are about."""

from __future__ import annotations

import os
from typing import Final

from tradewind.core.records import ImportErrorRecord
from tradewind.services.views.viewer import View, Viewer

_AROUND: Final = 6
_MAX_SOURCE_BYTES: Final = 2 << 20


def list_import_errors(viewer: Viewer) -> list[View]:
    """`shapes.ImportErrorRow`s of the files all of whose DAGs the viewer may see; by file."""
    return [row_of(viewer, number, error) for number, error in _visible(viewer, None)]


def of_file(viewer: Viewer, file: str, dag_id: str) -> View | None:
    """The first error that stands in the way of a DAG."""
    for number, error in viewer.services.store.import_errors.numbered(file=file):
        if error.dag_id is None or error.dag_id == dag_id:
            return row_of(viewer, number, error)
    return None


def count_of(viewer: Viewer) -> int:
    return len(_visible(viewer, None))


def _visible(viewer: Viewer, file: str | None) -> list[tuple[int, ImportErrorRecord]]:
    store = viewer.services.store
    found = store.import_errors.numbered(file=file)
    visible = viewer.visible_dags
    if visible is None:
        return found
    shown: dict[str, bool] = {}
    for _, error in found:
        if error.file not in shown:
            dags = store.dags.list(include_stale=True, file=error.file)
            # A file without DAGs belongs to nobody who sees only some.
            shown[error.file] = bool(dags) and all(dag.dag_id in visible for dag in dags)
    return [(number, error) for number, error in found if shown[error.file]]


def row_of(viewer: Viewer, number: int, error: ImportErrorRecord) -> View:
    store = viewer.services.store
    excerpt, first = excerpt_of(error.file, error.line)
    good = [dag.version_number for dag in store.dags.list(include_stale=True, file=error.file)
            if error.dag_id is None or dag.dag_id == error.dag_id]  # fmt: skip
    folder = viewer.services.conf.get("core", "dags_folder")
    relative = os.path.relpath(error.file, folder) if error.file.startswith(folder.rstrip("/") + "/") else error.file
    return {
        "id": number,
        "file": error.file,
        "relative": relative,
        "line": error.line,
        "dag_id": error.dag_id,
        "at": error.at,
        "summary": summary_of(error),
        "message": error.message,
        "excerpt": excerpt,
        "excerpt_from": first,
        "last_good_version": max(good, default=None),
    }


def summary_of(error: ImportErrorRecord) -> str:
    """What went wrong, in one line: the message's first, without the place, which pages tell by themselves."""
    first = next((line.strip() for line in error.message.splitlines() if line.strip()), "")
    for place in (f"{error.file}:{error.line}: ", f"{error.file}: "):
        if first.startswith(place):
            return first[len(place) :]
    return first


def excerpt_of(file: str, line: int | None) -> tuple[list[str], int]:
    """Source lines around `line` and the number of the first; none when the file cannot be read as text."""
    if line is None or line < 1:
        return [], 1
    try:
        if os.path.getsize(file) > _MAX_SOURCE_BYTES:
            return [], 1
        with open(file, encoding="utf-8", errors="replace") as opened:
            lines = opened.read().splitlines()
    except OSError:
        return [], 1
    first = max(1, line - _AROUND)
    return lines[first - 1 : line + _AROUND], first
