from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tradewind.core.records import VariableRecord
from tradewind.server.bodies import Answer, Body, Text

Key = Annotated[Text, Field(min_length=1, max_length=250)]


class VariableBody(Body):
    key: Key
    value: Text
    description: Text | None = None


class VariablePatch(Body):
    key: Key | None = None
    value: Text | None = None
    description: Text | None = None


class Variable(Answer):
    key: str
    value: str
    description: str | None

    @classmethod
    def of(cls, record: VariableRecord) -> Variable:
        """Airflow 2 shows the value to whoever may read variables. An unreadable one is an empty text in a list."""
        return cls(key=record.key, value=record.value or "", description=record.description)


class VariableCollection(Answer):
    variables: list[Variable]
    total_entries: int
