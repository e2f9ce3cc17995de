from __future__ import annotations

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.changes import Changes
from tradewind.core.permissions import BUILT_IN_ROLES
from tradewind.core.records import InstanceRecord, RunRecord
from tradewind.core.spec import GroupSpec
from tradewind.core.states import RunState, TaskState
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run
from tradewind.services.session import AUDIT


def ended_run(site: Site, run_id: str = "r", **states: TaskState) -> RunRecord:
    run = trigger_run(site.services, "nightly", run_id=run_id)
    site.begin(run, **states)
    site.clock.advance(minutes=1)
    return site.reload(run)


def hello(site: Site) -> RunRecord:
    site.add_dag("nightly", a_task("print_hello"), a_task("print_world", "print_hello"))
    return ended_run(site, print_hello=TaskState.SUCCESS, print_world=TaskState.SUCCESS)


def named(answer: shapes.AffectedList) -> list[tuple[str, str, str]]:
    return [(one.task_id, one.before, one.after) for run in answer.runs for one in run.instances]


def test_a_clear_previews_exactly_what_it_then_does(site: Site) -> None:
    run = hello(site)
    body = {"run_ids": ["r"], "task_ids": ["print_hello"]}
    preview = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body)
    assert named(preview) == [("print_hello", "success", "none"), ("print_world", "success", "none")]
    assert not preview.done and preview.succeeded == 2
    assert set(site.states(run).values()) == {TaskState.SUCCESS}
    rings = len(site.rings)
    done = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body | {"dry_run": False})
    assert done.done and named(done) == named(preview)
    assert set(site.states(run).values()) == {TaskState.NONE}
    assert site.reload(run).state is RunState.QUEUED
    assert len(site.rings) == rings + 1
    *_, audit = site.services.store.outbox.since(0, kinds=[AUDIT])
    assert audit.why == "task.clear" and audit.who == "api:ada" and audit.detail["from"] == "10.0.0.1"


def test_single_instances_of_a_mapped_task(site: Site) -> None:
    site.add_dag("nightly", a_task("each"), a_task("after", "each"))
    run = trigger_run(site.services, "nightly", run_id="r")
    site.begin(run, each=TaskState.REMOVED, after=TaskState.SUCCESS)
    more = [
        InstanceRecord(run_key=run.run_key, task_id="each", map_index=index, state=TaskState.SUCCESS)
        for index in range(3)
    ]
    assert site.services.store.edit(Changes(new_instances=more)) is None
    one = {"run_id": "r", "task_id": "each", "map_index": 1}
    answer = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", {"instances": [one], "downstream": False})
    assert [(i.task_id, i.map_index) for i in answer.runs[0].instances] == [("each", 1)]
    whole = {"run_id": "r", "task_id": "each"}
    answer = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", {"instances": [whole], "downstream": True})
    assert [(i.task_id, i.map_index) for i in answer.runs[0].instances] == [
        ("each", 0),
        ("each", 1),
        ("each", 2),
        ("after", -1),
    ]


def test_a_group_stands_for_its_members(site: Site) -> None:
    group = GroupSpec(group_id="g", children=("g.a", "g.b"))
    tasks = (a_task("g.a", group="g"), a_task("g.b", group="g"), a_task("z"))
    site.add_dag("nightly", *tasks, groups=(group,), roots=("g", "z"))
    ended_run(site, **{"g.a": TaskState.FAILED, "g.b": TaskState.SUCCESS, "z": TaskState.SUCCESS})
    body = {"run_ids": ["r"], "task_ids": ["g"], "downstream": False}
    assert [task for task, _, _ in named(site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body))] == [
        "g.a",
        "g.b",
    ]
    failed = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body | {"only_failed": True})
    assert [task for task, _, _ in named(failed)] == ["g.a"]
    mark = {"run_ids": ["r"], "task_ids": ["g"], "state": "failed"}
    assert named(site.post(shapes.AffectedList, "/ui/dags/nightly/mark", mark)) == [("g.b", "success", "failed")]


def test_running_ones_can_be_left_alone(site: Site) -> None:
    site.add_dag("nightly", a_task("a"), a_task("b"))
    run = trigger_run(site.services, "nightly", run_id="r")
    site.begin(run, a=TaskState.RUNNING, b=TaskState.SUCCESS)
    body = {"run_ids": ["r"], "prevent_running": True, "dry_run": False}
    refused = site.client.post("/ui/dags/nightly/clear", json=body)
    assert refused.status_code == 409
    assert site.states(run) == {"a": TaskState.RUNNING, "b": TaskState.SUCCESS}
    done = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body | {"prevent_running": False})
    assert done.running == 1
    assert site.states(run) == {"a": TaskState.RESTARTING, "b": TaskState.NONE}


