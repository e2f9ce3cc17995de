"""Every operation of every API, asked for by every role: exactly what the tables of `server.permissions` say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.server.site import Site
from tradewind.core.permissions import BUILT_IN_ROLES, Action, Grant, Need, Resource, is_allowed, parse_grant, visible
from tradewind.server.access import operations_of
from tradewind.server.app import make_apis
from tradewind.server.login import Login
from tradewind.server.permissions import BY_API

# What a path is filled with: things that exist, so that nothing but the permission decides.
PLACES = {"dag_id": "etl", "dag_run_id": "first", "run_id": "first", "task_id": "extract", "map_index": "-1"}


def operations(site: Site) -> Iterator[tuple[str, APIRoute]]:
    apis = make_apis(site.services, lambda request, services: None, Login())
    for name in ("v1", "v2", "ui"):
        for route in operations_of(getattr(apis, name)):
            yield name, route


def path_of(route: APIRoute) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: PLACES.get(found[1], "1"), route.path)


def test_every_operation_is_in_the_tables_and_every_entry_has_an_operation(site: Site) -> None:
    found: dict[str, set[str]] = {"v1": set(), "v2": set(), "ui": set()}
    for name, route in operations(site):
        found[name].add(str(route.operation_id))
    for name, needs in BY_API.items():
        assert found[name] <= set(needs)
        unused = set(needs) - found[name] - {"get_health"}
        assert not unused, f"{name}: {sorted(unused)}"


@pytest.mark.parametrize("role", [None, *BUILT_IN_ROLES])
def test_a_role_may_do_what_the_tables_say(site: Site, role: str | None) -> None:
    client: TestClient = site.client(role)
    wrong: list[Any] = []
    for name, route in operations(site):
        operation = str(route.operation_id)
        if operation == "stream":
            continue  # answers until it is closed
        needs = BY_API[name][operation]
        path = path_of(route)
        grants = BUILT_IN_ROLES[role] if role is not None else frozenset()
        dag_id = "etl" if "{dag_id" in route.path else None
        allowed = needs is None or (role is not None and all(is_allowed(grants, need, dag_id) for need in needs))
        for method in sorted(route.methods or ()):
            # A body that fits nothing: where it is read, the caller was let in before.
            answer = client.request(method, path, **({} if method in ("GET", "DELETE") else {"json": {"no such": 1}}))
            refused = answer.status_code in (401, 403) and not _is_another_refusal(answer.text)
            if refused == allowed:
                wrong.append((role, method, path, answer.status_code, answer.text[:100]))
    assert not wrong


def _is_another_refusal(text: str) -> bool:
    """Refused to everybody by the configuration, or for want of credentials in what was sent."""
    return "[core] test_connection" in text or "expose_config" in text or "provider" in text or "login" in text.lower()


READ, EDIT = Action.READ, Action.EDIT
ONE_DAG = frozenset({Grant(READ, "DAG:etl"), Grant(EDIT, "DAG:etl"), Grant(READ, "DAG Runs"), Grant(EDIT, "DAG Runs")})


@pytest.mark.parametrize(
    ("need", "dag_id", "allowed"),
    [
        (Need(READ, Resource.DAG), "etl", True),
        (Need(READ, Resource.DAG), "other", False),
        (Need(READ, Resource.DAG), None, True),
        (Need(EDIT, Resource.DAG_RUN), "etl", True),
        (Need(EDIT, Resource.DAG_RUN), "other", False),
        (Need(READ, Resource.TASK_INSTANCE), "etl", False),
        (Need(Action.DELETE, Resource.DAG), "etl", False),
        (Need(READ, Resource.POOL), None, False),
    ],
)
def test_grants_on_one_dag_reach_that_dag_only(need: Need, dag_id: str | None, allowed: bool) -> None:
    assert is_allowed(ONE_DAG, need, dag_id) is allowed


def test_lists_show_what_may_be_read() -> None:
    assert visible(ONE_DAG) == frozenset({"etl"})
    assert visible(BUILT_IN_ROLES["Viewer"]) is None
    assert visible(BUILT_IN_ROLES["Public"]) == frozenset()


def test_each_role_may_do_what_the_lesser_ones_may() -> None:
    ladder = [BUILT_IN_ROLES[name] for name in ("Public", "Viewer", "User", "Op", "Admin")]
    assert all(less < more for less, more in itertools.pairwise(ladder))


@pytest.mark.parametrize("text", ["can_read", "can_fly on DAGs", "can_read on Nothing", ""])
def test_a_permission_that_cannot_be_read_says_what_may_stand_there(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no (permission|resource)\."):
        parse_grant(text)


def test_a_permission_is_read_as_it_is_written() -> None:
    for grant in BUILT_IN_ROLES["Admin"] | {Grant(READ, "DAG:a on b")}:
        assert parse_grant(str(grant)) == grant
