"""Short words for the tables of needs."""

from __future__ import annotations

from typing import Final

from tradewind.core.permissions import Action, Need, Resource

PUBLIC: Final = None
"""Answers anybody, logged in or not."""
LOGIN: Final[tuple[Need, ...]] = ()
"""Anybody who is logged in."""


def read(*resources: Resource) -> tuple[Need, ...]:
    return tuple(Need(Action.READ, resource) for resource in resources)


def edit(*resources: Resource) -> tuple[Need, ...]:
    return tuple(Need(Action.EDIT, resource) for resource in resources)


def create(*resources: Resource) -> tuple[Need, ...]:
    return tuple(Need(Action.CREATE, resource) for resource in resources)


def delete(*resources: Resource) -> tuple[Need, ...]:
    return tuple(Need(Action.DELETE, resource) for resource in resources)
