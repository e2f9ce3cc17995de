"""Behind a proxy: its headers count when it is said to be there, and only the part that it wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from tests.server.site import Site
from tradewind.server.app import make_app
from tradewind.server.behind_proxy import BehindProxy, Proxies
from tradewind.server.login import COOKIE
from tradewind.services.users import create_user

SEEN = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "flows.example.com",
    "X-Forwarded-Prefix": "/team/flows",
}
LOGIN = {"username": "alice", "password": "correct horse"}


@pytest.fixture
def behind(make_site: Callable[..., Site]) -> Callable[..., TestClient]:
    def make(**options: str) -> TestClient:
        site = make_site(**{f"AIRFLOW__FAB__{name.upper()}": value for name, value in options.items()})
        create_user(
            site.services, username="alice", email="a@x", first_name="", last_name="", roles=["Admin"],
            password=LOGIN["password"],
        )  # fmt: skip
        return TestClient(make_app(site.services), base_url="http://10.0.0.1:8080", follow_redirects=False)

    return make


def login(client: TestClient, headers: dict[str, str]) -> tuple[str, str]:
    """Set-Cookie, and the address that the audit log has."""
    answer = client.post("/ui/session", json=LOGIN, headers=headers)
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"]
    found = re.search(f"{COOKIE}=([^;]+)", cookie)
    assert found is not None
    client.cookies.clear()
    entries = client.get("/ui/audit", headers={"Cookie": f"{COOKIE}={found[1]}"}).json()["entries"]
    return cookie.lower(), entries[0]["address"]


def test_cookies_and_addresses_are_those_of_the_outside(behind: Callable[..., TestClient]) -> None:
    client = behind(enable_proxy_fix="True")
    cookie, address = login(client, SEEN)
    assert "path=/team/flows;" in cookie + ";" and "secure" in cookie and address == "203.0.113.9"
    assert client.get("/auth/login?next=/dags/etl", headers=SEEN).headers["location"] == (
        "/team/flows/login?next=/dags/etl"
    )
    assert client.get("/openapi.json", headers=SEEN).headers["location"] == "/team/flows/api/v2/openapi.json"


@pytest.mark.parametrize("prefix", ["/ui", "/api/v1", "/dags", "/team"])
def test_a_prefix_may_look_like_a_path_of_ours(behind: Callable[..., TestClient], prefix: str) -> None:
    client = behind(enable_proxy_fix="True")
    headers = {**SEEN, "X-Forwarded-Prefix": prefix}
    assert client.get("/ui/session", headers=headers).json()["user"] is None
    assert client.get("/api/v1/health", headers=headers).status_code == 200
    assert client.get("/api/v2/version", headers=headers).status_code == 200
    assert client.get("/health", headers=headers).status_code == 200


def test_nobody_is_believed_unless_a_proxy_is_said_to_be_there(behind: Callable[..., TestClient]) -> None:
    cookie, address = login(behind(), SEEN)
    assert "path=/;" in cookie + ";" and "secure" not in cookie and address == "testclient"


def test_what_the_caller_wrote_himself_does_not_count(behind: Callable[..., TestClient]) -> None:
    client = behind(enable_proxy_fix="True")
    forged = {**SEEN, "X-Forwarded-For": "1.2.3.4, 203.0.113.9"}
    assert login(client, forged)[1] == "203.0.113.9"


def test_of_two_proxies_the_outer_one_is_asked(behind: Callable[..., TestClient]) -> None:
    client = behind(enable_proxy_fix="True", proxy_fix_x_for="2")
    assert login(client, {"X-Forwarded-For": "1.2.3.4, 203.0.113.9, 10.0.0.2"})[1] == "203.0.113.9"
    assert login(client, {"X-Forwarded-For": "1.2.3.4"})[1] == "testclient"


def test_a_header_may_be_left_out(behind: Callable[..., TestClient]) -> None:
    client = behind(enable_proxy_fix="True", proxy_fix_x_for="0", proxy_fix_x_prefix="0")
    cookie, address = login(client, SEEN)
    assert "path=/;" in cookie + ";" and "secure" in cookie and address == "testclient"


@pytest.mark.parametrize("prefix", ["//evil.example", "/a\\b", "javascript:x", "/a b", "/a?b", "/..;/x"])
def test_a_prefix_that_is_none_is_left_out(behind: Callable[..., TestClient], prefix: str) -> None:
    client = behind(enable_proxy_fix="True")
    location = client.get("/auth/login", headers={**SEEN, "X-Forwarded-Prefix": prefix}).headers["location"]
    assert location == "/login"


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({}, "http://10.0.0.1:8080"),
        ({"X-Forwarded-Host": "flows.example.com"}, "http://flows.example.com"),
        ({"X-Forwarded-Host": "flows.example.com", "X-Forwarded-Port": "8443"}, "http://flows.example.com:8443"),
        (
            {"X-Forwarded-Host": "flows.example.com:1", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"},
            "https://flows.example.com",
        ),
        ({"X-Forwarded-Port": "9000"}, "http://10.0.0.1:9000"),
        ({"X-Forwarded-Host": "evil.example/x?", "X-Forwarded-Proto": "gopher"}, "http://10.0.0.1:8080"),
    ],
)
def test_the_address_is_put_together_from_what_is_told(headers: dict[str, str], base: str) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(str(Request(scope).base_url).rstrip("/"))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    TestClient(BehindProxy(app, Proxies()), base_url="http://10.0.0.1:8080").get("/", headers=headers)
    assert seen == [base]
