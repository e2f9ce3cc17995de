"""Users, roles and permissions, as the FAB provider of Airflow 2 tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from tradewind.core.permissions import Grant
from tradewind.core.records import UserRecord
from tradewind.server.bodies import Answer, Body, Text
from tradewind.services.roles import Role as FoundRole

Name = Annotated[Text, Field(min_length=1, max_length=250)]


class RoleRef(Body):
    name: Name


class UserBody(Body):
    username: Name
    email: Name
    first_name: Name
    last_name: Name
    password: Annotated[Text, Field(min_length=1)]
    roles: list[RoleRef] = Field(default_factory=list)

    def role_names(self) -> list[str]:
        """Without a role, the user is Public, as in Airflow."""
        return [role.name for role in self.roles] or ["Public"]


class UserPatch(Body):
    username: Name | None = None
    email: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    password: Annotated[Text, Field(min_length=1)] | None = None
    roles: list[RoleRef] | None = None


class UserRole(Answer):
    name: str


class User(Answer):
    username: str
    email: str
    first_name: str
    last_name: str
    active: bool | None
    roles: list[UserRole]
    created_on: datetime | None
    changed_on: datetime | None = None
    last_login: datetime | None = None
    login_count: int | None = None
    failed_login_count: int | None = None

    @classmethod
    def of(cls, user: UserRecord) -> User:
        return cls(
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            active=user.active,
            roles=[UserRole(name=name) for name in user.roles],
            created_on=user.created_at,
            last_login=user.last_login_at,
            login_count=user.login_count,
            failed_login_count=user.failed_login_count,
        )


class UserCollection(Answer):
    users: list[User]
    total_entries: int


class Named(Answer):
    name: str


class ActionResource(Answer):
    action: Named
    resource: Named

    @classmethod
    def of(cls, grant: Grant) -> ActionResource:
        return cls(action=Named(name=grant.action.value), resource=Named(name=grant.resource))


class NamedBody(Body):
    name: Name


class ActionResourceBody(Body):
    action: NamedBody
    resource: NamedBody

    def text(self) -> str:
        return f"{self.action.name} on {self.resource.name}"


class RoleBody(Body):
    name: Name
    actions: list[ActionResourceBody] = Field(default_factory=list)


class RolePatch(Body):
    name: Name | None = None
    actions: list[ActionResourceBody] | None = None


class Role(Answer):
    name: str
    actions: list[ActionResource]

    @classmethod
    def of(cls, role: FoundRole) -> Role:
        grants = sorted(role.grants, key=lambda grant: (grant.action.value, grant.resource))
        return cls(name=role.name, actions=[ActionResource.of(grant) for grant in grants])


class RoleCollection(Answer):
    roles: list[Role]
    total_entries: int


class ActionCollection(Answer):
    actions: list[Named]
    total_entries: int


def own_fields(wanted: dict[str, Any]) -> dict[str, Any]:
    """Of the fields to change: those of `services.users.update_user`."""
    fields = {name: value for name, value in wanted.items() if name != "username" and value is not None}
    if "roles" in fields:
        fields["roles"] = [role["name"] for role in fields["roles"]]
    return fields
