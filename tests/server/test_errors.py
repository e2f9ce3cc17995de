"""Errors in the shape of each API: nothing there, not this method, not this body, and a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.server.errors import tells_details, tells_problems

CASES = [
    ("GET", "/nowhere", None, 404),
    ("GET", "/dags/none", None, 404),
    ("PUT", "/dags/etl", {}, 405),
    ("POST", "/pools", {"name": 7}, 422),
    ("GET", "/dags?limit=many", None, 422),
    ("DELETE", "/pools/default_pool", None, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), CASES)
def test_v1_answers_with_problem_documents(admin: TestClient, method: str, path: str, body: Any, status: int) -> None:
    answer = admin.request(method, f"/api/v1{path}", json=body)
    # Airflow 2 calls a body that does not fit a bad request.
    expected = 400 if status == 422 else status
    assert answer.status_code == expected
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == expected and isinstance(told["detail"], str) and told["detail"]


@pytest.mark.parametrize(("method", "path", "body", "status"), CASES)
def test_v2_answers_with_a_detail(admin: TestClient, method: str, path: str, body: Any, status: int) -> None:
    answer = admin.request(method, f"/api/v2{path}", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    (detail,) = answer.json().values()
    assert answer.json().keys() == {"detail"}
    if status == 422:
        assert all({"loc", "msg", "type"} <= set(place) for place in detail)
    else:
        assert isinstance(detail, str) and detail


@pytest.mark.parametrize("tells", [tells_problems, tells_details])
@pytest.mark.parametrize("with_trace", [False, True])
def test_a_fault_of_the_server_says_where_only_when_it_may(tells: Callable[..., None], with_trace: bool) -> None:
    app = FastAPI()
    tells(app, with_trace=with_trace)

    @app.get("/")
    def fail() -> None:
        raise RuntimeError("in the depths")

    answer = TestClient(app, raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert "RuntimeError" in answer.json()["detail"]
    assert ("in the depths" in answer.text) is with_trace
    assert (__file__ in answer.json()["detail"]) is with_trace


ORIGIN = {"Origin": "https://console.example.com"}
ASKS = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


def test_pages_of_other_origins_are_let_in_by_name_only(make_site: Callable[..., Site]) -> None:
    site = make_site(AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS="https://console.example.com https://other.example.com")
    client = site.client()
    answer = client.get("/api/v2/pools", headers=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    # No cookie: what a browser adds by itself stays with our own pages.
    assert "access-control-allow-credentials" not in answer.headers
    asked = client.options("/api/v1/dags/etl", headers={**ORIGIN, **ASKS})
    assert asked.status_code == 200 and "PATCH" in asked.headers["access-control-allow-methods"]
    stranger = {"Origin": "https://evil.example.com"}
    assert "access-control-allow-origin" not in client.get("/api/v2/pools", headers=stranger).headers
    assert client.options("/api/v1/dags/etl", headers={**stranger, **ASKS}).status_code == 400
    assert "access-control-allow-origin" not in client.get("/ui/dags", headers=ORIGIN).headers


def test_without_the_option_no_other_origin_is_let_in(admin: TestClient) -> None:
    assert "access-control-allow-origin" not in admin.get("/api/v2/pools", headers=ORIGIN).headers
    assert admin.options("/api/v1/dags/etl", headers={**ORIGIN, **ASKS}).status_code == 405