def test_going_on_with_the_newest_version_adds_its_new_tasks(site: Site) -> None:
    site.add_dag("nightly", a_task("a"))
    run = ended_run(site, a=TaskState.SUCCESS)
    site.add_dag("nightly", a_task("a"), a_task("new", "a"))
    body = {"run_ids": ["r"], "newest_version": True, "dry_run": False, "note": "again"}
    answer = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body)
    assert [task for task, _, _ in named(answer)] == ["a", "new"]
    assert site.states(run) == {"a": TaskState.NONE, "new": TaskState.NONE}
    after = site.reload(run)
    assert after.version_id == site.services.store.dags.get("nightly").version_id  # type: ignore[union-attr]
    assert after.state is RunState.QUEUED
    assert site.services.store.instances.get(run.run_key, "a").note == "again"  # type: ignore[union-attr]


def test_only_new_tasks_leave_the_others_as_they_are(site: Site) -> None:
    site.add_dag("nightly", a_task("a"))
    run = ended_run(site, a=TaskState.SUCCESS)
    site.add_dag("nightly", a_task("a"), a_task("new", "a"))
    body = {"run_ids": ["r"], "only_new": True, "dry_run": False}
    site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body)
    assert site.states(run) == {"a": TaskState.SUCCESS, "new": TaskState.NONE}
    assert site.reload(run).state is RunState.QUEUED


def test_marking_a_run_and_tasks(site: Site) -> None:
    site.add_dag("nightly", a_task("a"), a_task("b", "a"))
    run = trigger_run(site.services, "nightly", run_id="r")
    site.begin(run, a=TaskState.FAILED, b=TaskState.UPSTREAM_FAILED)
    body = {"state": "success", "run_ids": ["r"], "task_ids": ["a"], "note": "checked by hand", "dry_run": False}
    answer = site.post(shapes.AffectedList, "/ui/dags/nightly/mark", body)
    assert named(answer) == [("a", "failed", "success"), ("b", "upstream_failed", "none")]
    assert site.services.store.instances.get(run.run_key, "a").note == "checked by hand"  # type: ignore[union-attr]
    whole = site.post(shapes.AffectedList, "/ui/dags/nightly/mark", {"state": "failed", "run_ids": ["r"]})
    assert whole.runs[0].after == "failed"
    refused = site.client.post("/ui/dags/nightly/mark", json={"state": "skipped", "run_ids": ["r"]})
    assert refused.status_code == 400


def test_past_and_future_runs_come_along(site: Site) -> None:
    site.add_dag("nightly", a_task("a"))
    for number in range(4):
        ended_run(site, f"r{number}", a=TaskState.SUCCESS)
    body = {"run_ids": ["r1"], "task_ids": ["a"], "future": True}
    answer = site.post(shapes.AffectedList, "/ui/dags/nightly/clear", body)
    assert [run.run_id for run in answer.runs] == ["r1", "r2", "r3"]


def test_what_does_not_exist_is_named(site: Site) -> None:
    hello(site)
    for body, word in (
        ({"run_ids": ["gone"]}, "gone"),
        ({"run_ids": ["r"], "task_ids": ["print_helo"]}, "print_hello"),
        ({}, "run_ids"),
    ):
        answer = site.client.post("/ui/dags/nightly/clear", json=body)
        assert answer.status_code in (400, 404)
        assert word in answer.json()["detail"]


def test_a_viewer_may_not(site: Site) -> None:
    hello(site)
    site.grants = BUILT_IN_ROLES["Viewer"]
    for path, body in (("clear", {"run_ids": ["r"]}), ("mark", {"run_ids": ["r"], "state": "failed"}), ("runs", {})):
        assert site.client.post(f"/ui/dags/nightly/{path}", json=body).status_code == 403


def test_triggering_with_its_preview(site: Site) -> None:
    site.add_dag("nightly", paused=True, params={"n": {"value": 1, "schema": {"type": "integer"}}})
    preview = site.post(shapes.TriggerPreview, "/ui/dags/nightly/trigger-preview", {"conf": {"n": 2}})
    assert preview.waits_for_unpause and preview.run_id.startswith("manual__2025-01-10")
    run = site.post(shapes.RunRow, "/ui/dags/nightly/runs", {"conf": {"n": 2}, "note": "why not", "unpause": True})
    assert run.conf == {"n": 2} and run.note == "why not" and run.state == "queued"
    assert site.services.store.dags.get("nightly").is_paused is False  # type: ignore[union-attr]
    bad = site.client.post("/ui/dags/nightly/runs", json={"conf": {"n": "x"}})
    assert bad.status_code == 400 and "'n'" in bad.json()["detail"]
    again = site.client.post("/ui/dags/nightly/runs", json={"run_id": run.run_id})
    assert again.status_code == 409
