"""What is stored of users: roles, logins, what they keep for themselves, and who they are at a provider."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from tradewind.core.permissions import Action, Grant
from tradewind.core.records import LoginSessionRecord, OutboxRecord, UserRecord
from tradewind.store import Store
from tradewind.store.errors import AlreadyExists, NotFound, UserExists
from tradewind.store.users import Identity

NOW = datetime(2025, 1, 10, 9, 0, 0, 123456, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
READ, EDIT = Grant(Action.READ, "DAGs"), Grant(Action.EDIT, "DAG:etl")


def a_user(store: Store, username: str = "alice", *roles: str) -> UserRecord:
    user = UserRecord(
        username=username,
        email=f"{username}@example.org",
        first_name="",
        last_name="",
        roles=roles,
        password_hash="x",
    )
    store.users.create(user)
    return user


def a_session(username: str = "alice", digest: str = "d1", at: datetime = NOW) -> LoginSessionRecord:
    return LoginSessionRecord(
        session_id=f"id-{digest}",
        token_digest=digest,
        username=username,
        csrf_token=f"csrf-{digest}",
        created_at=at,
        last_used_at=at,
        address="10.0.0.1",
        user_agent="Browser",
    )


def told(why: str) -> OutboxRecord:
    return OutboxRecord(at=NOW, kind="audit", why=why, who="cli:tester")


def events(store: Store) -> list[str]:
    return [record.why for record in store.outbox.since(0, kinds=["audit"])]


# --- roles -------------------------------------------------------------------------------------------------------------


def test_a_role_has_the_grants_it_was_given(store: Store) -> None:
    store.roles.create("Team", [READ, EDIT, READ], outbox=told("created"))
    store.roles.create("Empty")
    assert store.roles.list() == ["Admin", "Op", "User", "Viewer", "Public", "Empty", "Team"]
    assert store.roles.grants(["Team", "Empty", "none such"]) == {"Team": {READ, EDIT}}
    with pytest.raises(AlreadyExists):
        store.roles.create("Team", outbox=told("again"))
    store.roles.set_grants("Team", [EDIT], outbox=told("changed"))
    assert store.roles.grants(["Team"]) == {"Team": {EDIT}}
    with pytest.raises(NotFound):
        store.roles.set_grants("none such", [])
    assert events(store) == ["created", "changed"]


def test_a_role_keeps_its_users_under_a_new_name(store: Store) -> None:
    store.roles.create("Team", [READ])
    a_user(store, "alice", "Team", "Viewer")
    store.roles.set_grants("Team", [EDIT], new_name="Crew")
    user = store.users.get("alice")
    assert user is not None and user.roles == ("Crew", "Viewer")
    assert store.roles.grants(["Team", "Crew"]) == {"Crew": {EDIT}}
    assert store.roles.user_counts() == {"Crew": 1, "Viewer": 1}
    with pytest.raises(AlreadyExists):
        store.roles.set_grants("Crew", [READ], new_name="Viewer")
    assert store.roles.grants(["Crew"]) == {"Crew": {EDIT}}


def test_a_role_that_goes_is_taken_from_its_users(store: Store) -> None:
    store.roles.create("Team", [READ])
    a_user(store, "alice", "Team", "Viewer")
    assert store.roles.delete("Team", outbox=told("deleted"))
    assert not store.roles.delete("Team", outbox=told("again"))
    user = store.users.get("alice")
    assert user is not None and user.roles == ("Viewer",)
    assert store.roles.grants(["Team"]) == {} and events(store) == ["deleted"]


# --- logins ------------------------------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_digest_until_it_is_closed(store: Store) -> None:
    a_user(store)
    store.logins.succeeded(a_session(), outbox=told("login"))
    assert store.logins.by_digest("d1") == a_session()
    assert store.logins.by_digest("d2") is None
    store.logins.used("id-d1", NOW + HOUR)
    assert [one.last_used_at for one in store.logins.of_user("alice")] == [NOW + HOUR]
    assert not store.logins.close("id-d1", "somebody else", outbox=told("theft"))
    assert store.logins.close("id-d1", "alice", outbox=told("logout"))
    assert store.logins.by_digest("d1") is None and store.logins.counts() == {}
    user = store.users.get("alice")
    assert user is not None and (user.login_count, user.last_login_at) == (1, NOW)
    assert events(store) == ["login", "logout"]


def test_a_new_session_may_replace_the_one_before(store: Store) -> None:
    a_user(store)
    store.logins.succeeded(a_session(digest="d1"))
    store.logins.succeeded(a_session(digest="d2"))
    store.logins.succeeded(a_session(digest="d3"), replaces="d1")
    assert {one.token_digest for one in store.logins.of_user("alice")} == {"d2", "d3"}
    assert store.logins.counts() == {"alice": 2}


@pytest.mark.parametrize(("but", "left"), [(None, set()), ("id-d2", {"d2"})])
def test_sessions_end_together_with_what_ended_them(store: Store, but: str | None, left: set[str]) -> None:
    before = a_user(store)
    a_user(store, "bob")
    for digest in ("d1", "d2"):
        store.logins.succeeded(a_session(digest=digest))
    store.logins.succeeded(a_session("bob", "d3"))
    with pytest.raises(UserExists):
        taken = UserRecord(**{**as_dict(before), "email": "bob@example.org"})
        store.users.update(before, taken, end_sessions=True)
    assert store.logins.counts() == {"alice": 2, "bob": 1}
    after = UserRecord(**{**as_dict(before), "password_hash": "y"})
    store.users.update(before, after, end_sessions=True, but=but, outbox=told("password"))
    assert {one.token_digest for one in store.logins.of_user("alice")} == left
    assert store.logins.by_digest("d3") is not None


def as_dict(user: UserRecord) -> dict[str, object]:
    return {name: getattr(user, name) for name in UserRecord.__struct_fields__}


def test_what_belongs_to_a_user_goes_with_him(store: Store) -> None:
    a_user(store)
    store.logins.succeeded(a_session())
    store.personal.set_preference("alice", "theme", '"dark"')
    store.personal.add_favourite("alice", "etl")
    store.users.bind("alice", Identity("https://idp", "1"))
    assert store.users.delete("alice")
    assert store.logins.by_digest("d1") is None
    assert store.users.by_identity(Identity("https://idp", "1")) is None
    a_user(store)
    assert store.personal.preference("alice", "theme") is None and not store.personal.favourites("alice")


def test_old_sessions_and_failures_are_forgotten(store: Store) -> None:
    a_user(store)
    store.logins.succeeded(a_session(digest="old", at=NOW - HOUR))
    store.logins.succeeded(a_session(digest="new"))
    store.logins.failed("x", ["user:old"], NOW - HOUR, memory=HOUR)
    store.logins.failed("x", ["user:new"], NOW, memory=HOUR)
    border = NOW - HOUR / 2
    store.logins.forget(sessions_before=border, failures_before=border)
    assert [one.token_digest for one in store.logins.of_user("alice")] == ["new"]
    assert set(store.logins.failures(["user:old", "user:new"])) == {"user:new"}


@dataclass
class Tries:
    store: Store
    at: datetime = NOW

    def fail(self, **later: float) -> int:
        self.at += timedelta(**later)
        self.store.logins.failed("alice", ["user:alice", "from:here"], self.at, memory=HOUR)
        failures = self.store.logins.failures(["user:alice", "from:here"])
        assert failures["user:alice"].last_at == self.at
        return failures["user:alice"].in_a_row


def test_failures_are_counted_until_a_quiet_time_or_a_success(store: Store) -> None:
    a_user(store)
    tries = Tries(store)
    assert [tries.fail(), tries.fail(minutes=59), tries.fail(minutes=59)] == [1, 2, 3]
    assert tries.fail(minutes=61) == 1
    assert tries.fail() == 2
    user = store.users.get("alice")
    assert user is not None and user.failed_login_count == 5
    store.logins.forgive("user:alice")
    assert set(store.logins.failures(["user:alice", "from:here"])) == {"from:here"}
    store.logins.succeeded(a_session())
    user = store.users.get("alice")
    assert user is not None and user.failed_login_count == 0


def test_attempts_at_the_same_moment_are_all_counted(opened: Callable[..., Store]) -> None:
    stores = [opened() for _ in range(4)]
    gate = threading.Barrier(len(stores))
    broken: list[BaseException] = []

    def guess(store: Store, keys: list[str]) -> None:
        gate.wait()
        try:
            for _ in range(10):
                store.logins.failed("alice", keys, NOW, memory=HOUR)
        except BaseException as error:
            broken.append(error)

    # Named in both orders: they must not wait for each other's rows for ever.
    keys = ["user:alice", "from:here"]
    threads = [
        threading.Thread(target=guess, args=(store, keys[:: 1 if number % 2 else -1]))
        for number, store in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert {found.in_a_row for found in stores[0].logins.failures(keys).values()} == {40}


# --- what a user keeps, and who he is elsewhere --------------------------------------------------------------------------


def test_preferences_and_favourites_are_each_users_own(store: Store) -> None:
    a_user(store)
    a_user(store, "bob")
    store.personal.set_preference("alice", "theme", '"dark"')
    store.personal.set_preference("alice", "theme", '"light"')
    assert store.personal.preference("alice", "theme") == '"light"'
    assert store.personal.preference("bob", "theme") is None
    for _ in range(2):
        store.personal.add_favourite("alice", "etl")
    store.personal.add_favourite("alice", "fan")
    store.personal.remove_favourite("alice", "fan")
    store.personal.remove_favourite("bob", "etl")
    assert store.personal.favourites("alice") == {"etl"} and store.personal.favourites("bob") == frozenset()


def test_an_account_of_a_provider_is_one_user(store: Store) -> None:
    here, there = Identity("https://idp", "1"), Identity("https://other", "1")
    alice = UserRecord(username="alice", email="a", first_name="", last_name="", roles=("Viewer",), password_hash="x")
    store.users.create(alice, identity=here)
    assert store.users.by_identity(here) == alice
    assert store.users.by_identity(there) is None
    bob = a_user(store, "bob")
    store.users.bind("bob", here, outbox=told("bound"))
    assert store.users.by_identity(here) == bob and events(store) == ["bound"]
