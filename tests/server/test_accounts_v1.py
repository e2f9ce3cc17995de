from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.core.permissions import BUILT_IN_ROLES
from tradewind.services.users import password_matches

ANNA = {"username": "anna", "email": "anna@x.org", "first_name": "Anna", "last_name": "A", "password": "correct horse"}


@pytest.fixture
def with_anna(admin: TestClient) -> TestClient:
    assert admin.post("/api/v1/users", json={**ANNA, "roles": [{"name": "Viewer"}]}).status_code == 200
    return admin


def test_a_user_is_made_and_his_password_is_in_no_answer(site: Site, admin: TestClient) -> None:
    made = admin.post("/api/v1/users", json=ANNA)
    assert made.json()["roles"] == [{"name": "Public"}]
    assert ANNA["password"] not in made.text and "password" not in made.json()
    stored = site.store.users.get("anna")
    assert stored is not None and password_matches(ANNA["password"], stored.password_hash)
    assert stored.password_hash not in admin.get("/api/v1/users").text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 409),
        ({"username": "other"}, 409),
        ({"username": "b", "email": "b@x.org", "roles": [{"name": "King"}]}, 404),
        ({"username": "b", "email": "b@x.org", "password": ""}, 400),
        ({"username": "b", "email": "b@x.org", "active": False}, 400),
    ],
)
def test_a_user_who_cannot_be_is_refused(with_anna: TestClient, change: Any, status: int) -> None:
    assert with_anna.post("/api/v1/users", json={**ANNA, **change}).status_code == status


def test_a_user_is_changed_by_what_the_mask_names(site: Site, with_anna: TestClient) -> None:
    changed = with_anna.patch(
        "/api/v1/users/anna?update_mask=roles,first_name",
        json={"first_name": "Ann", "email": "new@x.org", "roles": [{"name": "Op"}, {"name": "Viewer"}]},
    ).json()
    assert (changed["first_name"], changed["email"]) == ("Ann", "anna@x.org")
    assert [role["name"] for role in changed["roles"]] == ["Op", "Viewer"]
    assert with_anna.patch("/api/v1/users/anna", json={"password": "battery"}).status_code == 200
    stored = site.store.users.get("anna")
    assert stored is not None and password_matches("battery", stored.password_hash)
    assert with_anna.patch("/api/v1/users/anna", json={"username": "hanna"}).status_code == 400
    with_anna.post("/api/v1/users", json={**ANNA, "username": "ben", "email": "ben@x.org"})
    assert with_anna.patch("/api/v1/users/ben", json={"email": "anna@x.org"}).status_code == 409


def test_users_are_listed_in_order_and_deleted(with_anna: TestClient) -> None:
    with_anna.post("/api/v1/users", json={**ANNA, "username": "ben", "email": "a@x.org"})
    listed = with_anna.get("/api/v1/users?order_by=-email&limit=1").json()
    assert [user["username"] for user in listed["users"]] == ["anna"] and listed["total_entries"] == 2
    assert with_anna.delete("/api/v1/users/anna").status_code == 204
    assert with_anna.get("/api/v1/users/anna").status_code == 404


def test_roles_say_what_they_may_do(admin: TestClient) -> None:
    assert [role["name"] for role in admin.get("/api/v1/roles").json()["roles"]] == list(BUILT_IN_ROLES)
    viewer = admin.get("/api/v1/roles/Viewer").json()
    assert {"action": {"name": "can_read"}, "resource": {"name": "DAGs"}} in viewer["actions"]
    assert admin.get("/api/v1/roles/King").status_code == 404
    assert "can_delete" in [action["name"] for action in admin.get("/api/v1/permissions").json()["actions"]]


def test_a_role_is_made_changed_renamed_and_deleted(admin: TestClient) -> None:
    def action(name: str, resource: str) -> dict[str, Any]:
        return {"action": {"name": name}, "resource": {"name": resource}}

    read = action("can_read", "Variables")
    assert admin.post("/api/v1/roles", json={"name": "Team", "actions": [read]}).json()["actions"] == [read]
    assert admin.post("/api/v1/roles", json={"name": "Team"}).status_code == 409
    assert admin.post("/api/v1/roles", json={"name": "B", "actions": [action("can_fly", "X")]}).status_code == 400
    renamed = admin.patch("/api/v1/roles/Team?update_mask=name", json={"name": "Crew", "actions": []}).json()
    assert (renamed["name"], renamed["actions"]) == ("Crew", [read])
    edit = action("can_edit", "DAG:etl")
    assert admin.patch("/api/v1/roles/Crew", json={"actions": [edit]}).json()["actions"] == [edit]
    assert admin.delete("/api/v1/roles/Crew").status_code == 204
    assert admin.delete("/api/v1/roles/Crew").status_code == 404
    assert admin.delete("/api/v1/roles/Admin").status_code == 400
    assert admin.patch("/api/v1/roles/Viewer", json={"actions": [read]}).status_code == 400


@pytest.mark.parametrize("path", ["users", "roles", "permissions"])
def test_accounts_are_for_administrators(site: Site, path: str) -> None:
    assert site.client("Op").get(f"/api/v1/{path}").status_code == 403
