from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

V2 = "/api/v2/pools"


def test_slots_are_counted_by_what_takes_them(admin: TestClient) -> None:
    pool = admin.get(f"{V2}/default_pool").json()
    taken = {name: pool[f"{name}_slots"] for name in ("occupied", "running", "queued", "scheduled", "deferred", "open")}
    assert taken == {"occupied": 2, "running": 1, "queued": 1, "scheduled": 1, "deferred": 0, "open": 126}
    assert admin.get("/api/v1/pools/default_pool").json()["open_slots"] == 126


def test_a_pool_without_a_limit_has_minus_one_slots_open(admin: TestClient) -> None:
    assert admin.patch(f"{V2}/default_pool", json={"slots": -1}).json()["open_slots"] == -1


def test_a_pool_smaller_than_what_it_holds_has_none_open(admin: TestClient) -> None:
    assert admin.patch(f"{V2}/default_pool", json={"slots": 1}).json()["open_slots"] == 0


def test_a_pool_is_made_changed_renamed_and_deleted(admin: TestClient) -> None:
    assert admin.post(V2, json={"name": "gpu", "slots": 2, "description": "cards"}).status_code == 201
    assert admin.post(V2, json={"name": "gpu", "slots": 2}).status_code == 409
    renamed = admin.patch(f"{V2}/gpu", json={"pool": "cards", "slots": 4}).json()
    assert (renamed["name"], renamed["slots"], renamed["description"]) == ("cards", 4, "cards")
    assert admin.get(f"{V2}/gpu").status_code == 404
    assert admin.patch(f"{V2}/cards", json={"pool": "default_pool"}).status_code == 409
    assert admin.delete(f"{V2}/cards").status_code == 204


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_default_pool_stays_what_it_is(admin: TestClient, version: str) -> None:
    path = f"/api/{version}/pools/default_pool"
    assert admin.delete(path).status_code == 400
    assert admin.patch(path, json={"description": "mine"}).status_code == 400
    assert admin.patch(path, json={"include_deferred": True}).json()["include_deferred"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", V2, {"name": "p", "slots": -2}, 422),
        ("POST", V2, {"name": "p", "slots": 2**40}, 422),
        ("POST", V2, {"name": "", "slots": 1}, 422),
        ("POST", "/api/v1/pools", {"name": "p"}, 400),
        ("POST", "/api/v1/pools", {"name": "p", "slots": 1, "open_slots": 1}, 400),
        ("PATCH", f"{V2}/none", {"slots": 1}, 404),
        ("PATCH", "/api/v1/pools/default_pool?update_mask=open_slots", {"slots": 1}, 400),
    ],
)
def test_what_no_pool_can_be_is_refused(admin: TestClient, method: str, path: str, body: Any, status: int) -> None:
    assert admin.request(method, path, json=body).status_code == status
