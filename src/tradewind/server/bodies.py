"""Bases of what requests and answers are made of."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_ID: Final = 2**53 - 1
"""The largest number that every JSON reader keeps exactly."""
MOST_INT: Final = 2**31 - 1
"""The largest number in a column of 32 bits."""


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text cannot hold the character NUL")
    return text


Id = Annotated[int, Field(ge=0, le=MOST_ID)]
"""The number of a row."""
Text = Annotated[str, AfterValidator(_storable)]
"""A text that any database can keep."""
Port = Annotated[int, Field(ge=0, le=MOST_INT)]
Slots = Annotated[int, Field(ge=-1, le=MOST_INT)]
Team = Annotated[Text, Field(max_length=50)]


class Body(BaseModel):
    """Of a request: what is not named here is refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Answer(BaseModel):
    """Of an answer."""

    model_config = ConfigDict(populate_by_name=True)
