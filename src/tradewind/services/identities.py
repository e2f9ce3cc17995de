"""Which user somebody is who comes from an OpenID Connect provider."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from tradewind.core.records import UserRecord
from tradewind.services.errors import ServiceError, Unknown
from tradewind.services.session import Services
from tradewind.services.users import create_user, find_user, random_password, update_user
from tradewind.store.errors import UserExists
from tradewind.store.users import Identity

WHO: Final = "api:oidc"


class NotAdmitted(ServiceError):
    """The provider knows him; here he may not log in. The text says why, and what an administrator can do."""


class Profile(NamedTuple):
    """What the provider tells of somebody."""

    identity: Identity
    username: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""


class Rules(NamedTuple):
    """What the configuration says."""

    roles: tuple[str, ...]
    """For him, by the mapping of his groups or else the default; none: he may not log in."""
    follow_roles: bool
    """The provider decides at every login; False: at the first one only."""
    bind_by_name: bool
    """Whoever comes with the name of a user that is not bound yet, is that user."""


def admit(services: Services, profile: Profile, rules: Rules) -> UserRecord:
    """The user, made at the first login. Raises NotAdmitted, and Unknown for a role that does not exist.

    An account of a provider is known by issuer and subject (OpenID Connect Core, 5.7). The name that it comes with is only
    a wish: many providers let people choose it, and nobody becomes `admin` here by calling himself so there.
    """
    own = replace(services, who=WHO)
    known = services.store.users.by_identity(profile.identity)
    if known is None and rules.roles:
        known = _bound_by_name(own, profile, rules)
    if not rules.roles and (known is None or rules.follow_roles):
        raise NotAdmitted(f"'{profile.username}' has no role here. An administrator can give one.")
    if known is None:
        return _created(own, profile, rules)
    if not known.active:
        raise NotAdmitted(f"User '{known.username}' is switched off. Ask an administrator.")
    if rules.follow_roles and set(rules.roles) != set(known.roles):
        return update_user(own, known.username, roles=list(rules.roles))
    return known


def _bound_by_name(services: Services, profile: Profile, rules: Rules) -> UserRecord | None:
    try:
        found = find_user(services, username=profile.username)
    except Unknown:
        return None
    if not rules.bind_by_name:
        raise NotAdmitted(
            f"There is a user '{profile.username}' already, who is not known to be you. An administrator can delete that "
            "user, or set [oidc] bind_by_name = True when the provider's names can be trusted."
        )
    entry = services.audit("user.bind", after={"username": found.username, "issuer": profile.identity.issuer})
    services.store.users.bind(found.username, profile.identity, outbox=entry)
    return found


def _created(services: Services, profile: Profile, rules: Rules) -> UserRecord:
    try:
        return create_user(
            services,
            username=profile.username,
            email=profile.email,
            first_name=profile.first_name,
            last_name=profile.last_name,
            roles=rules.roles,
            # Nobody knows it: he logs in by the provider only, unless an administrator gives him another one.
            password=random_password() + random_password(),
            identity=profile.identity,
        )
    except UserExists:
        raise NotAdmitted(
            f"Another user has the e-mail '{profile.email}', so '{profile.username}' could not be made. An administrator can "
            "change that e-mail."
        ) from None
