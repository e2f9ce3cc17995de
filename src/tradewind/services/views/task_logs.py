"""The log of one try, as pages show it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tradewind.core.records import NOT_MAPPED, RunRecord, TryRecord
from tradewind.core.states import ACTIVE
from tradewind.runtime.log_reader import render_line
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.services.views.instances import instance_or_plan, run_of
from tradewind.services.views.log_window import At, lines_from, read_window, window_view
from tradewind.services.views.task_files import log_file
from tradewind.services.views.viewer import View


def find_try(services: Services, run: RunRecord, task_id: str, map_index: int, number: int | None) -> TryRecord | None:
    """The newest try with this number; the newest of all for None. None when there was none. Raises Unknown."""
    tries = services.store.tries.of_instance(run.run_key, task_id, map_index)
    if number is None or not tries:
        if not tries:
            instance_or_plan(services, run, task_id, map_index)
        return tries[-1] if tries else None
    found = [each for each in tries if each.try_number == number]
    if not found:
        raise Unknown("try", str(number), where=f"task '{task_id}'", hint=f"It has {tries[-1].try_number}.")
    return found[-1]


def is_over(found: TryRecord) -> bool:
    return found.state not in ACTIVE


def missing_view(why: str, *, is_complete: bool) -> View:
    """`shapes.LogWindow` of a log that is not there."""
    return {
        "lines": [],
        "start": 0,
        "end": 0,
        "size": 0,
        "is_complete": is_complete,
        "first_line_number": None,
        "missing": why,
    }


def get_log_window(
    services: Services,
    dag_id: str,
    run_id: str,
    task_id: str,
    *,
    map_index: int = NOT_MAPPED,
    try_number: int | None = None,
    at: At = "tail",
    offset: int | None = None,
    limit: int = 262_144,
    backwards: bool = False,
) -> View:
    """`shapes.LogWindow`. Raises Unknown for the run, task or try."""
    run = run_of(services, dag_id, run_id)
    found = find_try(services, run, task_id, map_index, try_number)
    if found is None:
        return missing_view("It was not tried yet, so there is no log.", is_complete=False)
    path = log_file(services, found.log_path)
    if path is None:
        return missing_view(outside(services, found), is_complete=is_over(found))
    try:
        window = read_window(path, at=at, offset=offset, limit=limit, backwards=backwards, is_complete=is_over(found))
    except FileNotFoundError:
        return missing_view(absent(path, found), is_complete=is_over(found))
    except OSError as error:
        return missing_view(f"{path} cannot be read: {error.strerror}.", is_complete=is_over(found))
    return window_view(window, is_complete=is_over(found))


def log_path(
    services: Services, dag_id: str, run_id: str, task_id: str, map_index: int, try_number: int | None
) -> str | None:
    """Where the log of a try lies; None when it has none that may be shown. Raises Unknown."""
    found = find_try(services, run_of(services, dag_id, run_id), task_id, map_index, try_number)
    path = log_file(services, found.log_path) if found is not None else None
    return path if path is not None and os.path.isfile(path) else None


def whole_log(path: str, *, raw: bool) -> Iterator[bytes]:
    """A log from its beginning to its present end, in pieces; as text unless `raw`."""
    with open(path, "rb") as file:
        for piece in lines_from(file, 0, os.fstat(file.fileno()).st_size):
            yield piece.data + b"\n" if raw else render_line(piece.data).encode() + b"\n"


def outside(services: Services, found: TryRecord) -> str:
    """Why a log is not shown that does not lie where logs lie."""
    if not found.log_path:
        return "No log was kept of this try."
    folder = services.conf.get("logging", "base_log_folder")
    return (
        f"Its log, {found.log_path}, does not lie in the logs folder {folder}, so it is not shown. When the folder has "
        "moved, set [logging] base_log_folder to where the logs are."
    )


def absent(path: str, found: TryRecord) -> str:
    """Why there is no file."""
    if not is_over(found):
        return f"Nothing was logged yet: {path} is made with the first line."
    host = found.hostname
    where = f" It ran on {host}, this is {os.uname().nodename}." if host and host != os.uname().nodename else ""
    return f"There is no {path}: the try ended before it logged anything, or the file was deleted.{where}"
