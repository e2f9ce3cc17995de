"""What somebody tries who is not welcome: each route that changes something from another site, each name as a path, a session
known before the login, and what the server says aloud while it holds secrets."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.home import Home
from tests.server.site import Site
from tradewind.core.changes import Changes, TryUpdate
from tradewind.server.access import operations_of
from tradewind.server.app import make_apis, make_app
from tradewind.server.login import COOKIE, TOKEN_COOKIE, Login
from tradewind.services.dag_lists import file_token
from tradewind.services.users import create_user

PASSWORD = "correct horse battery"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN = frozenset({"log_in"})
"""Asks for a password itself, so that a cookie gives nothing away."""


@pytest.fixture
def browser(site: Site) -> TestClient:
    """A browser in front of the real login; root may do everything."""
    create_user(
        site.services, username="root", email="r@x", first_name="", last_name="", roles=["Admin"], password=PASSWORD
    )
    return TestClient(make_app(site.services), base_url="http://localhost", follow_redirects=False)


def log_in(browser: TestClient) -> str:
    """The page's token."""
    answer = browser.post("/ui/session", json={"username": "root", "password": PASSWORD})
    assert answer.status_code == 200
    return str(answer.json()["csrf_token"])


def routes(site: Site) -> list[APIRoute]:
    apis = make_apis(site.services, lambda request, services: None, Login())
    return [route for api in apis for route in operations_of(api)]


def path_of(route: APIRoute) -> str:
    places = {"dag_id": "etl", "dag_run_id": "second", "run_id": "second", "task_id": "extract", "map_index": "-1"}
    places |= {"variable_key": "greeting", "connection_id": "site", "pool_name": "default_pool", "username": "root"}
    places |= {"role_name": "Op", "name": "Op", "key": "return_value", "xcom_key": "return_value"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: places.get(found[1], "1"), route.path)


# --- another site's page, with the cookies of ours ---------------------------------------------------------------------


@pytest.mark.parametrize("cookie", [COOKIE, TOKEN_COOKIE])
def test_no_route_changes_anything_by_a_cookie_alone(site: Site, browser: TestClient, cookie: str) -> None:
    if cookie == COOKIE:
        log_in(browser)
    else:
        token = browser.post("/auth/token", json={"username": "root", "password": PASSWORD}).json()["access_token"]
        browser.cookies.set(TOKEN_COOKIE, token)
    assert browser.get("/ui/dags").status_code == 200
    before = site.store.outbox.last_seq()
    let_in: list[Any] = []
    asked = 0
    for route in routes(site):
        for method in sorted(set(route.methods or ()) - SAFE):
            # JSON, and what a form of another site can send without being asked whether it may.
            for token, body in ((None, {"data": {"a": "b"}}), ("guessed", {"json": {}})):
                asked += 1
                headers = {} if token is None else {"X-CSRF-Token": token}
                sent: dict[str, Any] = {} if method == "DELETE" else body
                answer = browser.request(method, path_of(route), headers=headers, **sent)
                refused = answer.status_code == 403 and "X-CSRF-Token" in answer.text
                if not refused and route.operation_id not in OPEN:
                    let_in.append((method, route.path, token, answer.status_code))
    assert asked > 200
    assert not let_in
    assert site.store.outbox.last_seq() == before
    assert browser.get("/ui/dags").status_code == 200


def test_looking_changes_nothing(site: Site, browser: TestClient) -> None:
    """Links and pictures of other sites send GET with the cookie of a navigation: no GET of an API may act."""
    log_in(browser)
    before = site.store.outbox.last_seq()
    acting: list[str] = []
    for route in routes(site):
        if "GET" not in (route.methods or ()) or route.operation_id in ("stream", "logout"):
            continue
        browser.get(path_of(route))
        if site.store.outbox.last_seq() != before:
            acting.append(route.path)
            before = site.store.outbox.last_seq()
    assert not acting


# --- sessions ----------------------------------------------------------------------------------------------------------


def test_every_login_gives_a_session_and_a_page_token_of_its_own(browser: TestClient) -> None:
    """Whoever knew either before the login knows neither afterwards."""
    seen: set[str] = set()
    for _ in range(3):
        browser.headers["X-CSRF-Token"] = log_in(browser)
        seen |= {browser.headers["X-CSRF-Token"], browser.cookies[COOKIE]}
    assert len(seen) == 6


