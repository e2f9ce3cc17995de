from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.changes import Changes, TryUpdate
from tradewind.core.records import TryRecord
from tradewind.core.states import TaskState
from tradewind.runtime.logs import TryLog
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run
from tradewind.services.views.log_window import MAX_TEXT

LOG = "/ui/dags/nightly/runs/r/tasks/a/log"


@pytest.fixture
def path(site: Site, tmp_path: Path) -> Path:
    """The log of a running try of task `a` in run `r`."""
    site.add_dag("nightly", a_task("a"))
    run = trigger_run(site.services, "nightly", run_id="r")
    site.begin(run, a=TaskState.RUNNING)
    path = tmp_path / "logs" / "dag_id=nightly" / "attempt=1.log"
    made = TryRecord(
        try_id="t1",
        run_key=run.run_key,
        task_id="a",
        try_number=1,
        state=TaskState.RUNNING,
        version_id=run.version_id,
        queued_at=site.clock.now(),
        log_path=str(path),
    )
    assert site.services.store.edit(Changes(new_tries=[made])) is None
    return path


def end_try(site: Site) -> None:
    values = {"state": TaskState.FAILED, "end_date": site.clock.now()}
    assert site.services.store.edit(Changes(try_updates=[TryUpdate("t1", values)])) is None


def lines(path: Path, count: int) -> None:
    log = TryLog(str(path), now=lambda: 1_700_000_000.0)
    log.write_many("info", "task.stdout", [f"line {number}" for number in range(count)])
    log.close()


def window(site: Site, **query: object) -> shapes.LogWindow:
    found: shapes.LogWindow = site.shaped(shapes.LogWindow, LOG, **query)
    return found


def test_no_log_says_why_and_where_it_was_looked_for(site: Site, path: Path) -> None:
    page = window(site)
    assert page.lines == [] and not page.is_complete
    assert page.missing is not None and str(path) in page.missing
    end_try(site)
    assert "ended before it logged" in (window(site).missing or "")


def test_a_page_at_a_time_reads_every_line_once_in_both_directions(site: Site, path: Path) -> None:
    lines(path, 1000)
    size = path.stat().st_size
    forward: list[str] = []
    page = window(site, at="head", limit=5000)
    assert page.first_line_number == 1
    while page.lines:
        forward += [line.text for line in page.lines]
        assert page.end - page.start <= 5000
        page = window(site, at="offset", offset=page.end, limit=5000)
    assert forward == [f"line {number}" for number in range(1000)]
    backward: list[str] = []
    page = window(site, limit=5000)
    assert page.end == size
    while page.lines:
        backward = [line.text for line in page.lines] + backward
        page = window(site, at="offset", offset=page.start, backwards=True, limit=5000)
    assert backward == forward


def test_an_offset_names_its_line(site: Site, path: Path) -> None:
    lines(path, 100)
    middle = window(site, at="head").lines[50]
    assert window(site, at="offset", offset=middle.offset).lines[0].text == "line 50"
    # Within a line: the next whole one.
    assert window(site, at="offset", offset=middle.offset + 3).lines[0].text == "line 51"


def test_half_a_line_waits_until_it_is_whole(site: Site, path: Path) -> None:
    lines(path, 2)
    with path.open("ab") as file:
        file.write(b'{"timestamp":"2024-')
    page = window(site)
    assert [line.text for line in page.lines] == ["line 0", "line 1"]
    assert page.end < page.size
    end_try(site)
    over = window(site)
    assert over.is_complete
    assert over.lines[-1].text == '{"timestamp":"2024-'


def test_opens_at_the_first_error(site: Site, path: Path) -> None:
    lines(path, 3000)
    log = TryLog(str(path))
    log.write("error", "task", "it broke", exception="Traceback …\nValueError: no")
    log.write_many("info", "task.stdout", [f"after {number}" for number in range(3000)])
    log.close()
    page = window(site, at="error", limit=8000)
    [broken] = [line for line in page.lines if line.level == "error"]
    assert broken.text == "it broke\nTraceback …\nValueError: no"
    assert page.lines[0].text.startswith("line 29")
    assert page.lines[-1].text.startswith("after")


def test_a_huge_line_is_cut_and_what_follows_is_found(site: Site, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 3_000_000 + b"\n<b>next</b>\n")
    page = window(site, at="head", limit=1000)
    assert [len(line.text) for line in page.lines] == [MAX_TEXT]
    assert page.lines[0].is_cut
    assert [line.text for line in window(site, at="offset", offset=page.end).lines] == ["<b>next</b>"]
    back = window(site, at="offset", offset=page.end, backwards=True, limit=1000)
    assert back.start == 0 and back.lines[0].is_cut


def test_a_path_outside_of_the_logs_folder_is_not_read(site: Site, path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "airflow.cfg"
    secret.write_text("secret = 1\n")
    path.parent.mkdir(parents=True)
    os.symlink(secret, path)
    page = window(site)
    assert page.lines == [] and "does not lie in the logs folder" in (page.missing or "")
    sneaky = TryUpdate("t1", {"log_path": f"{tmp_path}/logs/../airflow.cfg"})
    assert site.services.store.edit(Changes(try_updates=[sneaky])) is None
    assert window(site).lines == []


def test_a_try_that_does_not_exist(site: Site, path: Path) -> None:
    answer = site.client.get(LOG, params={"try_number": 7})
    assert answer.status_code == 404
