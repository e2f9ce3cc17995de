"""Users and roles, for those who look after them."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tradewind.core.permissions import Action, Resource
from tradewind.core.records import UserRecord
from tradewind.server.access import CallerOf
from tradewind.server.ui import shapes
from tradewind.services import roles as role_service
from tradewind.services import users as user_service
from tradewind.services.errors import Invalid
from tradewind.services.session import Services

router = APIRouter()


class UserIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: str = Field(max_length=200)
    first_name: str = ""
    last_name: str = ""
    email: str
    roles: list[str]
    password: str | None = None
    active: bool = True


class UserPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    roles: list[str] | None = None
    password: str | None = None
    active: bool | None = None


class RoleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    permissions: list[str]


@router.get("/ui/users", operation_id="list_users", response_model=shapes.UserList)
def list_users(caller: CallerOf) -> shapes.UserList:
    counts = caller.services.store.logins.counts()
    users = user_service.list_users(caller.services)
    return shapes.UserList(users=[_user(user, counts.get(user.username, 0)) for user in users])


@router.post("/ui/users", operation_id="create_user", response_model=shapes.UserRow, status_code=201)
def create_user(caller: CallerOf, body: UserIn) -> shapes.UserRow:
    if not body.password:
        raise Invalid("A user needs a password. Give one.")
    made = user_service.create_user(
        caller.services,
        username=body.username,
        email=body.email,
        first_name=body.first_name,
        last_name=body.last_name,
        roles=body.roles,
        password=body.password,
        active=body.active,
    )
    return _user(made, 0)


@router.patch("/ui/users/{username}", operation_id="update_user", response_model=shapes.UserRow)
def update_user(caller: CallerOf, username: str, body: UserPatch) -> shapes.UserRow:
    changes = body.model_dump(exclude_none=True)
    password = changes.pop("password", None)
    if username == caller.username and changes.get("active") is False:
        raise Invalid("You cannot switch yourself off. Ask another administrator.")
    changed = user_service.update_user(caller.services, username, password, **changes)
    return _user(changed, _sessions(caller.services, username))


@router.delete("/ui/users/{username}", operation_id="delete_user", status_code=204)
def delete_user(caller: CallerOf, username: str) -> None:
    if username == caller.username:
        raise Invalid("You cannot delete yourself. Ask another administrator.")
    user_service.delete_user(caller.services, username=username)


@router.get("/ui/roles", operation_id="list_roles", response_model=shapes.RoleList)
def list_roles(caller: CallerOf) -> shapes.RoleList:
    return shapes.RoleList(
        roles=[_role(role) for role in role_service.roles(caller.services)],
        actions=[action.value for action in Action],
        resources=[resource.value for resource in Resource],
    )


@router.post("/ui/roles", operation_id="create_role", response_model=shapes.RoleRow, status_code=201)
def create_role(caller: CallerOf, body: RoleIn) -> shapes.RoleRow:
    return _role(role_service.create_role(caller.services, body.name, body.permissions))


@router.patch("/ui/roles/{name}", operation_id="update_role", response_model=shapes.RoleRow)
def update_role(caller: CallerOf, name: str, body: RoleIn) -> shapes.RoleRow:
    return _role(role_service.update_role(caller.services, name, body.permissions, new_name=body.name))


@router.delete("/ui/roles/{name}", operation_id="delete_role", status_code=204)
def delete_role(caller: CallerOf, name: str) -> None:
    role_service.delete_role(caller.services, name)


def _sessions(services: Services, username: str) -> int:
    return len(services.store.logins.of_user(username))


def _user(user: UserRecord, sessions: int) -> shapes.UserRow:
    return shapes.UserRow(
        username=user.username,
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        roles=list(user.roles),
        active=user.active,
        created_at=user.created_at,
        last_login_at=user.last_login_at,
        login_count=user.login_count,
        failed_login_count=user.failed_login_count,
        sessions=sessions,
    )


def _role(role: role_service.Role) -> shapes.RoleRow:
    return shapes.RoleRow(
        name=role.name,
        is_built_in=role.is_built_in,
        permissions=sorted(str(grant) for grant in role.grants),
        users=role.users,
    )
