"""Variables and connections: what is encrypted, what is readable, what is never shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from tests.store.rows import an_event
from tradewind.core.records import ConnectionRecord, UserRecord, VariableRecord
from tradewind.store import AlreadyExists, BadAddress, NotFound, Store, UserExists, open_store, schema
from tradewind.store.database import Database
from tradewind.store.dialects import parse_address

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
WAREHOUSE = ConnectionRecord(
    conn_id="warehouse",
    conn_type="postgres",
    host="db",
    login="me",
    password="s3cret",
    port=5432,
    extra='{"key": "s3cret"}',
)


def on_disk(url: str) -> str:
    """Everything stored of variables and connections, as the database has it."""
    database = Database(parse_address(url), create=False)
    with database.read() as connection:
        rows = [str(connection.execute(table.select()).all()) for table in (schema.variable, schema.connection)]
    database.close()
    return "".join(rows)


def write_secrets(store: Store) -> None:
    store.variables.set("token", "s3cret", "for the API")
    store.connections.add(WAREHOUSE)


@pytest.mark.parametrize("keys", [[], [OLD]], ids=["in clear", "encrypted"])
def test_secrets_come_back_as_they_were_written(opened: Callable[..., Store], url: str, keys: list[str]) -> None:
    store = opened(fernet_keys=keys)
    write_secrets(store)
    assert store.variables.get("token") == VariableRecord(
        key="token", value="s3cret", description="for the API", is_encrypted=bool(keys)
    )
    assert store.connections.get("warehouse") == WAREHOUSE
    assert ("s3cret" in on_disk(url)) is not bool(keys)


@pytest.mark.parametrize("keys", [[], [NEW]], ids=["no key", "another key"])
def test_a_secret_that_no_key_fits_has_no_value(opened: Callable[..., Store], keys: list[str]) -> None:
    write_secrets(opened(fernet_keys=[OLD]))
    store = opened(fernet_keys=keys)
    (variable,) = store.variables.list()
    (connection,) = store.connections.list()
    assert (variable.value, variable.is_encrypted) == (None, True)
    assert (connection.password, connection.extra, connection.host) == (None, None, "db")


def test_what_was_stored_in_clear_stays_readable_when_a_key_comes(opened: Callable[..., Store]) -> None:
    write_secrets(opened())
    variable = opened(fernet_keys=[NEW]).variables.get("token")
    assert variable is not None
    assert variable.value == "s3cret"


@pytest.mark.parametrize("before", [[], [OLD]], ids=["in clear", "old key"])
def test_after_a_rotation_the_new_key_is_enough(opened: Callable[..., Store], url: str, before: list[str]) -> None:
    write_secrets(opened(fernet_keys=before))
    rotation = opened(fernet_keys=[NEW, *before]).rotate_keys()
    assert (rotation.rotated, rotation.unreadable) == (2, ())
    store = opened(fernet_keys=[NEW])
    assert store.connections.get("warehouse") == WAREHOUSE
    variable = store.variables.get("token")
    assert variable is not None
    assert variable.value == "s3cret"
    assert "s3cret" not in on_disk(url)


def test_a_rotation_leaves_and_names_what_it_cannot_read(opened: Callable[..., Store]) -> None:
    write_secrets(opened(fernet_keys=[OLD]))
    opened(fernet_keys=[NEW]).variables.set("mine", "1")
    rotation = opened(fernet_keys=[NEW]).rotate_keys()
    assert rotation.unreadable == ("variable 'token'", "connection 'warehouse'")
    assert opened(fernet_keys=[OLD]).connections.get("warehouse") == WAREHOUSE


def test_rotating_without_a_key_says_what_to_do(store: Store) -> None:
    with pytest.raises(BadAddress, match="fernet_key"):
        store.rotate_keys()


def test_a_bad_key_is_refused_without_being_shown() -> None:
    with pytest.raises(BadAddress, match="Key 2 of 2") as refused:
        open_store("sqlite://", fernet_keys=[OLD, "not-a-key-but-secret"])
    assert "secret" not in str(refused.value)


def test_no_repr_shows_a_secret(opened: Callable[..., Store]) -> None:
    store = opened(fernet_keys=[OLD])
    write_secrets(store)
    user = UserRecord(username="a", email="a@b", first_name="A", last_name="B", roles=(), password_hash="$argon2id$x")
    shown = repr([store.variables.list(), store.connections.list(), user, store, store._cipher])
    for secret in ("s3cret", OLD, "$argon2id$x"):
        assert secret not in shown


def test_an_address_is_shown_without_its_password() -> None:
    assert "hunter2" not in repr(open_store("postgresql://me:hunter2@db/airflow"))


def test_setting_a_variable_again_keeps_its_description(store: Store) -> None:
    store.variables.set("a", "1", "about")
    store.variables.set("a", "2", outbox=an_event("variable"))
    assert store.variables.get("a") == VariableRecord(key="a", value="2", description="about")
    assert store.variables.keys() == ["a"]
    assert store.variables.delete("a")
    assert not store.variables.delete("a")
    assert [event.kind for event in store.outbox.since(0)] == ["variable"]


def test_a_connection_is_added_once_and_replaced_by_set(store: Store) -> None:
    store.connections.add(WAREHOUSE)
    with pytest.raises(AlreadyExists, match="connection 'warehouse' exists already"):
        store.connections.add(WAREHOUSE)
    store.connections.set(ConnectionRecord(conn_id="warehouse", conn_type="http"))
    assert store.connections.list() == [ConnectionRecord(conn_id="warehouse", conn_type="http")]
    assert store.connections.delete("warehouse")
    assert not store.connections.delete("warehouse")


ALICE = UserRecord(
    username="alice", email="alice@example.org", first_name="A", last_name="L", roles=("Admin", "Op"), password_hash="x"
)


def test_users_have_roles_that_exist(store: Store) -> None:
    store.users.create(ALICE)
    assert store.users.get("alice") == ALICE
    assert store.users.by_email("alice@example.org") == ALICE
    with pytest.raises(UserExists, match="name 'alice'"):
        store.users.create(ALICE)
    with pytest.raises(NotFound, match="There is no role 'Boss'"):
        store.users.create(
            UserRecord(username="b", email="b", first_name="", last_name="", roles=("Boss",), password_hash="")
        )
    assert store.users.list() == [ALICE]
    with pytest.raises(UserExists, match="e-mail"):
        store.users.create(
            UserRecord(username="b", email=ALICE.email, first_name="", last_name="", roles=(), password_hash="")
        )


def test_a_user_is_changed_and_deleted(store: Store) -> None:
    store.users.create(ALICE)
    changed = UserRecord(
        username="alice",
        email="new@example.org",
        first_name="A",
        last_name="L",
        roles=("Viewer",),
        password_hash="y",
        active=False,
    )
    store.users.update(ALICE, changed)
    assert store.users.get("alice") == changed
    assert store.users.delete("alice")
    assert not store.users.delete("alice")
    with pytest.raises(NotFound):
        store.users.update(ALICE, changed)
