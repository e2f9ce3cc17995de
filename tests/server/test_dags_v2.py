"""DAGs in /api/v2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.core.records import UserRecord

DAGS = "/api/v2/dags"


def _ids(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"{DAGS}?{query}")
    assert answer.status_code == 200, answer.text
    return [dag["dag_id"] for dag in answer.json()["dags"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["etl", "fan", "quiet"]),
        ("limit=1&offset=1", ["fan"]),
        ("order_by=-dag_id", ["quiet", "fan", "etl"]),
        ("order_by=-last_run_start_date&order_by=dag_id", ["fan", "etl", "quiet"]),
        ("tags=web", ["fan"]),
        ("tags=nightly&tags=web", ["etl", "fan"]),
        ("tags=nightly&tags=web&tags_match_mode=all", []),
        ("tags=nightly&tags=warehouse&tags_match_mode=all", ["etl"]),
        ("owners=ben", ["fan"]),
        ("dag_id_pattern=E%25L", ["etl"]),
        ("dag_id_pattern=~", ["etl", "fan", "quiet"]),
        ("dag_id_prefix_pattern=qu", ["quiet"]),
        ("dag_display_name_pattern=a", ["fan"]),
        ("paused=true", ["quiet"]),
        ("has_import_errors=true", ["etl"]),
        ("last_dag_run_state=running", ["etl", "fan"]),
        ("dag_run_state=success", []),
        ("dag_run_start_date_gte=2025-01-10T00:00:00Z", ["fan"]),
        ("dag_run_end_date_lte=2030-01-01T00:00:00Z", []),
        ("bundle_name=other", []),
        ("has_asset_schedule=true", []),
    ],
)
def test_a_list_has_what_matches(admin: TestClient, query: str, found: list[str]) -> None:
    assert _ids(admin, query) == found


@pytest.mark.parametrize(
    ("query", "status"), [("order_by=secret", 400), ("limit=-1", 422), ("last_dag_run_state=odd", 422)]
)
def test_what_no_list_can_be_asked_is_refused(admin: TestClient, query: str, status: int) -> None:
    assert admin.get(f"{DAGS}?{query}").status_code == status


def test_who_reads_one_dag_sees_this_one(site: Site) -> None:
    client = site.client("FanOnly")
    assert _ids(client, "") == ["fan"]
    assert client.get(f"{DAGS}/etl").status_code == 403


def test_details(admin: TestClient) -> None:
    dag = admin.get(f"{DAGS}/etl/details").json()
    assert dag["latest_dag_version"]["version_number"] == 2
    assert (dag["active_runs_count"], dag["doc_md"], dag["timetable_summary"]) == (1, "# etl", "0 6 * * *")
    assert admin.get(f"{DAGS}/elt/details").status_code == 404


def test_a_dag_is_paused_and_runs_again(admin: TestClient) -> None:
    assert admin.patch(f"{DAGS}/etl", json={"is_paused": True}).json()["is_paused"] is True
    assert _ids(admin, "paused=true") == ["etl", "quiet"]
    assert admin.patch(f"{DAGS}/etl?update_mask=is_paused", json={"is_paused": False}).json()["is_paused"] is False


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", {}, 422),
        ("", {"is_paused": True, "tags": []}, 422),
        ("?update_mask=tags", {"is_paused": True}, 400),
    ],
)
def test_nothing_but_pausing_can_be_patched(admin: TestClient, query: str, body: Any, status: int) -> None:
    assert admin.patch(f"{DAGS}/etl{query}", json=body).status_code == status


def test_many_are_paused_as_far_as_the_caller_may(site: Site) -> None:
    client = site.client("FanOnly")
    answer = client.patch(f"{DAGS}?dag_id_pattern=~", json={"is_paused": True}).json()
    assert [dag["dag_id"] for dag in answer["dags"]] == ["fan"]
    assert _ids(site.client(), "paused=false") == ["etl"]


def test_favourites_are_the_callers(site: Site) -> None:
    for name in ("admin", "viewer"):
        account = UserRecord(username=name, email=name, first_name="", last_name="", roles=(), password_hash="")
        site.store.users.create(account)
    admin, viewer = site.client(), site.client("Viewer")
    assert admin.post(f"{DAGS}/fan/favorite").status_code == 204
    assert (_ids(admin, "is_favorite=true"), _ids(viewer, "is_favorite=true")) == (["fan"], [])
    assert admin.post(f"{DAGS}/fan/unfavorite").status_code == 204
    assert _ids(admin, "is_favorite=true") == []
    assert admin.post(f"{DAGS}/none/favorite").status_code == 404
    assert site.client("Op").post(f"{DAGS}/fan/favorite").status_code == 404


def test_a_dag_is_deleted_with_its_history_unless_it_runs(admin: TestClient) -> None:
    assert admin.delete(f"{DAGS}/etl").status_code == 409
    assert admin.delete(f"{DAGS}/quiet").status_code == 204
    assert admin.delete(f"{DAGS}/quiet").status_code == 404


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_viewer_changes_nothing(site: Site, method: str) -> None:
    call: Callable[..., Any] = site.client("Viewer").request
    assert call(method, f"{DAGS}/quiet", json={"is_paused": False}).status_code == 403
