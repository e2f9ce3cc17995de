from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.changes import Changes, RunUpdate, TryUpdate
from tradewind.core.records import RunRecord, TryRecord
from tradewind.core.states import RunState, TaskState
from tradewind.runtime.logs import TryLog
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run
from tradewind.services.views.log_window import Window, read_window

LOG = "/ui/dags/nightly/runs/r/log"


class RunWorld:
    """A run of three tasks whose tries a test begins, lets write, and ends. Times are seconds after the run's start."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        site.add_dag("nightly", a_task("a"), a_task("b"), a_task("c"))
        self.run: RunRecord = trigger_run(site.services, "nightly", run_id="r")
        site.begin(self.run, a=TaskState.RUNNING)
        self.zero = site.clock.now()

    def begins(self, task_id: str, at: float, try_number: int = 1) -> None:
        self.site.clock.at = max(self.site.clock.at, self.zero + timedelta(seconds=at))
        made = TryRecord(
            try_id=self._id(task_id, try_number),
            run_key=self.run.run_key,
            task_id=task_id,
            try_number=try_number,
            state=TaskState.RUNNING,
            version_id=self.run.version_id,
            queued_at=self.zero + timedelta(seconds=at),
            start_date=self.zero + timedelta(seconds=at),
            log_path=str(self.path(task_id, try_number)),
        )
        assert self.site.services.store.edit(Changes(new_tries=[made])) is None

    def writes(self, task_id: str, at: float, *texts: str, level: str = "info", try_number: int = 1) -> None:
        when = self.zero + timedelta(seconds=at)
        self.site.clock.at = max(self.site.clock.at, when)
        log = TryLog(str(self.path(task_id, try_number)), now=when.timestamp)
        log.write_many(level, "task", list(texts))
        log.close()

    def ends(self, task_id: str, at: float, try_number: int = 1) -> None:
        when = self.zero + timedelta(seconds=at)
        self.site.clock.at = max(self.site.clock.at, when)
        values = {"state": TaskState.SUCCESS, "end_date": when}
        update = TryUpdate(self._id(task_id, try_number), values)
        assert self.site.services.store.edit(Changes(try_updates=[update])) is None

    def is_over(self) -> None:
        values = {"state": RunState.SUCCESS, "end_date": self.site.clock.now()}
        update = RunUpdate(self.run.run_key, RunState.RUNNING, values)
        assert self.site.services.store.edit(Changes(run_updates=[update])) is None

    def path(self, task_id: str, try_number: int) -> Path:
        return self.folder / "dag_id=nightly" / f"task_id={task_id}" / f"attempt={try_number}.log"

    def window(self, **query: object) -> shapes.RunLogWindow:
        found: shapes.RunLogWindow = self.site.shaped(shapes.RunLogWindow, LOG, **query)
        return found

    @staticmethod
    def _id(task_id: str, try_number: int) -> str:
        return f"t-{task_id}-{try_number}"


@pytest.fixture
def run(site: Site, tmp_path: Path) -> RunWorld:
    return RunWorld(site, tmp_path / "logs")


def texts(window: shapes.RunLogWindow) -> list[str]:
    return [line.text for line in window.lines]


def three_tasks(run: RunWorld) -> list[str]:
    """`a` and `b` side by side, `c` after them, and a second try of `a` at the end; what they wrote, by time."""
    run.begins("a", 0)
    run.begins("b", 1)
    expected = []
    for second in range(2, 40):
        name = "a" if second % 3 else "b"
        run.writes(name, second, f"{name} at {second}")
        expected.append(f"{name} at {second}")
    run.ends("a", 41)
    run.ends("b", 41)
    run.begins("c", 42)
    run.writes("c", 43, "c begins", "c ends")
    run.ends("c", 44)
    run.begins("a", 50, try_number=2)
    run.writes("a", 51, "a again", try_number=2)
    run.ends("a", 52, try_number=2)
    return [*expected, "c begins", "c ends", "a again"]


def test_the_lines_of_all_tries_are_told_by_time_with_the_task_that_wrote_them(run: RunWorld) -> None:
    expected = three_tasks(run)
    window = run.window(at="head")
    assert texts(window) == expected
    last = window.lines[-1]
    assert (last.task_id, last.try_number, last.map_index, last.offset) == ("a", 2, -1, 0)
    assert window.is_exhausted and window.tasks == ["a", "b", "c"]
    assert texts(run.window()) == expected


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_pages_give_every_line_once_in_both_directions(run: RunWorld, limit: int) -> None:
    expected = three_tasks(run)
    window = run.window(at="head", limit=limit)
    forward = texts(window)
    while not window.is_exhausted:
        window = run.window(cursor=window.after, limit=limit)
        forward += texts(window)
    assert forward == expected
    window = run.window(limit=limit)
    backward = texts(window)
    while not window.is_exhausted:
        window = run.window(cursor=window.before, backwards=True, limit=limit)
        backward = texts(window) + backward
    assert backward == expected


def test_a_page_read_back_ends_where_the_page_after_it_begins(run: RunWorld) -> None:
    expected = three_tasks(run)
    last = run.window(limit=10)
    before = run.window(cursor=last.before, backwards=True, limit=10)
    assert texts(before) + texts(last) == expected[-20:]
    assert texts(run.window(cursor=before.before, limit=20)) == expected[-20:]


def test_the_end_is_followed_over_running_and_new_tries(run: RunWorld) -> None:
    run.begins("a", 0)
    run.writes("a", 1, "one")
    window = run.window()
    assert texts(window) == ["one"] and not window.is_complete
    run.writes("a", 2, "two")
    window = run.window(cursor=window.after)
    assert texts(window) == ["two"]
    run.begins("b", 3)
    run.writes("b", 4, "three")
    run.ends("a", 4)
    window = run.window(cursor=window.after)
    assert texts(window) == ["three"]
    run.writes("b", 5, "four")
    run.ends("b", 6)
    window = run.window(cursor=window.after)
    assert texts(window) == ["four"]
    run.is_over()
    window = run.window(cursor=window.after)
    assert texts(window) == [] and window.is_complete


def test_a_try_that_was_queued_when_the_end_was_read_is_not_missed(run: RunWorld) -> None:
    run.begins("a", 0)
    run.begins("b", 0)
    run.writes("a", 5, "late")
    window = run.window()
    # Begun before the last line that was shown, by a clock of its own.
    run.writes("b", 1, "early")
    run.ends("b", 2)
    assert texts(run.window(cursor=window.after)) == ["early"]


def test_filters_look_through_the_whole_log(run: RunWorld) -> None:
    three_tasks(run)
    run.begins("b", 60, try_number=2)
    run.writes("b", 61, "it broke", level="error", try_number=2)
    assert texts(run.window(level="error", limit=5)) == ["it broke"]
    assert texts(run.window(task_id="c")) == ["c begins", "c ends"]
    assert texts(run.window(q="AGAIN")) == ["a again"]
    assert texts(run.window(q="^c (be|en)", regex=True, at="head")) == ["c begins", "c ends"]
    assert run.window(level="error").tasks == ["a", "b", "c"]


def test_a_line_without_a_time_stays_with_the_one_before_it(run: RunWorld) -> None:
    run.begins("a", 0)
    run.begins("b", 0)
    run.writes("a", 1, "a1")
    with run.path("a", 1).open("ab") as file:
        file.write(b"plain output\n")
    run.writes("b", 2, "b2")
    run.writes("a", 3, "a3")
    assert texts(run.window(at="head")) == ["a1", "plain output", "b2", "a3"]


def test_a_try_without_a_file_and_a_path_outside_of_the_logs_folder_are_left_out(run: RunWorld, tmp_path: Path) -> None:
    run.begins("a", 0)
    run.begins("b", 0)
    run.writes("b", 1, "seen")
    (tmp_path / "airflow.cfg").write_text("secret = 1\n")
    sneaky = TryUpdate("t-a-1", {"log_path": f"{tmp_path}/logs/../airflow.cfg"})
    assert run.site.services.store.edit(Changes(try_updates=[sneaky])) is None
    assert texts(run.window()) == ["seen"]


def test_only_the_files_of_that_time_are_opened(run: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 60):
        run.begins("a", number * 10, try_number=number)
        run.writes("a", number * 10 + 1, f"try {number}", try_number=number)
        run.ends("a", number * 10 + 2, try_number=number)
    opened: set[str] = set()

    def counted(path: str, **how: Any) -> Window:
        opened.add(path)
        return read_window(path, **how)

    monkeypatch.setattr("tradewind.services.views.run_log.read_window", counted)
    assert texts(run.window(limit=2)) == ["try 58", "try 59"]
    assert len(opened) <= 3


def test_a_made_up_cursor_is_refused_with_what_to_do(run: RunWorld) -> None:
    answer = run.site.client.get(LOG, params={"cursor": "nonsense"})
    assert answer.status_code in (400, 422)
    assert "Leave it out" in answer.text
