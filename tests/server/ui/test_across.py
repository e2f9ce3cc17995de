"""Lists across DAGs and runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.server.ui.conftest import Site
from tests.services.conftest import MORNING, a_task
from tradewind.core.changes import Changes
from tradewind.core.permissions import BUILT_IN_ROLES, Action, Grant
from tradewind.core.records import InstanceRecord, RunRecord, XComRecord
from tradewind.core.states import TaskState
from tradewind.server.ui import shapes
from tradewind.server.ui.open_pages import open_pages
from tradewind.services.runs import trigger_run
from tradewind.services.views.cursors import to_cursor
from tradewind.services.views.xcom_list import SHOWN

LISTED = "/ui/task-instances"


@pytest.fixture
def runs(site: Site) -> list[RunRecord]:
    """Two DAGs, three runs; one task failed, one has not started."""
    site.add_dag("nightly", a_task("extract"), a_task("load", "extract", operator="PythonOperator"))
    site.add_dag("weekly", a_task("report"))
    made = []
    for dag_id, states in (
        ("nightly", {"extract": TaskState.SUCCESS, "load": TaskState.FAILED}),
        ("nightly", {"extract": TaskState.RUNNING}),
        ("weekly", {"report": TaskState.SUCCESS}),
    ):
        site.clock.advance(minutes=5)
        run = trigger_run(site.services, dag_id)
        site.begin(run, **states)
        made.append(site.reload(run))
    return made


def named(site: Site, **query: Any) -> list[str]:
    page = site.shaped(shapes.InstanceList, LISTED, **query)
    return [f"{row.dag_id}.{row.task_id}" for row in page.instances]


def test_instances_of_all_dags_are_listed_with_what_may_be_done(site: Site, runs: list[RunRecord]) -> None:
    page = site.shaped(shapes.InstanceList, LISTED)
    assert page.total == 5
    assert not page.is_more
    assert page.next_cursor is None
    assert [row.dag_id for row in page.instances] == ["weekly", *["nightly"] * 4]
    failed = next(row for row in page.instances if row.state == "failed")
    denied = {action.name: action.denied for action in failed.actions}
    assert denied["clear"] is None
    assert denied["mark_failed"] == "It is in failed already."


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"state": ["failed", "running"]}, {"nightly.load", "nightly.extract"}),
        ({"state": "none"}, {"nightly.load"}),
        ({"dag": "WEEK"}, {"weekly.report"}),
        ({"task": "act ex"}, {"nightly.extract"}),
        ({"operator": "python"}, {"nightly.load"}),
        ({"pool": "gpu"}, set()),
        ({"queue": "default", "dag": "weekly"}, {"weekly.report"}),
        ({"host": "worker"}, set()),
        ({"only_mapped": True}, set()),
        ({"after": "2020-01-01T00:00:00Z"}, set()),
    ],
)
def test_filters(site: Site, runs: list[RunRecord], query: dict[str, Any], wanted: set[str]) -> None:
    assert set(named(site, **query)) == wanted


def test_a_state_that_does_not_exist_and_a_time_without_a_zone_are_refused(site: Site) -> None:
    refused = site.client.get(LISTED, params={"state": "done"})
    assert refused.status_code == 404
    assert "'done'" in refused.json()["detail"]
    naive = site.client.get(LISTED, params={"after": "2025-01-10T09:00:00"})
    assert naive.status_code == 422 or naive.status_code == 400
    assert "time zone" in naive.json()["detail"]
    for cursor in ("nonsense", to_cursor([None, 1 << 70, "t", 0]), to_cursor(["2025-01-10T09:00:00", 1, "t", 0])):
        refused = site.client.get(LISTED, params={"cursor": cursor, "order_by": "start_date"})
        assert refused.status_code in (400, 422)
        assert "cursor" in refused.json()["detail"]


@pytest.mark.parametrize("order_by", ["run", "task_id", "start_date", "end_date", "duration_s"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_hold_everything_once_in_every_order(site: Site, order_by: str, *, descending: bool) -> None:
    site.add_dag("mapped", a_task("each"))
    run = trigger_run(site.services, "mapped")
    site.begin(run)
    times = [None, MORNING, MORNING + timedelta(seconds=1), None, MORNING, MORNING + timedelta(seconds=2), None]
    for index, start in enumerate(times):
        add_instance(site, run, index, start_date=start, end_date=start, duration_s=start and float(start.second))
    found: list[int] = []
    cursor = None
    while True:
        query = {"order_by": order_by, "descending": descending, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = site.shaped(shapes.InstanceList, LISTED, **query)
        found += [row.map_index for row in page.instances]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(found) == [-1, *range(len(times))]
    if order_by == "start_date":
        absent = [index for index in found if index < 0 or times[index] is None]
        assert (found[-4:] if descending else found[:4]) == absent
        known = [times[index] for index in found if index not in absent]
        assert known == sorted(known, reverse=descending)  # type: ignore[type-var]


def add_instance(site: Site, run: RunRecord, index: int, **values: Any) -> None:
    record = InstanceRecord(run_key=run.run_key, task_id="each", map_index=index, operator="BashOperator", **values)
    assert site.services.store.edit(Changes(new_instances=[record])) is None


def test_only_what_may_be_read_is_listed(site: Site, runs: list[RunRecord]) -> None:
    put(site, runs[0], "extract", "rows", "3")
    put(site, runs[2], "report", "rows", "4")
    kinds = ("DAG Runs", "Task Instances", "XComs")
    site.grants = frozenset({Grant(Action.READ, "DAG:weekly"), *(Grant(Action.READ, kind) for kind in kinds)})
    page = site.shaped(shapes.InstanceList, LISTED)
    assert [(row.dag_id, row.actions) for row in page.instances] == [("weekly", [])]
    assert page.total == 1
    assert [row.dag_id for row in site.shaped(shapes.XComPage, "/ui/xcoms").xcoms] == ["weekly"]


def put(site: Site, run: RunRecord, task_id: str, key: str, value: str) -> None:
    site.services.store.xcoms.set(
        XComRecord(run_key=run.run_key, task_id=task_id, key=key, value=value, created_at=site.clock.now())
    )


def test_xcoms_of_all_runs(site: Site, runs: list[RunRecord]) -> None:
    put(site, runs[0], "extract", "rows", "3")
    put(site, runs[1], "extract", "return_value", '{"city": "\\uc11c\\uc6b8"}')
    put(site, runs[2], "report", "long", f'"{"x" * SHOWN}"')
    page = site.shaped(shapes.XComPage, "/ui/xcoms")
    assert [row.key for row in page.xcoms] == ["long", "return_value", "rows"]
    long, city, rows = page.xcoms
    assert (long.is_cut, len(long.text), long.size) == (True, SHOWN, SHOWN + 2)
    assert (city.is_cut, city.text) == (False, '{"city": "서울"}')
    assert rows.text == "3"
    for query, wanted in (
        ({"dag": "weekly"}, ["long"]),
        ({"task": "extract"}, ["return_value", "rows"]),
        ({"key": "ROW"}, ["rows"]),
        ({"run": runs[1].run_id}, ["return_value"]),
    ):
        assert [row.key for row in site.shaped(shapes.XComPage, "/ui/xcoms", **query).xcoms] == wanted


@pytest.mark.parametrize("order_by", ["run", "created_at", "key"])
def test_pages_of_xcoms_hold_everything_once(site: Site, runs: list[RunRecord], order_by: str) -> None:
    for number, run in enumerate(runs):
        for key in ("a", "b"):
            put(site, run, "extract", key, str(number))
    found: list[tuple[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"order_by": order_by, "limit": 4, **({"cursor": cursor} if cursor else {})}
        page = site.shaped(shapes.XComPage, "/ui/xcoms", **query)
        found += [(row.run_id, row.key) for row in page.xcoms]
        cursor = page.next_cursor
    assert len(found) == len(set(found)) == 6


def test_whoever_gets_the_list_may_open_its_page(site: Site) -> None:
    assert set(open_pages(BUILT_IN_ROLES["Admin"])) >= {"/", "/users", "/audit", "/variables", "/xcoms"}
    viewer = open_pages(BUILT_IN_ROLES["Viewer"])
    assert "/task-instances" in viewer
    assert not {"/variables", "/users", "/audit", "/configuration"} & set(viewer)
    assert open_pages(frozenset()) == []
    one = open_pages(frozenset({Grant(Action.READ, "DAG:weekly")}))
    assert one == ["/", "/dags"]
