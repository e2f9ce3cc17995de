"""Users, roles and permissions, as the FAB provider of Airflow 2 serves them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from tradewind.core.permissions import Action
from tradewind.server.access import CallerOf
from tradewind.server.conventions import Orderings, PageOfV1, UpdateMask, changes, no_content, order_by_v1
from tradewind.server.v1.models import accounts as models
from tradewind.services import roles, users
from tradewind.services.errors import Invalid

router = APIRouter(prefix="/api/v1")

_USER_NAMES: Final = {
    "id": "username",
    "username": "username",
    "user_name": "username",
    "active": "active",
    "is_active": "active",
    **{name: name for name in ("first_name", "last_name", "email")},
}
_FIELDS: Final = ("username", "email", "first_name", "last_name", "password", "roles")


@router.get("/users", operation_id="get_users", tags=["User"])
def get_users(
    caller: CallerOf, page: PageOfV1, order: Annotated[Orderings, Depends(order_by_v1(_USER_NAMES, "id"))]
) -> models.UserCollection:
    found = users.user_page(caller.services, page, order)
    return models.UserCollection(users=[models.User.of(user) for user in found.items], total_entries=found.total)


@router.post("/users", operation_id="post_user", tags=["User"])
def post_user(body: models.UserBody, caller: CallerOf) -> models.User:
    made = users.create_user(
        caller.services,
        username=body.username,
        email=body.email,
        first_name=body.first_name,
        last_name=body.last_name,
        roles=body.role_names(),
        password=body.password,
    )
    return models.User.of(made)


@router.get("/users/{username}", operation_id="get_user", tags=["User"])
def get_user(username: str, caller: CallerOf) -> models.User:
    return models.User.of(users.find_user(caller.services, username=username))


@router.patch("/users/{username}", operation_id="patch_user", tags=["User"])
def patch_user(username: str, body: models.UserPatch, caller: CallerOf, update_mask: UpdateMask = None) -> models.User:
    if body.username not in (None, username):
        raise Invalid("A user's name cannot be changed. Leave it out, or make a user with the new name.")
    wanted = models.own_fields(changes(body, update_mask, _FIELDS))
    return models.User.of(users.update_user(caller.services, username, **wanted))


@router.delete("/users/{username}", operation_id="delete_user", tags=["User"], status_code=204)
def delete_user(username: str, caller: CallerOf) -> Response:
    users.delete_user(caller.services, username=username)
    return no_content()


@router.get("/roles", operation_id="get_roles", tags=["Role"])
def get_roles(
    caller: CallerOf, page: PageOfV1, order: Annotated[Orderings, Depends(order_by_v1(("id", "name"), "id"))]
) -> models.RoleCollection:
    found = roles.roles(caller.services)
    if order[0].name == "name":
        found.sort(key=lambda role: role.name)
    if order[0].descending:
        found.reverse()
    shown = found[page.offset : page.offset + page.limit]
    return models.RoleCollection(roles=[models.Role.of(role) for role in shown], total_entries=len(found))


@router.get("/roles/{role_name}", operation_id="get_role", tags=["Role"])
def get_role(role_name: str, caller: CallerOf) -> models.Role:
    return models.Role.of(roles.get_role(caller.services, role_name))


@router.post("/roles", operation_id="post_role", tags=["Role"])
def post_role(body: models.RoleBody, caller: CallerOf) -> models.Role:
    made = roles.create_role(caller.services, body.name, [action.text() for action in body.actions])
    return models.Role.of(made)


@router.patch("/roles/{role_name}", operation_id="patch_role", tags=["Role"])
def patch_role(role_name: str, body: models.RolePatch, caller: CallerOf, update_mask: UpdateMask = None) -> models.Role:
    wanted = changes(body, update_mask, ("name", "actions"))
    before = roles.get_role(caller.services, role_name)
    grants = before.grants if wanted.get("actions") is None else [action.text() for action in body.actions or ()]
    changed = roles.update_role(caller.services, role_name, grants, new_name=wanted.get("name"))
    return models.Role.of(changed)


@router.delete("/roles/{role_name}", operation_id="delete_role", tags=["Role"], status_code=204)
def delete_role(role_name: str, caller: CallerOf) -> Response:
    roles.delete_role(caller.services, role_name)
    return no_content()


@router.get("/permissions", operation_id="get_permissions", tags=["Permission"])
def get_permissions(page: PageOfV1) -> models.ActionCollection:
    """The actions there are; a role's `actions` say on which resources."""
    names = [action.value for action in Action]
    shown = names[page.offset : page.offset + page.limit]
    return models.ActionCollection(actions=[models.Named(name=name) for name in shown], total_entries=len(names))
