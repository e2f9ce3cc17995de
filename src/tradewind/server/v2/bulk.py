"""Bulk requests (PATCH on a collection): their bodies and answers, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field

from tradewind.core.permissions import Action, Resource
from tradewind.server.access import Caller
from tradewind.server.bodies import Answer, Body, Text
from tradewind.server.errors import Forbidden, status_of
from tradewind.services.bulk import Bulk, OnExisting, OnMissing, Outcome

E = TypeVar("E")


class BulkCreateAction(Body, Generic[E]):
    action: Literal["create"]
    entities: list[E]
    action_on_existence: OnExisting = OnExisting.FAIL


class BulkUpdateAction(Body, Generic[E]):
    action: Literal["update"]
    entities: list[E]
    update_mask: list[str] | None = None
    action_on_non_existence: OnMissing = OnMissing.FAIL


class BulkDeleteAction(Body, Generic[E]):
    action: Literal["delete"]
    entities: list[Text | E]
    """Keys, or things that name their key."""
    action_on_non_existence: OnMissing = OnMissing.FAIL


class BulkBody(Body, Generic[E]):
    actions: list[
        Annotated[BulkCreateAction[E] | BulkUpdateAction[E] | BulkDeleteAction[E], Field(discriminator="action")]
    ]


class BulkActionResponse(Answer):
    success: list[str] = Field(default_factory=list)
    errors: list[dict[str, Any]] = Field(default_factory=list)


class BulkResponse(Answer):
    """What was done, for each kind of action that was asked for."""

    create: BulkActionResponse | None = None
    update: BulkActionResponse | None = None
    delete: BulkActionResponse | None = None


def carry_out(bulk: Bulk[E], body: BulkBody[E], caller: Caller, resource: Resource) -> BulkResponse:
    """Does the actions in their order. Raises Forbidden, before the first, when one of them is not the caller's to do."""
    for action in {_ACTIONS[action.action] for action in body.actions}:
        if not caller.may(action, resource):
            raise Forbidden(
                f"User '{caller.username}' lacks the permission '{action.value} on {resource.value}'. "
                "An administrator can give a role that has it."
            )
    answers: dict[str, BulkActionResponse] = {}
    for action_body in body.actions:
        outcome = _one(bulk, action_body)
        answer = answers.setdefault(action_body.action, BulkActionResponse())
        answer.success += outcome.success
        answer.errors += [{"error": str(error), "status_code": status_of(error)} for error in outcome.errors]
    return BulkResponse(**answers)


_ACTIONS = {"create": Action.CREATE, "update": Action.EDIT, "delete": Action.DELETE}


def _one(bulk: Bulk[E], body: BulkCreateAction[E] | BulkUpdateAction[E] | BulkDeleteAction[E]) -> Outcome:
    if isinstance(body, BulkCreateAction):
        return bulk.create_all(body.entities, body.action_on_existence)
    if isinstance(body, BulkUpdateAction):
        return bulk.update_all(body.entities, body.update_mask, body.action_on_non_existence)
    keys: Sequence[str] = [one if isinstance(one, str) else bulk.key_of(one) for one in body.entities]
    return bulk.delete_all(keys, body.action_on_non_existence)
