"""Logging in by an OpenID Connect provider: a real one, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.server.oidc_provider import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, Provider, running_provider
from tests.server.site import Site
from tradewind.server.app import make_app
from tradewind.server.login import COOKIE
from tradewind.services.tokens import make_token
from tradewind.services.users import create_user, find_user, update_user

ALICE = {"sub": "4711", "preferred_username": "alice", "email": "alice@example.com", "given_name": "Alice"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as found:
        found.next_login = dict(ALICE)
        yield found


@pytest.fixture
def trusting(make_site: Callable[..., Site], provider: Provider) -> Callable[..., Site]:
    """A server that trusts the provider; options of [oidc] on top."""

    def make(**options: str) -> Site:
        given = {
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "allow_http": "True",
            "default_role": "Viewer",
            **options,
        }
        return make_site(**{f"AIRFLOW__OIDC__{name.upper()}": value for name, value in given.items()})

    return make


def browser_of(site: Site) -> TestClient:
    return TestClient(make_app(site.services), base_url="http://localhost", follow_redirects=False)


def log_in(browser: TestClient, back: str = "/") -> Any:
    """Through the provider and back; the answer of the last step."""
    started = browser.get("/ui/oidc/start", params={"next": back})
    assert started.status_code == 302, started.text
    at_provider = httpx2.get(started.headers["location"])
    return browser.get(at_provider.headers["location"])


def test_somebody_logs_in_and_gets_where_he_was_going(trusting: Callable[..., Site], provider: Provider) -> None:
    site = trusting()
    browser = browser_of(site)
    ways = browser.get("/ui/session").json()["login"]["oidc"]
    assert [way["url"] for way in ways] == ["ui/oidc/start"]
    done = log_in(browser, "/dags/etl?view=graph")
    assert done.status_code == 302 and done.headers["location"] == "/dags/etl?view=graph"
    cookie = next(one for one in done.headers.get_list("set-cookie") if one.startswith(COOKIE)).lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    session = browser.get("/ui/session").json()
    assert session["user"]["username"] == "alice" and session["user"]["roles"] == ["Viewer"]
    assert browser.get("/ui/dags").status_code == 200
    assert {"/.well-known/openid-configuration", "/authorize", "/token", "/keys"} <= set(provider.requests)


def test_who_comes_back_is_the_same_user_under_whatever_name(trusting: Callable[..., Site], provider: Provider) -> None:
    site = trusting()
    log_in(browser_of(site))
    provider.next_login["preferred_username"] = "alice-married"
    browser = browser_of(site)
    assert log_in(browser).status_code == 302
    assert browser.get("/ui/session").json()["user"]["username"] == "alice"
    assert [user.username for user in site.store.users.list()] == ["alice"]


def test_nobody_becomes_admin_by_calling_himself_so(trusting: Callable[..., Site], provider: Provider) -> None:
    site = trusting()
    create_user(
        site.services, username="admin", email="a@x", first_name="", last_name="", roles=["Admin"], password="secret"
    )
    provider.next_login["preferred_username"] = "admin"
    browser = browser_of(site)
    refused = log_in(browser)
    assert refused.status_code == 401 and "bind_by_name" in refused.json()["detail"]
    assert COOKIE not in browser.cookies and browser.get("/ui/dags").status_code == 401


def test_users_are_bound_by_name_when_the_provider_is_trusted_so_far(
    trusting: Callable[..., Site], provider: Provider
) -> None:
    site = trusting(bind_by_name="True")
    create_user(site.services, username="alice", email="a@x", first_name="", last_name="", roles=["Op"], password="pw")
    browser = browser_of(site)
    assert log_in(browser).status_code == 302
    assert browser.get("/ui/session").json()["user"]["roles"] == ["Op"]


def test_an_address_that_was_not_checked_is_not_taken(trusting: Callable[..., Site], provider: Provider) -> None:
    site = trusting(username_claim="email")
    provider.next_login["email_verified"] = False
    refused = log_in(browser_of(site))
    assert refused.status_code == 401 and "username_claim" in refused.json()["detail"]
    assert site.store.users.list() == []


def test_an_e_mail_of_somebody_else_makes_no_second_user(trusting: Callable[..., Site]) -> None:
    site = trusting()
    create_user(
        site.services,
        username="boss",
        email=ALICE["email"],
        first_name="",
        last_name="",
        roles=["Admin"],
        password="secret",
    )
    assert log_in(browser_of(site)).status_code == 401
    assert [user.username for user in site.store.users.list()] == ["boss"]


# --- roles -------------------------------------------------------------------------------------------------------------

GROUPS = {"roles_claim": "groups", "role_mapping": '{"data-team": "Op", "bosses": "Admin"}'}


def test_groups_of_the_provider_are_roles_here_at_every_login(
    trusting: Callable[..., Site], provider: Provider
) -> None:
    site = trusting(**GROUPS)
    provider.next_login["groups"] = ["data-team", "football"]
    log_in(browser_of(site))
    assert find_user(site.services, username="alice").roles == ("Op",)
    provider.next_login["groups"] = ["bosses", "data-team"]
    log_in(browser_of(site))
    assert find_user(site.services, username="alice").roles == ("Admin", "Op")
    provider.next_login["groups"] = []
    log_in(browser_of(site))
    assert find_user(site.services, username="alice").roles == ("Viewer",)


def test_who_is_in_no_group_is_not_let_in_where_there_is_no_default(
    trusting: Callable[..., Site], provider: Provider
) -> None:
    site = trusting(**GROUPS, default_role="")
    provider.next_login["groups"] = ["data-team"]
    assert log_in(browser_of(site)).status_code == 302
    provider.next_login["groups"] = ["football"]
    refused = log_in(browser_of(site))
    assert refused.status_code == 401 and "no role" in refused.json()["detail"]


def test_who_is_switched_off_here_is_not_let_in(trusting: Callable[..., Site]) -> None:
    site = trusting()
    log_in(browser_of(site))
    update_user(site.services, "alice", active=False)
    assert log_in(browser_of(site)).status_code == 401


# --- attacks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: claims.update(nonce="of another login"),
        lambda claims: claims.pop("nonce"),
        lambda claims: claims.update(aud="another client"),
        lambda claims: claims.update(iss="https://another.example"),
        lambda claims: claims.update(exp=1_000_000_000),
        lambda claims: claims.pop("sub"),
    ],
    ids=["nonce", "no nonce", "audience", "issuer", "expired", "no subject"],
)
def test_an_id_token_that_is_not_for_this_login_is_refused(
    trusting: Callable[..., Site], provider: Provider, spoil: Callable[[dict[str, Any]], object]
) -> None:
    site = trusting()
    provider.spoils = spoil
    browser = browser_of(site)
    assert log_in(browser).status_code == 401
    assert COOKIE not in browser.cookies and site.store.users.list() == []


def test_an_id_token_signed_by_somebody_else_is_refused(trusting: Callable[..., Site], provider: Provider) -> None:
    provider.signs_with = OTHER_KEY
    assert log_in(browser_of(trusting())).status_code == 401


def test_a_provider_that_speaks_for_another_one_is_refused(trusting: Callable[..., Site], provider: Provider) -> None:
    provider.told_issuer = "https://another.example"
    refused = browser_of(trusting()).get("/ui/oidc/start")
    assert refused.status_code == 401 and "another issuer" in refused.json()["detail"]


def test_an_answer_counts_in_the_browser_that_asked_and_once(trusting: Callable[..., Site]) -> None:
    site = trusting()
    browser, other = browser_of(site), browser_of(site)
    started = browser.get("/ui/oidc/start")
    answer = httpx2.get(started.headers["location"]).headers["location"]
    # Somebody else's login, sent as a link: the victim would work in the account of the attacker.
    assert other.get(answer).status_code == 401
    other.get("/ui/oidc/start")
    assert other.get(answer).status_code == 401
    assert browser.get(answer.replace("state=", "state=x")).status_code == 401
    flow = browser.cookies["tradewind_oidc"]
    assert browser.get(answer).status_code == 302
    browser.cookies.clear()
    browser.cookies.set("tradewind_oidc", flow)
    again = browser.get(answer)
    assert again.status_code == 401 and COOKIE not in browser.cookies


def test_a_token_of_the_api_is_no_login_under_way(trusting: Callable[..., Site]) -> None:
    site = trusting()
    log_in(browser_of(site))
    browser = browser_of(site)
    browser.cookies.set("tradewind_oidc", make_token(site.services, find_user(site.services, username="alice")))
    assert browser.get("/ui/oidc/callback?code=x&state=y").status_code == 401


def test_what_the_provider_refuses_is_told(trusting: Callable[..., Site]) -> None:
    browser = browser_of(trusting())
    browser.get("/ui/oidc/start")
    refused = browser.get("/ui/oidc/callback?error=access_denied&error_description=Not+today")
    assert refused.status_code == 401 and "Not today" in refused.json()["detail"]


PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_gets_back_to_the_login_page_with_a_word_for_what_happened(
    trusting: Callable[..., Site], provider: Provider
) -> None:
    browser = browser_of(trusting())
    browser.get("/ui/oidc/start")
    refused = browser.get("/ui/oidc/callback?error=access_denied&error_description=<b>Pay</b>", headers=PAGE)
    assert (refused.status_code, refused.headers["location"]) == (303, "/login?error=refused")
    assert "tradewind_oidc" not in browser.cookies
    late = browser.get("/ui/oidc/callback?code=x&state=y", headers=PAGE)
    assert (late.status_code, late.headers["location"]) == (303, "/login?error=expired")
    provider.told_issuer = "https://another.example"
    wrong = browser_of(trusting()).get("/ui/oidc/start", headers=PAGE)
    assert (wrong.status_code, wrong.headers["location"]) == (303, "/login?error=failed")
    gone = browser_of(trusting(issuer="http://127.0.0.1:9")).get("/ui/oidc/start", headers=PAGE)
    assert (gone.status_code, gone.headers["location"]) == (303, "/login?error=unavailable")


def test_a_link_cannot_lead_elsewhere_after_the_login(trusting: Callable[..., Site]) -> None:
    assert log_in(browser_of(trusting()), "https://evil.example/").headers["location"] == "/"


def test_the_secret_of_the_client_is_not_told(trusting: Callable[..., Site], provider: Provider) -> None:
    site = trusting(client_secret="a wrong secret of the client")
    refused = log_in(browser_of(site))
    assert refused.status_code == 401 and "secret of the client" not in refused.text


def test_a_provider_over_plain_http_must_be_allowed(trusting: Callable[..., Site]) -> None:
    refused = browser_of(trusting(allow_http="False")).get("/ui/oidc/start")
    assert refused.status_code == 400 and "https://" in refused.json()["detail"]


def test_without_a_provider_there_is_no_such_way(site: Site) -> None:
    browser = browser_of(site)
    assert browser.get("/ui/session").json()["login"]["oidc"] == []
    assert browser.get("/ui/oidc/start").status_code == 401
