"""Roles, and what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tradewind.core.permissions import (
    BUILT_IN_ROLES,
    DAG_PREFIX,
    DAG_RUN_PREFIX,
    Action,
    Grant,
    Resource,
    parse_grant,
)
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services

PUBLIC: Final = "Public"
"""The role of everybody who is not logged in. It may do nothing until somebody grants it something."""


class Role(NamedTuple):
    name: str
    grants: frozenset[Grant]
    users: int

    @property
    def is_built_in(self) -> bool:
        return self.name in BUILT_IN_ROLES


def list_roles(services: Services) -> list[str]:
    """Names: the built-in ones from the mightiest down, then the others."""
    return services.store.roles.list()


def roles(services: Services) -> list[Role]:
    """All of them, with what they may do everywhere (`access_control` of DAGs aside) and how many users have them."""
    names = services.store.roles.list()
    stored, users = services.store.roles.grants(names), services.store.roles.user_counts()
    none: frozenset[Grant] = frozenset()
    return [Role(name, BUILT_IN_ROLES.get(name, none) | stored.get(name, none), users.get(name, 0)) for name in names]


def get_role(services: Services, name: str) -> Role:
    """Raises Unknown."""
    for role in roles(services):
        if role.name == name:
            return role
    raise Unknown("role", name, list_roles(services), hint="`airflow roles list` shows them.")


def create_role(services: Services, name: str, permissions: Iterable[str | Grant] = ()) -> Role:
    """`permissions`: grants, or texts as `can_read on DAGs`, `can_edit on DAG:etl`. Raises Invalid, AlreadyExists."""
    if not name.strip():
        raise Invalid("A role needs a name. Give one.")
    grants = _read(permissions)
    entry = services.audit("role.create", after={"name": name, "permissions": _texts(grants)})
    services.store.roles.create(name, grants, outbox=entry)
    return get_role(services, name)


def update_role(
    services: Services, name: str, permissions: Iterable[str | Grant], *, new_name: str | None = None
) -> Role:
    """Replace what a role may do. Raises Unknown, Invalid for a built-in role other than Public, AlreadyExists."""
    before = _changeable(services, name)
    grants = _read(permissions)
    entry = services.audit(
        "role.edit",
        before={"name": name, "permissions": _texts(before.grants)},
        after={"name": new_name or name, "permissions": _texts(grants)},
    )
    services.store.roles.set_grants(name, grants, new_name=new_name, outbox=entry)
    return get_role(services, new_name or name)


def delete_role(services: Services, name: str) -> None:
    """Take it from everybody who has it. Raises Unknown, Invalid for a built-in one."""
    role = _changeable(services, name)
    if role.is_built_in:
        raise Invalid(f"Role '{name}' is built in and stays. Take its permissions away instead.")
    entry = services.audit("role.delete", before={"name": name, "permissions": _texts(role.grants)})
    services.store.roles.delete(name, outbox=entry)


def import_roles(services: Services, rows: Any) -> list[str]:
    """Roles as Airflow's `roles export` writes them: objects with name, resource and action; the names that were written.

    Built-in roles other than Public are left as they are. Raises Invalid.
    """
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and row.get("name") for row in rows):
        raise Invalid("Roles are a list of objects with name, resource and action. Export roles to see an example.")
    wanted: dict[str, list[str | Grant]] = {}
    for row in rows:
        grants = wanted.setdefault(str(row["name"]), [])
        for action in str(row.get("action") or "").split(","):
            if action and row.get("resource"):
                grants.append(_parsed(f"{action} on {row['resource']}"))
    written = [name for name in wanted if name not in BUILT_IN_ROLES or name == PUBLIC]
    known = list_roles(services)
    for name in written:
        if name in known:
            update_role(services, name, wanted[name])
        else:
            create_role(services, name, wanted[name])
    return written


def grants_of(services: Services, names: Sequence[str]) -> frozenset[Grant]:
    """What somebody with these roles may do, what DAGs grant them by `access_control` included."""
    found: set[Grant] = set()
    for name in names:
        found |= BUILT_IN_ROLES.get(name, frozenset())
    for grants in services.store.roles.grants(names).values():
        found |= grants
    # Whoever may do everything that a DAG can grant gets nothing by reading what all DAGs say.
    if not found >= _OF_DAGS:
        for dag_id, control in services.store.dags.access_controls().items():
            for name in names:
                found |= access_grants(dag_id, control.get(name))
    return frozenset(found)


_OF_DAGS: Final = frozenset(
    {Grant(action, Resource.DAG.value) for action in (Action.READ, Action.EDIT, Action.DELETE)}
    | {Grant(action, Resource.DAG_RUN.value) for action in Action}
)


def access_grants(dag_id: str, given: Any) -> set[Grant]:
    """What a DAG's `access_control` gives one role: actions on the DAG, or resource → actions (Airflow 2.10 and later).

    What cannot be read grants nothing: a mistake in a DAG file must not open anything.
    """
    if isinstance(given, Mapping):
        prefixes = {"DAGs": DAG_PREFIX, "DAG Runs": DAG_RUN_PREFIX}
        return {
            Grant(action, prefixes[resource] + dag_id)
            for resource, actions in given.items()
            if resource in prefixes
            for action in _actions(actions)
        }
    return {Grant(action, DAG_PREFIX + dag_id) for action in _actions(given)}


def _actions(given: Any) -> list[Action]:
    known = {action.value: action for action in Action}
    return [known[word] for word in given if word in known] if isinstance(given, (list, tuple, set)) else []


def _changeable(services: Services, name: str) -> Role:
    role = get_role(services, name)
    if role.is_built_in and name != PUBLIC:
        raise Invalid(
            f"Role '{name}' is built in and cannot be changed. Create a role of your own, and give it the permissions that "
            "you want."
        )
    return role


def _read(permissions: Iterable[str | Grant]) -> list[Grant]:
    return [one if isinstance(one, Grant) else _parsed(one) for one in permissions]


def _parsed(text: str) -> Grant:
    try:
        return parse_grant(text)
    except ValueError as error:
        raise Invalid(str(error)) from None


def _texts(grants: Iterable[Grant]) -> list[str]:
    return sorted(str(grant) for grant in grants)
