"""What belongs to DAGs in both APIs: clearing, XComs, versions, sources, numbers, warnings, tasks, backfills, bulk."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from tests.server.site import NOW, Site
from tradewind.core.spec import TaskSpec
from tradewind.store import ParsedFile

DAGS = "/api/v2/dags"
ETL = f"{DAGS}/etl/dagRuns"
XCOMS = f"{ETL}/first/taskInstances/extract/xcomEntries"


def _cleared(client: TestClient, path: str, body: Any) -> list[str]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return [f"{each['dag_run_id']}.{each['task_id']}" for each in answer.json()["task_instances"]]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"dag_run_id": "second"}, ["second.load"]),
        ({"dag_run_id": "first"}, []),
        ({"dag_run_id": "first", "only_failed": False, "task_ids": ["transform"]}, ["first.transform"]),
        (
            {"dag_run_id": "first", "only_failed": False, "task_ids": ["transform"], "include_downstream": True},
            ["first.transform", "first.load"],
        ),
        (
            {"dag_run_id": "second", "only_failed": False, "task_ids": ["load"], "include_past": True},
            ["first.load", "second.load"],
        ),
        ({"only_running": True}, ["third.extract"]),
        ({"start_date": "2025-01-07T00:00:00Z", "end_date": "2025-01-08T00:00:00Z"}, ["second.load"]),
        ({"end_date": "2025-01-07T00:00:00Z"}, []),
    ],
)
def test_a_dry_run_tells_what_a_clear_does(site: Site, version: str, body: Any, found: list[str]) -> None:
    path = f"/api/{version}/dags/etl/clearTaskInstances"
    client = site.client()
    assert _cleared(client, path, body) == found
    assert _cleared(client, path, body) == found
    assert _cleared(client, path, {**body, "dry_run": False}) == found
    for name in found:
        run_id, _, task_id = name.partition(".")
        assert client.get(f"{ETL}/{run_id}/taskInstances/{task_id}").json()["state"] in (None, "restarting")


def test_single_instances_of_a_mapped_task_are_cleared(admin: TestClient) -> None:
    body = {"dag_run_id": "mapped", "task_ids": [["pages", 0]], "only_failed": False, "dry_run": False, "note": "again"}
    answer = admin.post(f"{DAGS}/fan/clearTaskInstances", json=body).json()["task_instances"]
    assert [(each["map_index"], each["state"], each["note"]) for each in answer] == [(0, None, "again")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"only_failed": True, "only_running": True}, 422),
        ({"dag_run_id": "first", "start_date": "2025-01-01T00:00:00Z"}, 422),
        ({"start_date": "2025-01-02T00:00:00Z", "end_date": "2025-01-01T00:00:00Z"}, 422),
        ({"task_ids": []}, 422),
        ({"task_ids": ["none"]}, 404),
        ({"dag_run_id": "none"}, 404),
        ({"dag_run_id": "third", "only_running": True, "prevent_running_task": True, "dry_run": False}, 409),
    ],
)
def test_what_cannot_be_cleared_is_refused(admin: TestClient, body: Any, status: int) -> None:
    assert admin.post(f"{DAGS}/etl/clearTaskInstances", json=body).status_code == status


def test_a_run_is_cleared_and_several_are(admin: TestClient) -> None:
    assert _cleared(admin, f"{ETL}/second/clear", {"only_failed": True}) == ["second.load"]
    done = admin.post(f"{ETL}/second/clear", json={"dry_run": False, "note": "again"}).json()
    assert (done["state"], done["note"]) == ("queued", "again")
    runs = [{"dag_id": "etl", "dag_run_id": "first"}, {"dag_id": "fan", "dag_run_id": "mapped"}]
    done = admin.post(f"{DAGS}/~/clearDagRuns", json={"dag_runs": runs, "dry_run": False}).json()
    assert [(run["dag_run_id"], run["state"]) for run in done["dag_runs"]] == [
        ("first", "queued"),
        ("mapped", "running"),
    ]
    assert admin.post(f"{DAGS}/~/clearDagRuns", json={"dag_runs": [{"dag_run_id": "first"}]}).status_code == 400


def test_a_run_gets_the_tasks_of_another_version(site: Site) -> None:
    dag = site.store.dags.get("etl")
    assert dag is not None
    more = TaskSpec(task_id="report", operator="PythonOperator", upstream=("load",))
    spec = msgspec.structs.replace(dag.spec, tasks=(*dag.spec.tasks, more))
    parsed = ParsedFile(file=spec.fileloc, relative="etl.py", source="new", source_digest="new", dags=[spec])
    site.store.dags.save_file(parsed, NOW)
    client = site.client()
    told = client.post(f"{ETL}/first/clear", json={"only_new": True}).json()
    assert told == {"task_instances": [{"task_id": "report", "task_display_name": "report"}], "total_entries": 1}
    assert client.post(f"{ETL}/first/clear", json={"only_new": True, "dry_run": False}).json()["state"] == "queued"
    assert client.get(f"{ETL}/first/taskInstances/report").json()["dag_version"]["version_number"] == 3


def test_xcoms_are_made_read_changed_and_deleted(admin: TestClient) -> None:
    assert admin.get(f"{XCOMS}/return_value").json()["value"] == '{"rows": 1}'
    assert admin.get(f"{XCOMS}/return_value?deserialize=true").json()["value"] == {"rows": 1}
    assert admin.get(f"{XCOMS}/return_value?deserialize=true&stringify=true").json()["value"] == '{"rows": 1}'
    assert admin.post(XCOMS, json={"key": "a/b", "value": {"x": None}}).status_code == 201
    assert admin.post(XCOMS, json={"key": "a/b", "value": 1}).status_code == 409
    assert admin.patch(f"{XCOMS}/a/b", json={"value": "text"}).json()["value"] == "text"
    assert [each["key"] for each in admin.get(f"{XCOMS}?xcom_key_prefix_pattern=a").json()["xcom_entries"]] == ["a/b"]
    assert admin.delete(f"{XCOMS}/a/b").status_code == 204
    assert admin.delete(f"{XCOMS}/a/b").status_code == 404
    assert admin.post(f"{ETL}/first/taskInstances/none/xcomEntries", json={"key": "k", "value": 1}).status_code == 404


def test_lists_of_xcoms_show_what_one_may_see(site: Site) -> None:
    everywhere = "dags/~/dagRuns/~/taskInstances/~/xcomEntries"
    for version in ("v1", "v2"):
        assert site.client().get(f"/api/{version}/{everywhere}").json()["total_entries"] == 3
        assert site.client("FanOnly").get(f"/api/{version}/{everywhere}").json()["total_entries"] == 1
    dated = site.client().get(f"/api/v2/{everywhere}?logical_date_lte=2025-01-06T09:00:00Z&order_by=-key").json()
    assert [each["run_id"] for each in dated["xcom_entries"]] == ["first"]


def test_a_source_is_shown_to_who_reads_all_dags_of_its_file(site: Site) -> None:
    client, limited = site.client(), site.client("EtlOnly")
    assert client.get("/api/v2/dagSources/etl").json()["content"].endswith("# 1 problems\n")
    assert client.get("/api/v2/dagSources/etl?version_number=1").json()["content"].endswith("# 0 problems\n")
    assert client.get("/api/v2/dagSources/etl", headers={"Accept": "text/plain"}).text.startswith("# /home")
    assert client.get("/api/v2/dagSources/etl?version_number=9").status_code == 404
    token = client.get("/api/v1/dags/etl").json()["file_token"]
    assert limited.get(f"/api/v1/dagSources/{token}").json()["content"].startswith("# /home")
    site.share_file("etl", "fan")
    assert "REDACTED" in limited.get("/api/v2/dagSources/etl").json()["content"]
    assert limited.get(f"/api/v1/dagSources/{token}").status_code == 403
    assert client.get("/api/v1/dagSources/none").status_code == 404


def test_facts_about_dags(site: Site) -> None:
    admin, limited = site.client(), site.client("FanOnly")
    assert admin.get("/api/v2/dagTags?order_by=-name&limit=2").json() == {
        "tags": ["web", "warehouse"],
        "total_entries": 3,
    }
    assert limited.get("/api/v2/dagTags").json()["tags"] == ["web"]
    stats = admin.get("/api/v2/dagStats?dag_ids=etl").json()["dags"][0]["stats"]
    assert {each["state"]: each["count"] for each in stats} == {"queued": 0, "running": 1, "success": 1, "failed": 1}
    assert limited.get("/api/v1/dagStats?dag_ids=etl,fan").json()["total_entries"] == 1
    versions = admin.get(f"{DAGS}/~/dagVersions?version_number=1").json()["dag_versions"]
    assert sorted(each["dag_id"] for each in versions) == ["etl", "fan", "quiet"]
    assert admin.get(f"{DAGS}/etl/dagVersions/3").status_code == 404
    tasks = admin.get(f"{DAGS}/etl/tasks?order_by=-task_id").json()["tasks"]
    assert [task["task_id"] for task in tasks] == ["transform", "load", "extract"]
    assert admin.get(f"{DAGS}/etl/tasks/extract").json()["downstream_task_ids"] == ["transform"]
    assert admin.get(f"{DAGS}/etl/tasks?order_by=odd").status_code == 400
    assert admin.get(f"{DAGS}/etl/tasks/none").status_code == 404


def test_a_pool_that_is_missing_is_a_warning(site: Site) -> None:
    assert site.client().get("/api/v2/dagWarnings").json()["total_entries"] == 0
    dag = site.store.dags.get("fan")
    assert dag is not None
    tasks = tuple(msgspec.structs.replace(task, pool="gpu") for task in dag.spec.tasks)
    spec = msgspec.structs.replace(dag.spec, tasks=tasks)
    parsed = ParsedFile(file=spec.fileloc, relative="fan.py", source="new", source_digest="new", dags=[spec])
    site.store.dags.save_file(parsed, NOW)
    warning = site.client().get("/api/v2/dagWarnings?warning_type=non-existent pool").json()["dag_warnings"][0]
    assert (warning["dag_id"], "'gpu'" in warning["message"]) == ("fan", True)
    assert site.client("EtlOnly").get("/api/v1/dagWarnings").json()["total_entries"] == 0


def test_a_backfill_is_planned_started_paused_and_cancelled(site: Site) -> None:
    admin = site.client()
    body = {"dag_id": "quiet", "from_date": "2025-01-01T00:00:00Z", "to_date": "2025-01-03T00:00:00Z"}
    path = "/api/v2/backfills"
    dates = [each["logical_date"] for each in admin.post(f"{path}/dry_run", json=body).json()["backfills"]]
    assert dates == ["2025-01-01T06:00:00Z", "2025-01-02T06:00:00Z"]
    assert admin.get(f"{path}?dag_id=quiet").json()["total_entries"] == 0
    made = admin.post(path, json={**body, "dag_run_conf": {"a": 1}, "max_active_runs": 1}).json()
    assert (made["dag_run_conf"], made["max_active_runs"], made["completed_at"]) == ({"a": 1}, 1, None)
    assert admin.post(path, json=body).status_code == 409
    one = f"{path}/{made['id']}"
    assert admin.put(f"{one}/pause").json()["is_paused"] is True
    assert admin.put(f"{one}/unpause").json()["is_paused"] is False
    assert site.client("FanOnly").put(f"{one}/cancel").status_code == 403
    assert site.client("FanOnly").post(path, json=body).status_code == 403
    assert admin.put(f"{one}/cancel").json()["completed_at"] is not None
    assert admin.put(f"{one}/pause").status_code == 400
    assert {run["state"] for run in admin.get(f"{DAGS}/quiet/dagRuns").json()["dag_runs"]} == {"failed"}
    assert admin.get(f"{path}/99").status_code == 404


def test_bulk_changes_tell_what_each_entry_came_to(site: Site) -> None:
    limited = site.client("FanOnly")
    entities = [
        {"dag_id": "etl", "dag_run_id": "first", "note": "n"},
        {"dag_id": "fan", "dag_run_id": "mapped", "note": "n"},
    ]
    answer = limited.patch(f"{DAGS}/~/dagRuns", json={"actions": [{"action": "update", "entities": entities}]}).json()
    assert answer["update"]["success"] == ["fan.mapped"]
    assert [error["status_code"] for error in answer["update"]["errors"]] == [403]
    actions = [
        {"action": "create", "entities": [{"dag_run_id": "x"}]},
        {"action": "delete", "entities": ["first", "none"]},
        {"action": "delete", "entities": ["first", "none", "third"], "action_on_non_existence": "skip"},
    ]
    answer = site.client().patch(ETL, json={"actions": actions}).json()
    assert [error["status_code"] for error in answer["create"]["errors"]] == [405]
    assert answer["delete"]["success"] == ["etl.first"]
    assert [error["status_code"] for error in answer["delete"]["errors"]] == [404, 409]
    tasks = [{"task_id": "pages", "map_index": 2, "new_state": "skipped", "note": "n"}, {"task_id": "none"}]
    body = {"actions": [{"action": "update", "entities": tasks, "action_on_non_existence": "skip"}]}
    answer = site.client().patch(f"{DAGS}/fan/dagRuns/mapped/taskInstances", json=body).json()
    assert answer["update"] == {"success": ["fan.mapped.pages[2]"], "errors": []}
    found = site.client().get(f"{DAGS}/fan/dagRuns/mapped/taskInstances/pages/2").json()
    assert (found["state"], found["note"]) == ("skipped", "n")
