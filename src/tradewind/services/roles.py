"""Roles and what they may do, in Airflow's words: actions on resources."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.core.permissions import BUILT_IN_ROLES, Grant
from tradewind.services.errors import Unknown
from tradewind.services.session import Services
from tradewind.services.users import list_roles


class Role(NamedTuple):
    name: str
    grants: tuple[Grant, ...]
    """By action, then by resource."""


def roles(services: Services) -> list[Role]:
    """The mightiest first."""
    return [Role(name, _sorted(BUILT_IN_ROLES.get(name, frozenset()))) for name in list_roles(services)]


def get_role(services: Services, name: str) -> Role:
    """Raises Unknown."""
    known = roles(services)
    for role in known:
        if role.name == name:
            return role
    raise Unknown("role", name, [role.name for role in known])


def _sorted(grants: frozenset[Grant]) -> tuple[Grant, ...]:
    return tuple(sorted(grants, key=lambda grant: (grant.action.value, grant.resource)))
