"""Logging in: with a browser, with a name and a password, with a token; and what does not let anybody in."""

from __future__ import annotations

import base64
import stat
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.server.app import make_app
from tradewind.server.auth_routes import local_path
from tradewind.server.login import COOKIE
from tradewind.services import logins
from tradewind.services.roles import update_role
from tradewind.services.tokens import KEY_FILE
from tradewind.services.users import create_user, find_user, password_matches, set_password, update_user

PASSWORD = "correct horse battery"


@pytest.fixture
def door(site: Site) -> Callable[..., TestClient]:
    """Browsers in front of the real login; alice is an Op."""
    create_user(
        site.services,
        username="alice",
        email="alice@example.com",
        first_name="Alice",
        last_name="Kim",
        roles=["Op"],
        password=PASSWORD,
    )
    app = make_app(site.services)

    def client(**options: Any) -> TestClient:
        return TestClient(app, base_url="http://localhost", follow_redirects=False, **options)

    return client


def logged_in(client: TestClient, username: str = "alice", password: str = PASSWORD) -> dict[str, Any]:
    answer = client.post("/ui/session", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return dict(answer.json())


def user_hash(site: Site, username: str) -> str:
    return find_user(site.services, username=username).password_hash


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


# --- browsers ----------------------------------------------------------------------------------------------------------


def test_a_browser_logs_in_and_is_known_from_then_on(door: Callable[..., TestClient]) -> None:
    browser = door()
    assert browser.get("/ui/session").json()["user"] is None
    assert browser.get("/ui/dags").status_code == 401
    session = logged_in(browser)
    assert session["user"]["username"] == "alice" and "can_edit on DAGs" in session["permissions"]
    assert browser.get("/ui/session").json()["user"]["email"] == "alice@example.com"
    assert browser.get("/ui/dags").status_code == 200


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(door: Callable[..., TestClient]) -> None:
    answer = door().post("/ui/session", json={"username": "alice", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie and "secure" not in cookie
    over_tls = door().post("https://localhost/ui/session", json={"username": "alice", "password": PASSWORD})
    assert "secure" in over_tls.headers["set-cookie"].lower()


def test_one_may_log_in_with_the_e_mail_address(door: Callable[..., TestClient]) -> None:
    assert logged_in(door(), "alice@example.com")["user"]["username"] == "alice"


@pytest.mark.parametrize(("username", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("alice", "")])
def test_who_it_is_not_is_not_told_why(door: Callable[..., TestClient], username: str, password: str) -> None:
    answer = door().post("/ui/session", json={"username": username, "password": password})
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("The name or the password is wrong.")
    assert "set-cookie" not in answer.headers


def test_a_session_that_was_there_before_the_login_is_not_taken_over(door: Callable[..., TestClient]) -> None:
    browser = door()
    planted = {"Cookie": f"{COOKIE}=chosen-by-the-attacker"}
    answer = browser.post("/ui/session", json={"username": "alice", "password": PASSWORD}, headers=planted)
    assert answer.status_code == 200 and browser.cookies[COOKIE] != "chosen-by-the-attacker"
    attacker = door()
    attacker.cookies.set(COOKIE, "chosen-by-the-attacker")
    assert attacker.get("/ui/dags").status_code == 401


def test_a_login_ends_the_session_that_the_browser_had(site: Site, door: Callable[..., TestClient]) -> None:
    browser = door()
    logged_in(browser)
    old = browser.cookies[COOKIE]
    logged_in(browser)
    assert browser.cookies[COOKIE] != old
    thief = door()
    thief.cookies.set(COOKIE, old)
    assert thief.get("/ui/dags").status_code == 401
    assert len(site.store.logins.of_user("alice")) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/ui/dags", {"dag_ids": ["etl"], "is_paused": True}),
        ("PATCH", "/api/v2/dags/etl", {"is_paused": True}),
        ("POST", "/api/v1/dags/etl/dagRuns", {}),
        ("DELETE", "/ui/session", None),
    ],
)
def test_what_changes_something_needs_the_token_of_the_page(
    door: Callable[..., TestClient], method: str, path: str, body: Any
) -> None:
    browser = door()
    logged_in(browser)
    for token in (None, "", "guessed"):
        browser.headers.pop("X-CSRF-Token", None)
        if token is not None:
            browser.headers["X-CSRF-Token"] = token
        answer = browser.request(method, path, json=body)
        assert answer.status_code == 403 and "X-CSRF-Token" in answer.text


@pytest.mark.parametrize("site_of_origin", ["cross-site", "same-site"])
def test_a_page_of_another_site_cannot_use_what_the_browser_adds_by_itself(
    site: Site, door: Callable[..., TestClient], site_of_origin: str
) -> None:
    update_role(site.services, "Public", ["can_read on DAGs", "can_edit on DAGs"])
    pause = {"dag_ids": ["etl"], "is_paused": True}
    foreign = {"Sec-Fetch-Site": site_of_origin}
    for credentials in ({}, basic("alice", PASSWORD)):
        refused = door().patch("/ui/dags", json=pause, headers={**credentials, **foreign})
        assert refused.status_code == 403 and "another site" in refused.json()["detail"]
        assert door().get("/ui/dags", headers={**credentials, **foreign}).status_code == 200
        own = {**credentials, "Sec-Fetch-Site": "same-origin"}
        assert door().patch("/ui/dags", json=pause, headers=own).status_code == 200
    login = {"username": "alice", "password": PASSWORD}
    assert door().post("/ui/session", json=login, headers=foreign).status_code == 403


def test_the_token_of_airflow_3_pages_is_a_cookie_with_the_same_protection(door: Callable[..., TestClient]) -> None:
    browser = door()
    token = browser.post("/auth/token", json={"username": "alice", "password": PASSWORD}).json()["access_token"]
    browser.cookies.set("_token", token)
    assert browser.get("/api/v2/pools").status_code == 200
    pool = {"name": "small", "slots": 1, "include_deferred": False}
    assert browser.post("/api/v2/pools", json=pool).status_code == 403
    page_token = browser.get("/ui/session").json()["csrf_token"]
    assert browser.post("/api/v2/pools", json=pool, headers={"X-CSRF-Token": page_token}).status_code == 201
    browser.cookies.set("_token", token[:-4])
    assert browser.get("/api/v2/pools").status_code == 401


def test_a_form_of_another_site_cannot_log_anybody_in(door: Callable[..., TestClient]) -> None:
    answer = door().post("/ui/session", data={"username": "alice", "password": PASSWORD})
    assert answer.status_code == 422 and "set-cookie" not in answer.headers


def test_logging_out_ends_the_session_on_the_server(door: Callable[..., TestClient]) -> None:
    browser = door()
    logged_in(browser)
    token = browser.cookies[COOKIE]
    assert browser.delete("/ui/session").status_code == 204
    thief = door()
    thief.cookies.set(COOKIE, token)
    assert thief.get("/ui/dags").status_code == 401


def test_a_session_ends_by_not_being_used(site: Site, door: Callable[..., TestClient]) -> None:
    browser = door()
    logged_in(browser)
    for _ in range(3):
        site.clock.advance(days=29)
        assert browser.get("/ui/dags").status_code == 200
    site.clock.advance(days=31)
    assert browser.get("/ui/dags").status_code == 401


def test_sessions_are_listed_and_ended_one_by_one(door: Callable[..., TestClient]) -> None:
    here, there = door(), door()
    logged_in(here)
    logged_in(there)
    listed = here.get("/ui/sessions").json()["sessions"]
    assert len(listed) == 2 and sum(one["is_current"] for one in listed) == 1
    (other,) = [one["session_id"] for one in listed if not one["is_current"]]
    assert here.delete(f"/ui/sessions/{other}").status_code == 204
    assert there.get("/ui/dags").status_code == 401
    assert here.get("/ui/dags").status_code == 200
    assert here.delete(f"/ui/sessions/{other}").status_code == 404


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(door: Callable[..., TestClient]) -> None:
    here, there = door(), door()
    logged_in(here)
    logged_in(there)
    wrong = here.post("/ui/session/password", json={"old_password": "no", "new_password": "a new long one"})
    assert wrong.status_code == 400
    short = here.post("/ui/session/password", json={"old_password": PASSWORD, "new_password": "short"})
    assert short.status_code == 400 and "8 characters" in short.json()["detail"]
    done = here.post("/ui/session/password", json={"old_password": PASSWORD, "new_password": "a new long one"})
    assert done.status_code == 204
    assert here.get("/ui/dags").status_code == 200 and there.get("/ui/dags").status_code == 401
    logged_in(door(), password="a new long one")


def test_who_is_switched_off_is_out_at_once(site: Site, door: Callable[..., TestClient]) -> None:
    browser = door()
    logged_in(browser)
    update_user(site.services, "alice", active=False)
    assert browser.get("/ui/dags").status_code == 401
    assert door().post("/ui/session", json={"username": "alice", "password": PASSWORD}).status_code == 401


# --- patience ----------------------------------------------------------------------------------------------------------


def test_guessing_gets_slower_and_slower(site: Site, door: Callable[..., TestClient]) -> None:
    def attempt(password: str) -> Any:
        return door().post("/ui/session", json={"username": "alice", "password": password})

    assert [attempt("wrong").status_code for _ in range(5)] == [401] * 5
    blocked = attempt(PASSWORD)
    assert blocked.status_code == 429 and "Try again in" in blocked.json()["detail"]
    site.clock.advance(seconds=3)
    assert attempt("wrong").status_code == 401
    site.clock.advance(seconds=3)
    assert attempt(PASSWORD).status_code == 429
    site.clock.advance(seconds=2)
    assert attempt(PASSWORD).status_code == 200
    # A success forgets the failures.
    assert attempt("wrong").status_code == 401
    assert attempt(PASSWORD).status_code == 200


@pytest.fixture
def quick_check(site: Site, door: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks passwords without argon2, for tests that count many attempts."""
    known = user_hash(site, "alice")
    monkeypatch.setattr(logins, "password_matches", lambda given, stored: (given, stored) == (PASSWORD, known))


@pytest.mark.usefixtures("quick_check")
def test_one_address_cannot_try_many_names_and_log_in_in_between(site: Site, door: Callable[..., TestClient]) -> None:
    def attempt(username: str, password: str) -> int:
        body = {"username": username, "password": password}
        return int(door().post("/ui/session", json=body).status_code)

    for number in range(20):
        assert attempt(f"user{number}", "summer2025") == 401
        if number == 10:
            assert attempt("alice", PASSWORD) == 200
    assert attempt("user20", "summer2025") == 429
    # Without failures for an hour, an address begins anew.
    site.clock.advance(hours=1, seconds=1)
    assert [attempt(f"late{number}", "x") for number in range(19)] == [401] * 19


@pytest.mark.usefixtures("quick_check")
def test_a_patient_guesser_waits_longest_after_every_guess(site: Site, door: Callable[..., TestClient]) -> None:
    def guess() -> int:
        body = {"username": "alice", "password": "guess"}
        return int(door().post("/ui/session", json=body).status_code)

    for _ in range(13):
        site.clock.advance(minutes=5)
        assert guess() == 401
    codes = []
    for _ in range(20):
        site.clock.advance(minutes=1)
        codes.append(guess())
    assert codes.count(401) == 4


def test_names_that_do_not_exist_are_throttled_alike(door: Callable[..., TestClient]) -> None:
    codes = [door().post("/ui/session", json={"username": "ghost", "password": "x"}).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]


def test_a_wrong_name_costs_what_a_wrong_password_costs(
    site: Site, door: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    update_user(site.services, "alice", active=False)
    create_user(
        site.services, username="bob", email="b@x", first_name="", last_name="", roles=["User"], password=PASSWORD
    )
    checks: list[str] = []

    def counted(password: str, password_hash: str) -> bool:
        checks.append(password_hash[:30])
        return password_matches(password, password_hash)

    monkeypatch.setattr(logins, "password_matches", counted)
    for username, password in (("nobody", "x"), ("alice", PASSWORD), ("alice", "x"), ("bob", "x")):
        checks.clear()
        assert door().post("/ui/session", json={"username": username, "password": password}).status_code == 401
        # One check each, by the same algorithm with the same parameters.
        assert len(checks) == 1 and checks[0].startswith("$argon2id$v=19$m=")
        assert checks[0] == user_hash(site, "bob")[:30]


# --- names and passwords, tokens ---------------------------------------------------------------------------------------


def test_a_script_sends_name_and_password(site: Site, door: Callable[..., TestClient]) -> None:
    script = door()
    assert script.get("/api/v1/pools", headers=basic("alice", PASSWORD)).status_code == 200
    refused = script.get("/api/v1/pools", headers=basic("alice", "wrong"))
    assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Basic"
    assert refused.json()["status"] == 401
    # A password that was right a moment ago is checked again once it was changed.
    set_password(site.services, find_user(site.services, username="alice"), "another password")
    assert script.get("/api/v1/pools", headers=basic("alice", PASSWORD)).status_code == 401


@pytest.mark.parametrize("given", ["Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Basic"])
def test_a_header_that_is_no_basic_is_refused(door: Callable[..., TestClient], given: str) -> None:
    assert door().get("/api/v1/pools", headers={"Authorization": given}).status_code == 401


def test_a_client_gets_a_token_and_uses_it(site: Site, door: Callable[..., TestClient]) -> None:
    client = door()
    for path, seconds in (("/auth/token", 86_400), ("/auth/token/cli", 3_600)):
        answer = client.post(path, json={"username": "alice", "password": PASSWORD})
        assert answer.status_code == 201
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert client.get("/api/v2/pools", headers=bearer).status_code == 200
        site.clock.advance(seconds=seconds + 20)
        assert client.get("/api/v2/pools", headers=bearer).status_code == 401
    form = client.post("/auth/token", data={"username": "alice", "password": PASSWORD})
    assert form.status_code == 201


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"json": {"username": "alice", "password": "wrong"}}, 401),
        ({"json": {"username": "alice"}}, 400),
        ({"json": ["alice"]}, 400),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415),
        ({"json": {"username": "alice", "password": "x" * 20_000}}, 400),
        ({"json": {"username": "alice", "password": "x" * 2_000}}, 401),
    ],
)
def test_a_token_is_refused(door: Callable[..., TestClient], request_: dict[str, Any], status: int) -> None:
    assert door().post("/auth/token", **request_).status_code == status


def test_a_token_is_void_after_a_new_password(site: Site, door: Callable[..., TestClient]) -> None:
    client = door()
    token = client.post("/auth/token", json={"username": "alice", "password": PASSWORD}).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v2/pools", headers=bearer).status_code == 200
    set_password(site.services, find_user(site.services, username="alice"), "another password")
    assert client.get("/api/v2/pools", headers=bearer).status_code == 401


def test_a_forged_token_is_refused(door: Callable[..., TestClient]) -> None:
    client = door()
    token = client.post("/auth/token", json={"username": "alice", "password": PASSWORD}).json()["access_token"]
    head, claims, _ = token.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for forged in (f"{head}.{claims}.", f"{unsigned}.{claims}.", "x", ""):
        assert client.get("/api/v2/pools", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_the_signing_key_lies_in_the_home_for_its_owner_only(site: Site, door: Callable[..., TestClient]) -> None:
    door().post("/auth/token", json={"username": "alice", "password": PASSWORD})
    file = site.services.conf.home / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(file.read_text()) >= 40


# --- everybody ---------------------------------------------------------------------------------------------------------


def test_the_public_sees_what_its_role_is_given(site: Site, door: Callable[..., TestClient]) -> None:
    assert door().get("/ui/dags").status_code == 401
    update_role(site.services, "Public", ["can_read on DAGs"])
    fresh = TestClient(make_app(site.services), base_url="http://localhost")
    assert fresh.get("/ui/dags").status_code == 200
    assert fresh.get("/ui/session").json()["user"] is None
    assert fresh.patch("/ui/dags", json={"dag_ids": ["etl"], "is_paused": True}).status_code == 403


def test_pages_of_airflow_3_lead_to_the_login(door: Callable[..., TestClient]) -> None:
    browser = door()
    logged_in(browser)
    token = browser.cookies[COOKIE]
    assert browser.get("/auth/login").headers["location"] == "/login"
    assert browser.get("/auth/login?next=/dags/etl").headers["location"] == "/login?next=/dags/etl"
    assert browser.get("/api/v2/auth/login?next=//evil.example").headers["location"] == "/login"
    assert browser.get("/api/v2/auth/logout").headers["location"] == "/login"
    thief = door()
    thief.cookies.set(COOKIE, token)
    assert thief.get("/ui/dags").status_code == 401


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("/dags/etl?view=graph", "/dags/etl?view=graph"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("dags", "/"),
        ("", "/"),
    ],
)
def test_after_the_login_nobody_is_sent_to_another_site(given: str, taken: str) -> None:
    assert local_path(given) == taken


# --- what is written down ----------------------------------------------------------------------------------------------


def test_the_audit_log_tells_who_came_from_where_and_never_a_secret(
    site: Site, door: Callable[..., TestClient]
) -> None:
    browser = door()
    browser.post("/ui/session", json={"username": "alice", "password": "a wrong secret"})
    logged_in(browser)
    browser.post("/ui/session/password", json={"old_password": PASSWORD, "new_password": "a new long one"})
    assert browser.get("/ui/audit").status_code == 403
    entries = site.client("Admin").get("/ui/audit").json()["entries"]
    told = {entry["event"]: entry for entry in entries}
    assert told["user.login"]["who"] == "alice" and told["user.login"]["address"] == "testclient"
    assert told["user.login_failed"]["after"] == {"username": "alice"}
    assert told["user.password"]["after"]["password"] == "***"
    text = str(entries) + repr(site.store.users.list()) + repr(site.store.logins.of_user("alice"))
    for secret in (PASSWORD, "a wrong secret", "a new long one", browser.cookies[COOKIE], "$argon2"):
        assert secret not in text
