"""DAG runs in /api/v2."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site, serving

DAGS = "/api/v2/dags"
RUNS = f"{DAGS}/etl/dagRuns"


def _ids(client: TestClient, query: str, dag_id: str = "~") -> list[str]:
    answer = client.get(f"{DAGS}/{dag_id}/dagRuns?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["total_entries"] >= len(answer.json()["dag_runs"])
    return [run["dag_run_id"] for run in answer.json()["dag_runs"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["first", "second", "third", "mapped"]),
        ("limit=2&offset=1", ["second", "third"]),
        ("order_by=-id", ["mapped", "third", "second", "first"]),
        ("order_by=state&order_by=-run_after", ["second", "mapped", "third", "first"]),
        ("state=failed&state=success", ["first", "second"]),
        ("state=running", ["third", "mapped"]),
        ("run_type=scheduled", ["first", "second"]),
        ("run_type=asset_materialization", []),
        ("run_after_gte=2025-01-09T09:00:00Z", ["third", "mapped"]),
        ("run_after_gt=2025-01-09T09:00:00Z", ["mapped"]),
        ("logical_date_lte=2025-01-07T09:00:00Z", ["first", "second"]),
        ("start_date_lt=2025-01-08T09:00:00Z", ["first"]),
        ("end_date_gte=2025-01-08T00:00:00Z", ["second"]),
        ("duration_gte=300", ["first", "second"]),
        ("duration_gt=300", []),
        ("updated_at_gte=2025-01-09T00:00:00Z", ["third", "mapped"]),
        ("conf_contains=eu", ["third"]),
        ("conf_contains=%25", []),
        ("dag_version=2", ["first", "second", "third"]),
        ("run_id_pattern=IR", ["first", "third"]),
        ("run_id_prefix_pattern=se", ["second"]),
        ("dag_id_pattern=fan", ["mapped"]),
        ("triggering_user_name_pattern=test", ["third"]),
        ("partition_key_pattern=x", []),
    ],
)
def test_a_list_has_what_matches(admin: TestClient, query: str, found: list[str]) -> None:
    assert _ids(admin, query) == found


def test_a_list_of_one_dag_and_one_by_cursors(admin: TestClient) -> None:
    assert _ids(admin, "", "fan") == ["mapped"]
    assert admin.get(f"{DAGS}/none/dagRuns").status_code == 404
    cursor, seen = "", []
    while cursor is not None:
        answer = admin.get(f"{RUNS}?limit=2&cursor={cursor}").json()
        assert answer["total_entries"] is None
        seen += [run["dag_run_id"] for run in answer["dag_runs"]]
        cursor = answer["next_cursor"]
    assert seen == ["first", "second", "third"]
    assert admin.get(f"{RUNS}?cursor=odd").status_code == 400


def test_a_batch_and_what_one_may_see(site: Site) -> None:
    body = {"dag_ids": ["fan", "etl"], "states": ["running", None], "order_by": "-id", "page_limit": 1}
    answer = site.client().post(f"{DAGS}/~/dagRuns/list", json=body).json()
    assert ([run["dag_run_id"] for run in answer["dag_runs"]], answer["total_entries"]) == (["mapped"], 2)
    assert site.client().post(f"{RUNS}/list", json={}).status_code == 422
    limited = site.client("FanOnly")
    assert _ids(limited, "") == ["mapped"]
    assert limited.post(f"{DAGS}/~/dagRuns/list", json={}).json()["total_entries"] == 1
    assert limited.get(f"{RUNS}/first").status_code == 403


def test_a_run_is_triggered_with_what_was_said(admin: TestClient) -> None:
    body: dict[str, Any] = {
        "dag_run_id": "mine",
        "logical_date": "2025-01-01T00:00:00+01:00",
        "data_interval_start": "2024-12-01T00:00:00Z",
        "data_interval_end": "2025-01-01T00:00:00Z",
        "run_after": "2025-02-01T00:00:00Z",
        "conf": {"a": [1]},
        "note": "by hand",
    }
    run = admin.post(RUNS, json=body).json()
    assert (run["state"], run["conf"], run["note"], run["triggered_by"]) == (
        "queued",
        {"a": [1]},
        "by hand",
        "rest_api",
    )
    assert (run["logical_date"], run["run_after"]) == ("2024-12-31T23:00:00Z", "2025-02-01T00:00:00Z")
    assert (run["data_interval_start"], run["triggering_user_name"]) == ("2024-12-01T00:00:00Z", "admin")
    assert admin.get(f"{RUNS}/mine").json() == run
    assert admin.post(RUNS, json=body).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"logical_date": None, "execution_date": None}, 422),
        ({"logical_date": "2025-01-01T00:00:00"}, 422),
        ({"logical_date": None, "data_interval_start": "2025-01-01T00:00:00Z"}, 422),
        ({"logical_date": None, "partition_key": "eu"}, 400),
        ({"logical_date": None, "dag_run_id": "x" * 251}, 400),
    ],
)
def test_what_cannot_be_triggered_is_refused(admin: TestClient, body: Any, status: int) -> None:
    assert admin.post(RUNS, json=body).status_code == status
    assert admin.post(f"{DAGS}/none/dagRuns", json={"logical_date": None}).status_code == 404


def test_states_and_notes(admin: TestClient) -> None:
    assert admin.patch(f"{RUNS}/third", json={"state": "failed", "note": "enough"}).json()["note"] == "enough"
    queued = admin.patch(f"{RUNS}/third?update_mask=state", json={"state": "queued", "note": "no"}).json()
    assert (queued["state"], queued["note"], queued["end_date"]) == ("queued", "enough", None)
    assert admin.patch(f"{RUNS}/third", json={"state": "running"}).status_code == 422
    assert admin.patch(f"{RUNS}/none", json={"note": "x"}).status_code == 404


def test_a_run_is_deleted_unless_it_runs(admin: TestClient) -> None:
    assert admin.delete(f"{RUNS}/third").status_code == 409
    assert admin.delete(f"{RUNS}/first").status_code == 204
    assert admin.get(f"{RUNS}/first").status_code == 404


def test_waiting_tells_the_state_until_the_end(site: Site) -> None:
    answer = site.client().get(f"{RUNS}/first/wait?interval=5&result=extract&result=load")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert json.loads(answer.text) == {"state": "success", "results": {"extract": {"rows": 1}}}
    with site.client().stream("GET", f"{RUNS}/third/wait?interval=0.01") as stream:
        site.client().delete(f"{DAGS}/etl/dagRuns/third")
        site.client().patch(f"{RUNS}/third", json={"state": "success"})
        states = [json.loads(line)["state"] for line in stream.iter_lines()]
    assert states[-1] == "success"
    assert site.client().get(f"{RUNS}/first/wait").status_code == 422


def test_waiting_hears_of_the_end_long_before_its_interval_is_over(site: Site) -> None:
    """One day between two lines: what ends the waiting is the news."""
    with serving(site) as url:
        other = site.client()
        with httpx2.stream(
            "GET", f"{url}{RUNS}/third/wait?interval=86400", headers={"Authorization": "Role Admin"}, timeout=30
        ) as stream:
            lines = stream.iter_lines()
            assert json.loads(next(lines)) == {"state": "running"}
            assert other.patch(f"{RUNS}/third", json={"state": "failed"}).status_code == 200
            assert [json.loads(line) for line in lines] == [{"state": "failed"}]


@pytest.mark.parametrize("run_id", [".", "..", "a\nb", "a/b", ""])
def test_a_run_id_that_no_address_can_name_is_refused(admin: TestClient, run_id: str) -> None:
    answer = admin.post(RUNS, json={"dag_run_id": run_id, "logical_date": None})
    assert answer.status_code in (400, 422)
    assert "run id" in answer.text or "dag_run_id" in answer.text