def test_a_page_token_belongs_to_one_session(site: Site, browser: TestClient) -> None:
    other = TestClient(make_app(site.services), base_url="http://localhost", follow_redirects=False)
    stolen = log_in(other)
    log_in(browser)
    pause = {"dag_ids": ["etl"], "is_paused": True}
    assert browser.patch("/ui/dags", json=pause, headers={"X-CSRF-Token": stolen}).status_code == 403
    assert other.patch("/ui/dags", json=pause, headers={"X-CSRF-Token": stolen}).status_code == 200


def test_the_store_cannot_be_read_to_get_a_session(site: Site, browser: TestClient) -> None:
    """A copy of the database lets nobody in: it has neither the cookie nor anything that could be sent as one."""
    log_in(browser)
    (kept,) = site.store.logins.of_user("root")
    assert browser.cookies[COOKIE] not in repr(kept)
    thief = TestClient(make_app(site.services), base_url="http://localhost")
    for value in (str(getattr(kept, name)) for name in kept.__struct_fields__):
        thief.cookies.set(COOKIE, re.sub(r"[^\x21-\x7e]|[;,\\\" ]", "", value))
        assert thief.get("/ui/dags").status_code == 401


# --- names as paths ----------------------------------------------------------------------------------------------------

SECRET = "the secret of the machine"
UP = [
    "../",
    "..\\",
    "..%2f",
    "..%5c",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..%c0%af",
    "..;/",
    "....//",
    "%u2215..",
]


def outside_of(folder: Path) -> list[str]:
    """Ways to say `secret.txt` beside or above the folder, and absolutely."""
    ways = [f"{up * depth}secret.txt" for up in UP for depth in range(1, 7)]
    ways += [f"a/{way}" for way in ways[:6]]
    place = str(folder / "secret.txt")
    return [*ways, place, quote(place, safe=""), "/" + place, "file://" + place, "secret.txt%00.js", "~/secret.txt"]


def test_no_route_of_files_leads_out_of_its_folder(site: Site, browser: TestClient) -> None:
    folder = Path(site.services.conf.get("logging", "base_log_folder")).parent
    for place in (folder, folder.parent, folder.parent.parent):
        (place / "secret.txt").write_text(SECRET)
    token = log_in(browser)
    run = "/dags/etl/dagRuns/second/taskInstances"
    told: list[str] = []
    for way in outside_of(folder):
        for path in (
            f"/assets/{way}",
            f"/{way}",
            f"/static/{way}",
            f"/api/v1/dagSources/{way}",
            f"/api/v2/dagSources/{way}",
            f"/api/v1{run}/{way}/logs/1",
            f"/api/v2{run}/{way}/logs/1",
            f"/api/v1{run}/load/logs/{way}",
            f"/api/v2{run}/load/logs/1?token={way}",
            f"/ui/dags/etl/runs/{way}/tasks/load/log",
            f"/ui/dags/etl/runs/second/tasks/{way}/log/download",
            f"/ui/dags/{way}/code",
        ):
            answer = browser.get(path, headers={"X-CSRF-Token": token})
            assert answer.status_code < 500, path
            if SECRET in answer.text:
                told.append(path)
    assert not told


LOGS = [
    "/api/v1/dags/etl/dagRuns/second/taskInstances/load/logs/1",
    "/api/v1/dags/etl/dagRuns/second/taskInstances/load/logs/1?full_content=true",
    "/api/v2/dags/etl/dagRuns/second/taskInstances/load/logs/1",
    "/ui/dags/etl/runs/second/tasks/load/log?try_number=1",
    "/ui/dags/etl/runs/second/tasks/load/log/search?try_number=1&q=secret",
    "/ui/dags/etl/runs/second/tasks/load/log/download?try_number=1",
    "/ui/dags/etl/runs/second/tasks/load/log/download?try_number=1&raw=true",
]


