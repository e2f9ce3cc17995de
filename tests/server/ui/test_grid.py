from __future__ import annotations

import base64

from tests.server.ui.conftest import Site, seg
from tests.services.conftest import a_task
from tradewind.core.changes import Changes
from tradewind.core.records import InstanceRecord
from tradewind.core.spec import GroupSpec
from tradewind.core.states import TaskState
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run


def cells(page: shapes.GridPage) -> dict[tuple[str, str], str]:
    data = base64.b64decode(page.states)
    assert len(data) == len(page.runs) * len(page.rows)
    return {
        (run.run_id, row.id): "absent" if byte == 255 else page.state_names[byte]
        for column, run in enumerate(page.runs)
        for row, byte in zip(page.rows, data[column * len(page.rows) :], strict=False)
    }


def test_cells_groups_and_versions(site: Site) -> None:
    site.add_dag("nightly", a_task("old"), a_task("load"))
    first = trigger_run(site.services, "nightly", run_id="first")
    site.begin(first, old=TaskState.SUCCESS, load=TaskState.FAILED)
    group = GroupSpec(group_id="g", children=("g.a", "g.b"))
    site.add_dag(
        "nightly",
        a_task("load"),
        a_task("g.a", group="g", label="a"),
        a_task("g.b", group="g", label="b"),
        groups=(group,),
        roots=("load", "g"),
    )
    site.clock.advance(minutes=1)
    second = trigger_run(site.services, "nightly", run_id="second")
    site.begin(second, load=TaskState.SUCCESS, **{"g.a": TaskState.RUNNING, "g.b": TaskState.SUCCESS})
    page = site.shaped(shapes.GridPage, "/ui/dags/nightly/grid")
    assert [row.id for row in page.rows] == ["load", "g", "g.a", "g.b", "old"]
    assert [row.depth for row in page.rows] == [0, 0, 1, 1, 0]
    assert [run.version_number for run in page.runs] == [1, 2]
    found = cells(page)
    assert found["first", "old"] == "success"
    assert found["first", "load"] == "failed"
    assert found["first", "g"] == found["first", "g.a"] == "absent"
    assert found["second", "g"] == "running"
    assert found["second", "old"] == "absent"


def test_a_mapped_task_shows_its_worst_instance_and_the_counts(site: Site) -> None:
    site.add_dag("nightly", a_task("each"))
    run = trigger_run(site.services, "nightly", run_id="r")
    site.begin(run, each=TaskState.REMOVED)
    states = [TaskState.SUCCESS, TaskState.FAILED, TaskState.SUCCESS]
    instances = [
        InstanceRecord(run_key=run.run_key, task_id="each", map_index=index, state=state, try_number=index + 1)
        for index, state in enumerate(states)
    ]
    assert site.services.store.edit(Changes(new_instances=instances)) is None
    page = site.shaped(shapes.GridPage, "/ui/dags/nightly/grid")
    assert cells(page)["r", "each"] == "failed"
    assert page.mapped == {"r": {"each": {"success": 2, "failed": 1}}}
    assert page.tries == {"r": {"each": 3}}


def test_older_columns_follow_without_gap_or_double_while_new_runs_come(site: Site) -> None:
    site.add_dag("nightly", a_task("load"), dialect=3)
    for number in range(10):
        trigger_run(site.services, "nightly", run_id=f"run_{number}")
        if number % 3:
            site.clock.advance(minutes=1)
    seen: list[str] = []
    cursor = None
    for _ in range(20):
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = site.shaped(shapes.GridPage, "/ui/dags/nightly/grid", **query)
        seen = [run.run_id for run in page.runs] + seen
        trigger_run(site.services, "nightly")
        cursor = page.older_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(f"run_{number}" for number in range(10))
    assert page.total >= 10


def test_around_a_run_shows_it_between_its_neighbours(site: Site) -> None:
    site.add_dag("nightly", a_task("load"))
    for number in range(20):
        trigger_run(site.services, "nightly", run_id=f"run_{number:02}")
        site.clock.advance(minutes=1)
    page = site.shaped(shapes.GridPage, "/ui/dags/nightly/grid", around="run_05", limit=5)
    assert [run.run_id for run in page.runs] == ["run_03", "run_04", "run_05", "run_06", "run_07"]
    assert site.client.get("/ui/dags/nightly/grid", params={"around": "gone"}).status_code == 404


def test_filters_and_words_that_are_no_state(site: Site) -> None:
    site.add_dag("nightly", a_task("load"))
    site.begin(trigger_run(site.services, "nightly", run_id="good"), load=TaskState.SUCCESS)
    site.clock.advance(minutes=1)
    site.begin(trigger_run(site.services, "nightly", run_id="bad"), load=TaskState.FAILED)
    page = site.shaped(shapes.GridPage, "/ui/dags/nightly/grid", state="failed")
    assert [run.run_id for run in page.runs] == ["bad"]
    assert page.total == 1
    refused = site.client.get("/ui/dags/nightly/grid", params={"run_type": "<script>"})
    assert refused.status_code == 400


def test_ids_of_any_kind_survive_the_path(site: Site) -> None:
    names = [
        "a/b",
        "..%2F..%2Fetc",
        "<script>alert(1)</script>",
        'it\'s "quoted"',
        "한 글 + 100%",
        "a?b#c&d=e",
        "x%2Fy",
    ]
    for name in names:
        site.add_dag(name, a_task(name))
        run = trigger_run(site.services, name)
        site.services.store.runs.delete(run.run_key)
        odd = run.__class__(**{f: getattr(run, f) for f in run.__struct_fields__} | {"run_id": name})
        site.services.store.runs.create(odd)
        site.begin(odd, **{name: TaskState.SUCCESS})
        one = seg(name)
        page = site.shaped(shapes.TaskPage, f"/ui/dags/{one}/runs/{one}/tasks/{one}")
        assert (page.dag_id, page.run.run_id, page.task.id) == (name, name, name)
        assert page.state == "success"
        grid = site.shaped(shapes.GridPage, f"/ui/dags/{one}/grid")
        assert [row.id for row in grid.rows] == [name]
