"""Variables, connections, pools and users."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.services.conftest import World
from tradewind.core.records import PoolRecord
from tradewind.services import connections, pools, users, variables
from tradewind.services.connection_uri import make_connection
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.variables import OnExisting
from tradewind.store import AlreadyExists, UserExists


def test_what_is_no_text_is_stored_as_json(world: World):
    variables.set_variable(world.services, "a", {"x": 1})
    variables.set_variable(world.services, "b", "plain")
    variables.set_variable(world.services, "c", "plain", as_json=True)
    assert [record.value for record in variables.list_variables(world.services)] == ['{"x": 1}', "plain", '"plain"']


def test_an_unknown_variable_is_answered_with_the_nearest(world: World):
    variables.set_variable(world.services, "bucket", "x")
    with pytest.raises(Unknown, match="Did you mean 'bucket'"):
        variables.get_variable(world.services, "buckt")


def test_an_export_of_variables_can_be_imported_again(world: World):
    variables.import_variables(
        world.services, {"a": {"value": {"x": 1}, "description": "d"}, "b": "t", "c": {"value": 1, "more": 2}}
    )
    exported = variables.export_variables(world.services)
    assert exported == {"a": {"value": {"x": 1}, "description": "d"}, "b": "t", "c": {"value": 1, "more": 2}}
    for key in exported:
        assert variables.delete_variable(world.services, key)
    variables.import_variables(world.services, exported)
    assert variables.export_variables(world.services) == exported


def test_an_import_that_must_not_replace_anything_writes_nothing_when_it_would(world: World):
    variables.set_variable(world.services, "a", "old")
    with pytest.raises(Invalid, match="Nothing was imported: variable 'a'"):
        variables.import_variables(world.services, {"b": 1, "a": 2}, on_existing=OnExisting.FAIL)
    assert [record.key for record in variables.list_variables(world.services)] == ["a"]
    done = variables.import_variables(world.services, {"b": 1, "a": 2}, on_existing=OnExisting.SKIP)
    assert done == (["b"], ["a"])
    assert variables.get_variable(world.services, "a").value == "old"


def test_every_change_of_a_variable_says_who_made_it_and_not_what_it_holds(world: World):
    variables.set_variable(world.services, "token", "s3cret")
    row, entry = world.services.store.outbox.since(0)[-2:]
    assert (row.kind, row.who, row.detail) == ("variable", "cli:tester", {"key": "token"})
    assert (entry.kind, entry.who, entry.why) == ("audit", "cli:tester", "variable.set")
    assert entry.detail["after"] == {"key": "token", "value": "***", "description": None}


def test_a_connection_needs_a_type_and_an_id_that_is_free(world: World):
    record = make_connection("c", conn_type="http", host="h")
    connections.add_connection(world.services, record)
    with pytest.raises(AlreadyExists):
        connections.add_connection(world.services, record)
    with pytest.raises(Invalid, match="has no type"):
        connections.add_connection(world.services, make_connection("d"))


def test_a_mistake_in_one_imported_connection_leaves_all_of_them_out(world: World):
    with pytest.raises(Invalid):
        connections.import_connections(world.services, {"a": "http://h", "b": {"conn_type": "http", "port": "x"}})
    assert connections.list_connections(world.services) == []


def test_an_import_replaces_connections_only_on_request(world: World):
    connections.import_connections(world.services, {"a": "http://h"})
    assert connections.import_connections(world.services, {"a": "http://i", "b": "http://j"}) == (["b"], ["a"])
    assert connections.get_connection(world.services, "a").host == "h"
    connections.import_connections(world.services, {"a": "http://i"}, overwrite=True)
    assert connections.get_connection(world.services, "a").host == "i"


def test_deleting_a_connection_that_is_not_there_names_the_nearest(world: World):
    connections.import_connections(world.services, {"warehouse": "http://h"})
    with pytest.raises(Unknown, match="Did you mean 'warehouse'"):
        connections.delete_connection(world.services, "warehose")


def test_a_pool_rings_the_engine_because_slots_may_have_come_free(world: World):
    pools.set_pool(world.services, PoolRecord(name="p", slots=4))
    assert len(world.rings) == 1
    assert pools.delete_pool(world.services, "p").slots == 4
    assert len(world.rings) == 2


def test_pools_that_cannot_be_are_refused(world: World):
    with pytest.raises(Invalid, match="-2 slots"):
        pools.set_pool(world.services, PoolRecord(name="p", slots=-2))
    with pytest.raises(Invalid, match="number of slots"):
        pools.import_pools(world.services, {"a": {"slots": 1}, "b": {"slots": "many"}})
    with pytest.raises(Invalid, match="default_pool"):
        pools.delete_pool(world.services, "default_pool")
    assert [pool.name for pool in pools.list_pools(world.services)] == ["default_pool"]


def test_an_export_of_pools_can_be_imported_again(world: World):
    pools.import_pools(world.services, {"p": {"slots": 2, "description": "d", "include_deferred": True}})
    exported = pools.export_pools(world.services)
    assert exported["p"] == {"slots": 2, "description": "d", "include_deferred": True}
    assert len(pools.import_pools(world.services, exported)) == 2


def new_user(world: World, **values: Any) -> object:
    given: dict[str, Any] = {
        "username": "admin",
        "email": "a@b",
        "first_name": "A",
        "last_name": "B",
        "roles": ["Admin"],
        "password": "!p",
    }
    return users.create_user(world.services, **{**given, **values})


def test_a_password_is_kept_as_an_argon2_hash(world: World):
    new_user(world)
    user = users.find_user(world.services, username="admin")
    assert user.password_hash.startswith("$argon2")
    assert users.password_matches("!p", user.password_hash)
    assert not users.password_matches("!q", user.password_hash)


def test_names_and_addresses_of_users_are_unique(world: World):
    new_user(world)
    with pytest.raises(UserExists, match="admin"):
        new_user(world, email="other")
    with pytest.raises(UserExists, match="a@b"):
        new_user(world, username="other")


def test_a_role_that_is_not_there_is_named_with_its_nearest(world: World):
    with pytest.raises(Unknown, match="Did you mean 'Admin'"):
        new_user(world, roles=["Admn"])


def test_a_user_is_deleted_by_name_or_by_address(world: World):
    new_user(world)
    assert users.delete_user(world.services, email="a@b").username == "admin"
    with pytest.raises(Unknown):
        users.delete_user(world.services, username="admin")


def test_a_new_password_replaces_the_old_one(world: World):
    new_user(world)
    users.set_password(world.services, users.find_user(world.services, username="admin"), "new")
    assert users.password_matches("new", users.find_user(world.services, username="admin").password_hash)


def test_an_edit_of_a_user_undoes_nothing_of_what_others_changed_meanwhile(world: World):
    new_user(world)
    stale = users.find_user(world.services, username="admin")
    users.set_password(world.services, stale, "new")
    users.update_user(world.services, "admin", roles=["Op"])
    # Somebody whose page was loaded before both saves another name.
    world.services.store.users.update(stale, replace(stale, first_name="Ada"))
    now = users.find_user(world.services, username="admin")
    assert (now.first_name, now.roles) == ("Ada", ("Op",))
    assert users.password_matches("new", now.password_hash)


def test_users_without_e_mail_come_in_again_and_again(world: World):
    rows = [{"username": name, "roles": ["Viewer"]} for name in ("a", "b")]
    assert users.import_users(world.services, rows).created == ["a", "b"]
    assert users.import_users(world.services, rows).updated == ["a", "b"]


def test_random_passwords_differ():
    assert len({users.random_password() for _ in range(50)}) == 50
