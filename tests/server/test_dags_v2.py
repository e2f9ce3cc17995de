"""DAGs, runs, task instances and XComs over `/api/v2`; the store is that of tests/server/site.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.core.changes import Changes
from tradewind.services.users import create_user

DAGS = "/api/v2/dags"
SECOND = f"{DAGS}/etl/dagRuns/second"
LOAD = f"{SECOND}/taskInstances/load"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["etl", "fan", "quiet"]),
        ("order_by=-dag_id", ["quiet", "fan", "etl"]),
        ("limit=1&offset=1", ["fan"]),
        ("tags=nightly&tags=web", ["etl", "fan"]),
        ("tags=nightly&tags=web&tags_match_mode=all", []),
        ("tags=nightly&tags=warehouse&tags_match_mode=all", ["etl"]),
        ("owners=ben", ["fan"]),
        ("paused=true", ["quiet"]),
        ("dag_id_pattern=%25t%25", ["etl", "quiet"]),
        ("last_dag_run_state=running", ["etl", "fan"]),
        ("last_dag_run_state=failed", []),
        ("has_import_errors=true", ["etl"]),
        ("is_favorite=true", []),
    ],
)
def test_a_list_of_dags_is_what_its_parameters_say(admin: TestClient, query: str, expected: list[str]) -> None:
    answer = admin.get(f"{DAGS}?{query}")
    assert answer.status_code == 200, answer.text
    assert [dag["dag_id"] for dag in answer.json()["dags"]] == expected


def test_only_the_dags_that_somebody_may_see_are_listed(site: Site) -> None:
    assert [dag["dag_id"] for dag in site.client("EtlOnly").get(DAGS).json()["dags"]] == ["etl"]
    assert {run["dag_id"] for run in site.client("EtlOnly").get(f"{DAGS}/~/dagRuns").json()["dag_runs"]} == {"etl"}
    everywhere = site.client("FanOnly").get(f"{DAGS}/~/dagRuns/~/taskInstances").json()
    assert {one["dag_id"] for one in everywhere["task_instances"]} == {"fan"}
    assert site.client("FanOnly").get(f"{DAGS}/etl").status_code in (403, 404)


def test_pausing_several_needs_the_right_to_each_of_them(site: Site) -> None:
    assert site.client("EtlOnly").patch(f"{DAGS}?dag_id_pattern=~", json={"is_paused": True}).status_code == 200
    assert not site.client().get(f"{DAGS}/fan").json()["is_paused"]
    assert site.client("Viewer").patch(f"{DAGS}/etl", json={"is_paused": True}).status_code == 403


def test_a_dag_is_paused_and_deleted(admin: TestClient) -> None:
    assert admin.patch(f"{DAGS}/fan", json={"is_paused": True}).json()["is_paused"] is True
    assert admin.patch(f"{DAGS}/fan", json={}).status_code == 422
    assert admin.delete(f"{DAGS}/quiet").status_code == 200
    assert admin.get(f"{DAGS}/quiet").status_code == 404


def test_favourites_belong_to_their_user(site: Site) -> None:
    names = {"username": "admin", "email": "a@example.com", "first_name": "A", "last_name": "D"}
    create_user(site.services, **names, password="a long one", roles=["Admin"])
    admin = site.client()
    assert admin.post(f"{DAGS}/fan/favorite").status_code == 204
    assert [dag["dag_id"] for dag in admin.get(f"{DAGS}?is_favorite=true").json()["dags"]] == ["fan"]
    assert site.client("Viewer").get(f"{DAGS}?is_favorite=true").json()["total_entries"] == 0
    assert admin.post(f"{DAGS}/fan/unfavorite").status_code == 204
    assert admin.get(f"{DAGS}/fan/details").json()["is_favorite"] is False


def test_the_source_comes_as_text_and_as_json(admin: TestClient) -> None:
    text = admin.get("/api/v2/dagSources/fan", headers={"Accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain")
    assert admin.get("/api/v2/dagSources/fan").json()["content"] == text.text != ""


# --- runs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["first", "second", "third"]),
        ("order_by=-run_after&limit=2", ["third", "second"]),
        ("state=running&state=failed", ["second", "third"]),
        ("run_type=manual", ["third"]),
        ("run_after_gte=2025-01-09T00:00:00Z", ["third"]),
        ("logical_date_lt=2025-01-07T00:00:00Z", ["first"]),
        ("run_id_pattern=%25ir%25", ["first", "third"]),
    ],
)
def test_a_list_of_runs_is_what_its_parameters_say(admin: TestClient, query: str, expected: list[str]) -> None:
    answer = admin.get(f"{DAGS}/etl/dagRuns?{query}")
    assert answer.status_code == 200, answer.text
    assert [run["dag_run_id"] for run in answer.json()["dag_runs"]] == expected


def test_a_run_is_triggered_once(admin: TestClient) -> None:
    body = {"dag_run_id": "mine", "logical_date": "2025-02-01T00:00:00+09:00", "conf": {"a": [1]}, "note": "try it"}
    made = admin.post(f"{DAGS}/etl/dagRuns", json=body).json()
    assert made["state"] == "queued" and made["run_type"] == "manual" and made["triggered_by"] == "rest_api"
    assert made["logical_date"] == "2025-01-31T15:00:00Z" and made["conf"] == {"a": [1]} and made["note"] == "try it"
    assert made["triggering_user_name"] == "admin"
    assert admin.post(f"{DAGS}/etl/dagRuns", json=body).status_code == 409


def test_a_run_may_be_told_when_to_start_and_what_to_work_on(admin: TestClient) -> None:
    body = {
        "logical_date": None,
        "run_after": "2025-03-01T00:00:00Z",
        "data_interval_start": "2025-01-01T00:00:00Z",
        "data_interval_end": "2025-01-02T00:00:00Z",
    }
    made = admin.post(f"{DAGS}/etl/dagRuns", json=body).json()
    assert {name: made[name] for name in body if name != "logical_date"} == {
        name: value for name, value in body.items() if name != "logical_date"
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"logical_date": "2025-01-01T00:00:00"}, 422),
        ({"logical_date": None, "data_interval_start": "2025-01-01T00:00:00Z"}, 400),
        ({"logical_date": None, "nonsense": 1}, 422),
        ({"logical_date": None, "partition_key": "p"}, 501),
    ],
)
def test_what_no_run_can_be_is_refused(admin: TestClient, body: Any, status: int) -> None:
    answer = admin.post(f"{DAGS}/etl/dagRuns", json=body)
    assert answer.status_code == status and answer.json()["detail"], answer.text


def test_a_run_is_marked_noted_queued_again_and_deleted(admin: TestClient) -> None:
    run = f"{DAGS}/etl/dagRuns/third"
    assert admin.delete(run).status_code == 409
    marked = admin.patch(run, json={"state": "failed", "note": "stopped"}).json()
    assert (marked["state"], marked["note"]) == ("failed", "stopped")
    assert admin.patch(f"{run}?update_mask=note", json={"state": "success", "note": None}).json()["state"] == "failed"
    assert admin.patch(run, json={"state": "queued"}).json()["state"] == "queued"
    assert admin.patch(run, json={"state": "running"}).status_code == 422
    assert admin.patch(run, json={"state": "failed"}).status_code == 200
    assert admin.delete(run).status_code == 204
    assert admin.get(run).status_code == 404


def test_clearing_a_run_is_previewed_and_done(admin: TestClient) -> None:
    preview = admin.post(f"{SECOND}/clear", json={"only_failed": True}).json()
    assert [one["task_id"] for one in preview["task_instances"]] == ["load"]
    assert admin.get(SECOND).json()["state"] == "failed"
    assert admin.post(f"{SECOND}/clear", json={"only_failed": True, "dry_run": False}).json()["state"] == "queued"
    assert admin.get(LOAD).json()["state"] is None


def test_waiting_for_a_run_ends_with_it_and_brings_results(admin: TestClient) -> None:
    lines = admin.get(f"{DAGS}/etl/dagRuns/first/wait?interval=1&result=extract&result=load").text.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"state": "success", "results": {"extract": {"rows": 1}, "load": None}}
    ]


# --- task instances ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("etl/dagRuns/second/taskInstances?order_by=task_id", ["extract", "load", "transform"]),
        ("etl/dagRuns/second/taskInstances?state=failed", ["load"]),
        ("etl/dagRuns/third/taskInstances?state=no_status&order_by=-task_id", ["transform", "load"]),
        ("etl/dagRuns/~/taskInstances?task_id=load&state=success", ["load"]),
        ("~/dagRuns/~/taskInstances?state=queued", ["pages"]),
        ("fan/dagRuns/mapped/taskInstances/pages/listMapped", ["pages", "pages", "pages"]),
        ("fan/dagRuns/mapped/taskInstances/pages/listMapped?state=scheduled", ["pages"]),
        ("fan/dagRuns/mapped/taskInstances?map_index=2", ["pages"]),
        ("etl/dagRuns/second/taskInstances?duration_gt=60", []),
        ("etl/dagRuns/second/taskInstances?pool=none", []),
    ],
)
def test_a_list_of_instances_is_what_its_parameters_say(admin: TestClient, path: str, expected: list[str]) -> None:
    answer = admin.get(f"{DAGS}/{path}")
    assert answer.status_code == 200, answer.text
    assert [one["task_id"] for one in answer.json()["task_instances"]] == expected


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("etl/dagRuns/second/taskInstances?state=odd", 400),
        ("etl/dagRuns/none/taskInstances", 404),
        ("etl/dagRuns/second/taskInstances/none", 404),
        ("fan/dagRuns/mapped/taskInstances/pages", 404),
        ("fan/dagRuns/mapped/taskInstances/pages/7", 404),
        ("fan/dagRuns/mapped/taskInstances/pages/x", 422),
        ("etl/dagRuns/second/taskInstances/load/tries/9", 404),
        ("etl/dagRuns/second/taskInstances/load/logs/3?token=odd", 422),
        ("etl/dagRuns/second/taskInstances/load/xcomEntries/none", 404),
    ],
)
def test_what_there_is_not_is_said(admin: TestClient, path: str, status: int) -> None:
    answer = admin.get(f"{DAGS}/{path}")
    assert answer.status_code == status and answer.json()["detail"], answer.text


def test_an_instance_has_its_tries(admin: TestClient) -> None:
    found = admin.get(f"{LOAD}/tries").json()["task_instances"]
    assert [(one["try_number"], one["state"], one["pid"]) for one in found] == [
        (1, "failed", 4001),
        (2, "failed", 4002),
    ]
    assert admin.get(f"{LOAD}/tries/1").json()["pid"] == 4001
    assert admin.get(f"{DAGS}/fan/dagRuns/mapped/taskInstances/pages/0/tries").json()["total_entries"] == 0


def test_marking_an_instance_is_previewed_and_done(admin: TestClient) -> None:
    body = {"new_state": "success", "note": "by hand"}
    assert admin.patch(f"{LOAD}/dry_run", json=body).json()["total_entries"] == 1
    assert admin.get(LOAD).json()["state"] == "failed"
    marked = admin.patch(LOAD, json=body).json()["task_instances"]
    assert [(one["task_id"], one["state"], one["note"]) for one in marked] == [("load", "success", "by hand")]
    assert admin.patch(LOAD, json={"note": "only this"}).json()["task_instances"][0]["note"] == "only this"
    assert admin.patch(f"{LOAD}?update_mask=nothing", json=body).status_code == 400
    one = f"{DAGS}/fan/dagRuns/mapped/taskInstances/pages/2"
    assert [each["map_index"] for each in admin.patch(one, json=body).json()["task_instances"]] == [2]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"dag_run_id": "second"}, {("second", "load")}),
        ({"dag_run_id": "second", "only_failed": False, "task_ids": ["transform"]}, {("second", "transform")}),
        (
            {"dag_run_id": "second", "only_failed": False, "task_ids": ["transform"], "include_downstream": True},
            {("second", "transform"), ("second", "load")},
        ),
        ({"dag_run_id": "second", "only_failed": False, "task_ids": [["load", -1]]}, {("second", "load")}),
        ({"only_failed": False, "task_ids": ["load"], "end_date": "2025-01-08T00:00:00Z"},
         {("first", "load"), ("second", "load")}),
        ({"only_failed": False, "task_ids": []}, None),
    ],
)  # fmt: skip
def test_what_a_clear_means(admin: TestClient, body: Any, expected: set[tuple[str, str]] | None) -> None:
    answer = admin.post(f"{DAGS}/etl/clearTaskInstances", json=body)
    if expected is None:
        assert answer.status_code == 400
        return
    assert {(one["dag_run_id"], one["task_id"]) for one in answer.json()["task_instances"]} == expected
    assert admin.get(SECOND).json()["state"] == "failed"


def test_a_clear_is_done(admin: TestClient) -> None:
    done = admin.post(f"{DAGS}/etl/clearTaskInstances", json={"dag_run_id": "second", "dry_run": False}).json()
    assert [(one["task_id"], one["state"]) for one in done["task_instances"]] == [("load", None)]
    assert admin.get(SECOND).json()["state"] == "queued"


def test_a_log_is_read_in_pieces_and_as_a_stream(site: Site, admin: TestClient) -> None:
    folder = Path(site.services.conf.get("logging", "base_log_folder"))
    path = folder / "load.log"
    folder.mkdir(parents=True, exist_ok=True)
    line = {"timestamp": "2025-01-08T09:00:01+00:00", "level": "info", "event": "3 rows", "logger": "task"}
    path.write_text(json.dumps(line) + "\n" + "plain\n")
    run = site.store.runs.get("etl", "second")
    assert run is not None
    tried = site.store.tries.of_instance(run.run_key, "load")[-1]
    again = msgspec.structs.replace(tried, try_id="second-load-3", try_number=3, log_path=str(path))
    assert site.store.edit(Changes(new_tries=[again])) is None
    answer = admin.get(f"{LOAD}/logs/3").json()
    assert [one["event"] for one in answer["content"]] == ["3 rows", "plain"]
    assert answer["content"][0]["level"] == "info" and answer["continuation_token"] is None
    assert admin.get(f"{LOAD}/logs/3?token={path.stat().st_size}").json()["content"] == []
    streamed = admin.get(f"{LOAD}/logs/3", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(one)["event"] for one in streamed] == ["3 rows", "plain"]
    assert "No log was kept" in admin.get(f"{LOAD}/logs/1").json()["content"][0]["event"]


def test_xcoms_are_listed_and_read(admin: TestClient) -> None:
    listed = admin.get(f"{DAGS}/etl/dagRuns/first/taskInstances/~/xcomEntries").json()
    assert [(one["task_id"], one["key"]) for one in listed["xcom_entries"]] == [("extract", "return_value")]
    path = f"{DAGS}/etl/dagRuns/first/taskInstances/extract/xcomEntries"
    assert admin.get(f"{path}/return_value").json()["value"] == {"rows": 1}
    assert admin.get(f"{path}?xcom_key=other").json()["total_entries"] == 0