@pytest.mark.parametrize("accept", ["application/json", "text/plain", "*/*"])
def test_the_row_of_a_try_cannot_name_any_file(site: Site, admin: TestClient, tmp_path: Path, accept: str) -> None:
    """A run id with dots in it made the path, or a task left a link in place of its log."""
    logs = Path(site.services.conf.get("logging", "base_log_folder"))
    logs.mkdir(parents=True, exist_ok=True)
    secret = logs.parent / "airflow-secret.cfg"
    secret.write_text(SECRET + "\n")
    beside = logs.parent / (logs.name + "-of-others")
    beside.mkdir()
    (beside / "secret.log").write_text(SECRET + "\n")
    os.symlink(secret, logs / "link.log")
    os.symlink(logs.parent, logs / "folder")
    for path in (
        secret,
        logs / ".." / secret.name,
        logs / "link.log",
        logs / "folder" / secret.name,
        beside / "secret.log",
    ):
        moved = TryUpdate("second-load-1", {"log_path": str(path)})
        assert site.store.edit(Changes(try_updates=[moved])) is None
        for log in LOGS:
            answer = admin.get(log, headers={"Accept": accept})
            assert answer.status_code in (200, 404, 406), f"{log}: {answer.text}"
            assert SECRET not in answer.text, f"{log} gave {path}"


def test_a_file_token_names_a_file_of_a_dag_and_nothing_else(site: Site, admin: TestClient) -> None:
    passwd = file_token("/etc/passwd")
    for api in ("v1", "v2"):
        assert admin.get(f"/api/{api}/dagSources/{passwd}").status_code == 404
        assert admin.put(f"/api/{api}/parseDagFile/{passwd}").status_code in (404, 501)


# --- what the server says ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_servers_output_holds_no_secret(tmp_path: Path) -> None:
    """Also when a request goes wrong in the middle, with the secret in the statement."""
    home = Home(tmp_path, settings={"AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG"})
    home.run("db", "init")
    home.run(
        "users", "create", "--username", "root", "--password", PASSWORD, "--firstname", "a", "--lastname", "b",
        "--role", "Admin", "--email", "r@example.com",
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    secrets = [PASSWORD, "c0nnection-s3cret", "v4riable-s3cret", "extra-s3cret", "wr0ng-s3cret"]
    with home.running("webserver", "--hostname", "127.0.0.1", "--port", str(port)):
        home.wait_for(lambda: "Web server is running" in (tmp_path / "webserver.out").read_text())
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wrong = client.post("/auth/token", json={"username": "root", "password": secrets[4]})
            assert wrong.status_code == 401
            token = client.post("/auth/token", json={"username": "root", "password": PASSWORD}).json()["access_token"]
            secrets.append(token)
            client.headers["Authorization"] = f"Bearer {token}"
            connection = {
                "connection_id": "c", "conn_type": "http", "password": secrets[1], "extra": f'{{"api_key": "{secrets[3]}"}}',
            }  # fmt: skip
            assert client.post("/api/v2/connections", json=connection).status_code == 201
            assert client.post("/api/v2/variables", json={"key": "api_token", "value": secrets[2]}).status_code == 201
            assert client.post("/api/v2/variables", json={"key": "api_token", "value": secrets[2]}).status_code == 409
            assert client.post("/api/v2/variables", json={"key": 1, "value": [secrets[2]]}).status_code == 422
            _break(tmp_path)
            broken = [
                client.post("/api/v2/variables", json={"key": "api_token2", "value": secrets[2]}),
                client.patch("/api/v2/connections/c", json={**connection, "host": "h"}),
            ]
            assert {answer.status_code for answer in broken} <= {500, 503}
            for answer in broken:
                assert not [secret for secret in secrets if secret in answer.text]
    said = (tmp_path / "webserver.out").read_text()
    logged = "".join(path.read_text() for path in (tmp_path / "logs").rglob("*") if path.is_file())
    assert not [secret for secret in secrets if secret in said + logged]


def _break(home: Path) -> None:
    """The database loses its tables under the server."""
    database = sqlite3.connect(home / "airflow.db", isolation_level=None)
    for table in ("variable", "connection"):
        database.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    database.close()


@pytest.mark.parametrize("role", ["Viewer", "User", "Op", "Admin"])
def test_what_a_role_may_not_read_is_refused_not_masked(site: Site, role: str) -> None:
    """Variables and connections are for Op and Admin; a mask shows that there is something, and its name."""
    client = site.client(role)
    may = role in ("Op", "Admin")
    for path in ("variables", "variables/api_token", "connections", "connections/warehouse"):
        for base in ("/api/v1", "/api/v2", "/ui"):
            answer = client.get(f"{base}/{path}")
            if answer.status_code in (404, 405):
                continue
            assert answer.status_code == (200 if may else 403), f"{base}/{path}"
            if not may:
                assert "api_token" not in answer.text and "db.example.com" not in answer.text
