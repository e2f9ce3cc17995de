from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site, variable

V2 = "/api/v2/variables"


def test_a_value_that_is_secret_by_its_name_is_masked_in_v2_and_kept_when_the_mask_comes_back(
    site: Site, admin: TestClient
) -> None:
    assert admin.get(f"{V2}/api_token").json()["value"] == "***"
    body = {"key": "api_token", "value": "***", "description": "for the API"}
    assert admin.patch(f"{V2}/api_token", json=body).status_code == 200
    assert variable(site, "api_token").value == "s3cret-token-value"
    assert variable(site, "api_token").description == "for the API"


def test_a_secret_within_a_value_is_masked_and_kept_too(site: Site, admin: TestClient) -> None:
    admin.post(V2, json={"key": "settings", "value": {"rows": 1, "password": "hush-hush"}})
    assert admin.get(f"{V2}/settings").json()["value"] == '{"rows": 1, "password": "***"}'
    admin.patch(f"{V2}/settings", json={"key": "settings", "value": {"rows": 2, "password": "***"}})
    assert variable(site, "settings").value == '{"rows": 2, "password": "hush-hush"}'


def test_a_list_is_filtered_ordered_and_counted(admin: TestClient) -> None:
    answer = admin.get(V2, params={"variable_key_pattern": "GREET|limits", "order_by": "-key", "limit": 1}).json()
    assert [one["key"] for one in answer["variables"]] == ["limits"]
    assert answer["total_entries"] == 2
    assert admin.get(V2, params={"variable_key_prefix_pattern": "Greet"}).json()["total_entries"] == 0
    assert admin.get(V2, params={"variable_key_pattern": "gr%ng"}).json()["total_entries"] == 1


def test_a_key_may_hold_slashes_and_any_letters(admin: TestClient) -> None:
    assert admin.post(V2, json={"key": "a/b c/한글", "value": "x"}).status_code == 201
    assert admin.get(f"{V2}/a/b%20c/한글").json()["value"] == "x"
    assert admin.delete(f"{V2}/a/b%20c/한글").status_code == 204
    assert admin.delete(f"{V2}/a/b%20c/한글").status_code == 404


def test_v1_overwrites_and_v2_refuses_a_key_that_is_there(admin: TestClient) -> None:
    assert admin.post(V2, json={"key": "greeting", "value": "x"}).status_code == 409
    assert admin.post("/api/v1/variables", json={"key": "greeting", "value": "x"}).json()["value"] == "x"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{V2}/greeting", {"key": "other", "value": "x"}, 400),
        (f"{V2}/greeting?update_mask=is_encrypted", {"key": "greeting", "value": "x"}, 400),
        (f"{V2}/greeting", {"key": "greeting", "value": "x", "owner": "me"}, 422),
        (f"{V2}/none", {"key": "none", "value": "x"}, 404),
        ("/api/v1/variables/greeting", {"key": "other", "value": "x"}, 400),
        ("/api/v1/variables/greeting", {"value": None}, 400),
        ("/api/v1/variables/greeting", {"value": 5}, 400),
    ],
)
def test_a_change_that_does_not_fit_is_refused(admin: TestClient, path: str, body: Any, status: int) -> None:
    assert admin.patch(path, json=body).status_code == status


def test_a_mask_changes_what_it_names_and_nothing_else(site: Site, admin: TestClient) -> None:
    body = {"key": "greeting", "value": "bye"}
    admin.patch(f"{V2}/greeting?update_mask=description", json=body)
    assert (variable(site, "greeting").value, variable(site, "greeting").description) == ("hello", None)


def test_an_action_of_a_bulk_request_that_may_not_meet_what_is_there_does_nothing(
    site: Site, admin: TestClient
) -> None:
    actions = [
        {"action": "create", "entities": [{"key": "greeting", "value": "1"}, {"key": "new", "value": "1"}]},
        {"action": "update", "entities": [{"key": "limits", "value": "1"}, {"key": "none", "value": "1"}]},
        {"action": "delete", "entities": ["limits", {"key": "none", "value": ""}]},
    ]
    answer = admin.patch(V2, json={"actions": actions}).json()
    assert [answer[name]["success"] for name in ("create", "update", "delete")] == [[], [], []]
    assert [answer[name]["errors"][0]["status_code"] for name in ("create", "update", "delete")] == [409, 404, 404]
    assert "greeting" in answer["create"]["errors"][0]["error"]
    assert site.store.variables.keys() == ["api_token", "greeting", "limits"]


def test_a_bulk_request_skips_and_overwrites_on_request(site: Site, admin: TestClient) -> None:
    both = [{"key": "greeting", "value": "1"}, {"key": "new", "value": "1"}]
    actions = [
        {"action": "create", "entities": both, "action_on_existence": "skip"},
        {"action": "create", "entities": [{"key": "greeting", "value": "2"}], "action_on_existence": "overwrite"},
        {"action": "delete", "entities": ["limits", "none"], "action_on_non_existence": "skip"},
    ]
    answer = admin.patch(V2, json={"actions": actions}).json()
    assert answer["create"] == {"success": ["new", "greeting"], "errors": []}
    assert answer["delete"]["success"] == ["limits"]
    assert variable(site, "greeting").value == "2"


def test_what_is_done_stands_in_the_event_log_without_a_value(admin: TestClient) -> None:
    admin.post(V2, json={"key": "added", "value": "very-secret-text"})
    newest = admin.get("/api/v2/eventLogs?order_by=-id&limit=1").json()["event_logs"][0]
    assert (newest["event"], newest["owner"]) == ("variable.add", "admin")
    assert '"key": "added"' in newest["extra"] and "very-secret-text" not in newest["extra"]
