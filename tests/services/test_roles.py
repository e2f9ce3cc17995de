"""Roles of one's own, and what DAGs grant by access_control."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.conftest import World
from tradewind.core.permissions import BUILT_IN_ROLES, Action, Grant
from tradewind.services import roles
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.users import create_user, find_user
from tradewind.store.errors import AlreadyExists

READ_ETL = Grant(Action.READ, "DAG:etl")


def test_a_role_is_made_changed_and_deleted(world: World) -> None:
    services = world.services
    assert roles.create_role(services, "Analyst", ["can_read on DAGs"]).grants == {Grant(Action.READ, "DAGs")}
    with pytest.raises(AlreadyExists):
        roles.create_role(services, "Analyst")
    create_user(
        services, username="a", email="a@x", first_name="", last_name="", roles=["Analyst", "Viewer"], password="secret"
    )
    assert roles.get_role(services, "Analyst").users == 1
    changed = roles.update_role(services, "Analyst", ["can_read on DAG:etl"], new_name="Reader")
    assert changed.grants == {READ_ETL} and changed.users == 1
    assert find_user(services, username="a").roles == ("Reader", "Viewer")
    roles.delete_role(services, "Reader")
    assert find_user(services, username="a").roles == ("Viewer",)
    with pytest.raises(Unknown):
        roles.get_role(services, "Reader")


def test_built_in_roles_stay_as_they_are_but_the_public_may_be_given_something(world: World) -> None:
    for name in ("Admin", "Viewer"):
        with pytest.raises(Invalid, match="built in"):
            roles.update_role(world.services, name, [])
        with pytest.raises(Invalid, match="built in"):
            roles.delete_role(world.services, name)
    assert roles.update_role(world.services, "Public", [READ_ETL]).grants == {READ_ETL}


@pytest.mark.parametrize(
    ("control", "granted"),
    [
        ({"Team": ["can_read", "can_edit"]}, {READ_ETL, Grant(Action.EDIT, "DAG:etl")}),
        ({"Team": {"DAGs": ["can_read"], "DAG Runs": ["can_create"]}}, {READ_ETL, Grant(Action.CREATE, "DAG Run:etl")}),
        ({"Other": ["can_read"]}, set()),
        ({"Team": ["can_fly", 3]}, set()),
        ({"Team": "can_read"}, set()),
        ({"Team": {"Pools": ["can_read"]}}, set()),
    ],
)
def test_a_dag_grants_by_its_access_control(world: World, control: dict[str, Any], granted: set[Grant]) -> None:
    world.add_dag("etl", access_control=control)
    world.add_dag("plain")
    roles.create_role(world.services, "Team")
    assert roles.grants_of(world.services, ["Team"]) == granted


def test_somebody_with_several_roles_may_do_what_any_of_them_may(world: World) -> None:
    roles.create_role(world.services, "Team", ["can_read on DAG:etl"])
    assert roles.grants_of(world.services, ["Team", "Viewer"]) == BUILT_IN_ROLES["Viewer"] | {READ_ETL}
    assert roles.grants_of(world.services, []) == frozenset()


def test_roles_come_in_as_they_went_out(world: World) -> None:
    rows = [
        {"name": "Team", "resource": "DAGs", "action": "can_read,can_edit"},
        {"name": "Empty", "resource": "", "action": ""},
        {"name": "Admin", "resource": "DAGs", "action": "can_read"},
    ]
    assert roles.import_roles(world.services, rows) == ["Team", "Empty"]
    assert len(roles.get_role(world.services, "Team").grants) == 2
    assert roles.get_role(world.services, "Admin").grants == BUILT_IN_ROLES["Admin"]
    with pytest.raises(Invalid):
        roles.import_roles(world.services, {"Team": []})
