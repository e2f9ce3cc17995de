"""Task instances and logs in /api/v2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.core.changes import Changes
from tradewind.core.records import TryRecord

DAGS = "/api/v2/dags"
ETL = f"{DAGS}/etl/dagRuns"
PAGES = f"{DAGS}/fan/dagRuns/mapped/taskInstances/pages"


def _names(client: TestClient, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [_name(each) for each in answer.json()["task_instances"]]


def _name(instance: Any) -> str:
    index = instance["map_index"]
    return f"{instance['dag_run_id']}.{instance['task_id']}" + (f"[{index}]" if index >= 0 else "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", ["second.load"]),
        ("state=none", ["third.load", "third.transform"]),
        ("state=awaiting_input", []),
        ("state=queued&state=scheduled", ["mapped.pages[1]", "mapped.pages[2]"]),
        ("state=success&order_by=-logical_date&limit=1", ["mapped.pages[0]"]),
        ("task_id=load&order_by=-start_date", ["second.load", "first.load", "third.load"]),
        ("task_display_name_pattern=OAD", ["first.load", "second.load", "third.load"]),
        ("run_id_prefix_pattern=th", ["third.extract", "third.load", "third.transform"]),
        ("dag_id_pattern=fan&map_index=1", ["mapped.pages[1]"]),
        ("try_number=2", ["second.load"]),
        ("duration_gte=60&run_after_lt=2025-01-08T00:00:00Z", ["first.extract", "first.load", "first.transform"]),
        ("start_date_gt=2025-01-08T09:00:00Z", ["third.extract"]),
        ("updated_at_gt=2025-01-08T10:00:00Z", ["third.extract"]),
        ("pool_name_pattern=gpu", []),
        ("executor=CeleryExecutor", []),
        ("version_number=1&operator=PythonOperator&limit=1", ["mapped.list_pages"]),
    ],
)
def test_a_list_has_what_matches(admin: TestClient, query: str, found: list[str]) -> None:
    assert _names(admin, f"{DAGS}/~/dagRuns/~/taskInstances?{query}") == found


def test_lists_of_a_run_of_a_dag_and_of_a_mapped_task(site: Site) -> None:
    admin = site.client()
    assert _names(admin, f"{ETL}/first/taskInstances") == ["first.extract", "first.load", "first.transform"]
    assert len(_names(admin, f"{ETL}/~/taskInstances")) == 9
    assert _names(admin, f"{PAGES}/listMapped?state=success") == ["mapped.pages[0]"]
    assert admin.get(f"{ETL}/first/taskInstances/load/listMapped").status_code == 404
    assert admin.get(f"{ETL}/none/taskInstances").status_code == 404
    assert _names(site.client("FanOnly"), f"{DAGS}/~/dagRuns/~/taskInstances?limit=1") == ["mapped.list_pages"]
    body = {"dag_ids": ["etl", "fan"], "state": [None, "queued"], "order_by": "-id", "page_limit": 2}
    answer = admin.post(f"{DAGS}/~/dagRuns/~/taskInstances/list", json=body).json()
    assert ([_name(each) for each in answer["task_instances"]], answer["total_entries"]) == (
        ["mapped.pages[1]", "third.transform"],
        3,
    )


def test_one_instance_and_its_tries(admin: TestClient) -> None:
    load = admin.get(f"{ETL}/second/taskInstances/load").json()
    assert (load["state"], load["try_number"], load["dag_version"]["version_number"]) == ("failed", 2, 2)
    assert admin.get(f"{PAGES}/1").json()["state"] == "queued"
    assert [admin.get(f"{PAGES}{index}").status_code for index in ("", "/3")] == [404, 404]
    tries = admin.get(f"{ETL}/second/taskInstances/load/tries").json()
    assert [(each["try_number"], each["state"], each["pid"]) for each in tries["task_instances"]] == [
        (1, "failed", 4001),
        (2, "failed", 4002),
    ]
    assert admin.get(f"{ETL}/second/taskInstances/load/tries/1").json() == tries["task_instances"][0]
    assert admin.get(f"{ETL}/second/taskInstances/load/tries/3").status_code == 404
    assert admin.get(f"{PAGES}/0/tries").json()["total_entries"] == 0


def test_what_keeps_an_instance(admin: TestClient) -> None:
    found = admin.get(f"{ETL}/third/taskInstances/transform/dependencies").json()["dependencies"]
    assert "Trigger Rule" in [each["name"] for each in found]
    assert admin.get(f"{ETL}/first/taskInstances/load/dependencies").json() == {"dependencies": []}
    assert admin.get(f"{PAGES}/2/dependencies").status_code == 200


def test_marking_first_tells_and_then_does(admin: TestClient) -> None:
    body = {"new_state": "success", "include_downstream": True}
    path = f"{ETL}/third/taskInstances/transform"
    told = admin.patch(f"{path}/dry_run", json=body).json()
    assert [_name(each) for each in told["task_instances"]] == ["third.load", "third.transform"]
    assert admin.get(path).json()["state"] is None
    done = admin.patch(path, json={**body, "note": "by hand"}).json()["task_instances"]
    assert [(each["state"], each["note"]) for each in done] == [("success", "by hand")]
    assert admin.get(f"{ETL}/third/taskInstances/load").json()["state"] == "success"
    assert (
        admin.patch(f"{path}?update_mask=note", json={"new_state": "failed"}).json()["task_instances"][0]["note"]
        is None
    )
    assert admin.get(path).json()["state"] == "success"


def test_one_of_a_mapped_task_is_marked(admin: TestClient) -> None:
    assert admin.patch(f"{PAGES}/2/dry_run", json={"new_state": "failed"}).json()["total_entries"] == 1
    assert admin.patch(f"{PAGES}/2", json={"new_state": "failed"}).json()["task_instances"][0]["state"] == "failed"
    assert admin.get(f"{PAGES}/0").json()["state"] == "success"
    assert admin.patch(PAGES, json={"note": "all"}).json()["total_entries"] == 3
    assert admin.get(f"{PAGES}/1").json()["note"] == "all"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{ETL}/third/taskInstances/load", {"new_state": "running"}, 422),
        (f"{ETL}/third/taskInstances/load?update_mask=pool", {"note": "x"}, 400),
        (f"{ETL}/third/taskInstances/none", {"note": "x"}, 404),
        (f"{ETL}/third/taskGroupInstances/none", {"note": "x"}, 404),
        (f"{PAGES}/9", {"new_state": "failed"}, 404),
    ],
)
def test_what_cannot_be_patched_is_refused(admin: TestClient, path: str, body: Any, status: int) -> None:
    assert admin.patch(path, json=body).status_code == status


def test_an_instance_is_deleted_after_the_end_of_its_run(admin: TestClient) -> None:
    assert admin.delete(f"{ETL}/third/taskInstances/load").status_code == 409
    assert admin.delete(f"{ETL}/second/taskInstances/load").status_code == 204
    assert admin.get(f"{ETL}/second/taskInstances/load/tries").json()["total_entries"] == 0
    assert admin.delete(f"{ETL}/second/taskInstances/load").status_code == 404


# --- logs --------------------------------------------------------------------------------------------------------------

LOG = f"{ETL}/third/taskInstances/extract/logs/1"


@pytest.fixture
def log(site: Site, tmp_path: Path) -> Path:
    """The log of the try that runs."""
    path = tmp_path / "site-0" / "logs" / "extract.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    made = site.store.tries.of_instance(3, "extract")[0]
    values = {name: getattr(made, name) for name in TryRecord.__struct_fields__}
    run = site.store.runs.by_key(3)
    assert run is not None
    second = TryRecord(**{**values, "try_id": "with-log", "log_path": str(path)})
    assert site.store.edit(Changes(new_tries=[second])) is None
    lines = [
        {"timestamp": "2025-01-10T09:00:00.5Z", "level": "info", "event": "Hello", "rows": 3},
        {"timestamp": "odd", "level": "error", "event": "Oh no"},
    ]
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines) + b"not json\n")
    return path


def test_a_log_goes_on_where_it_ended(admin: TestClient, log: Path) -> None:
    first = admin.get(LOG).json()
    assert [each["event"] for each in first["content"]] == ["Hello", "Oh no", "not json"]
    assert (first["content"][0]["rows"], "timestamp" in first["content"][1]) == (3, False)
    token = first["continuation_token"]
    assert admin.get(LOG, params={"token": token}).json() == {"content": [], "continuation_token": token}
    with log.open("ab") as file:
        file.write(b'{"event": "More"}\n{"event": "unfin')
    more = admin.get(LOG, params={"token": token}).json()
    assert [each["event"] for each in more["content"]] == ["More"]
    whole = admin.get(LOG, params={"full_content": "true"}).json()
    assert [each["event"] for each in whole["content"]][-1] == '{"event": "unfin'
    assert admin.get(LOG, params={"token": "bG9nIC0x"}).status_code == 400


def test_a_log_as_text_and_as_lines(admin: TestClient, log: Path) -> None:
    text = admin.get(LOG, headers={"Accept": "text/plain"})
    assert text.text.splitlines()[0].endswith("INFO - Hello rows=3")
    assert text.headers["airflow-continuation-token"]
    lines = admin.get(LOG, headers={"Accept": "application/x-ndjson"})
    assert [json.loads(line)["event"] for line in lines.text.splitlines()] == ["Hello", "Oh no", "not json"]
    assert admin.get(LOG, headers={"Accept": "image/png"}).status_code == 406
    assert admin.get(LOG, params={"full_content": "true"}, headers={"Accept": "text/plain"}).text == text.text


def test_a_log_that_is_not_there_says_why(site: Site) -> None:
    admin = site.client()
    answer = admin.get(f"{ETL}/second/taskInstances/load/logs/2").json()
    assert answer == {"content": [{"event": "No log was kept of this try."}], "continuation_token": None}
    assert admin.get(f"{ETL}/second/taskInstances/load/logs/3").status_code == 404
    assert admin.get(f"{ETL}/second/taskInstances/load/externalLogUrl/1").status_code == 400
    assert site.client("FanOnly").get(LOG).status_code == 403


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_run_that_had_ended_is_queued_again_only_when_asked(site: Site, api: str) -> None:
    body = {
        "dry_run": False,
        "dag_run_id": "first",
        "task_ids": ["load"],
        "only_failed": False,
        "reset_dag_runs": False,
    }
    client = site.client()
    states = []
    for reset in (False, True):
        answer = client.post(f"/api/{api}/dags/etl/clearTaskInstances", json={**body, "reset_dag_runs": reset})
        assert answer.status_code == 200, answer.text
        states.append(client.get("/api/v2/dags/etl/dagRuns/first").json()["state"])
    assert states == ["success", "queued"]
    cleared = client.get("/api/v2/dags/etl/dagRuns/first/taskInstances/load").json()
    assert cleared["state"] is None
