from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field, JsonValue

from tradewind.core.records import VariableRecord
from tradewind.sdk.masking import MASKER
from tradewind.server.bodies import Answer, Body, Team, Text


class VariableBody(Body):
    key: Annotated[Text, Field(min_length=1, max_length=250)]
    value: JsonValue
    description: Text | None = None
    team_name: Team | None = None
    """Accepted and not kept: there are no teams."""


class VariableResponse(Answer):
    key: str
    value: str | None
    """As it is stored, with `***` for what is secret by its name."""
    description: str | None
    is_encrypted: bool
    team_name: str | None = None

    @classmethod
    def of(cls, record: VariableRecord) -> VariableResponse:
        return cls(
            key=record.key,
            value=_shown(record),
            description=record.description,
            is_encrypted=record.is_encrypted,
        )


class VariableCollectionResponse(Answer):
    variables: list[VariableResponse]
    total_entries: int


def _shown(record: VariableRecord) -> str | None:
    if record.value is None:
        return None
    try:
        value: Any = json.loads(record.value)
    except ValueError:
        value = None
    if not isinstance(value, (dict, list)):
        return str(MASKER.redact(record.value, record.key))
    shown = MASKER.redact(value, record.key)
    return record.value if shown == value else json.dumps(shown)
