from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tradewind.core.records import PoolRecord
from tradewind.server.bodies import Answer, Body, Slots, Team, Text
from tradewind.services.pools import UsedPool

PoolName = Annotated[Text, Field(min_length=1, max_length=256)]


class PoolBody(Body):
    name: PoolName
    slots: Slots
    description: Text | None = None
    include_deferred: bool = False
    team_name: Team | None = None
    """Accepted and not kept: there are no teams."""

    def record(self) -> PoolRecord:
        return PoolRecord(
            name=self.name,
            slots=self.slots,
            description=self.description or "",
            include_deferred=self.include_deferred,
        )


class PoolPatchBody(Body):
    name: PoolName | None = Field(default=None, alias="pool")
    slots: Slots | None = None
    description: Text | None = None
    include_deferred: bool | None = None
    team_name: Team | None = None


class PoolResponse(Answer):
    name: str
    slots: int
    """-1: no limit."""
    description: str | None
    include_deferred: bool
    occupied_slots: int
    running_slots: int
    queued_slots: int
    scheduled_slots: int
    deferred_slots: int
    open_slots: int
    """-1: no limit."""
    team_name: str | None = None

    @classmethod
    def of(cls, used: UsedPool) -> PoolResponse:
        pool, usage = used
        return cls(
            name=pool.name,
            slots=pool.slots,
            description=pool.description or None,
            include_deferred=pool.include_deferred,
            occupied_slots=usage.occupied,
            running_slots=usage.running,
            queued_slots=usage.queued,
            scheduled_slots=usage.scheduled,
            deferred_slots=usage.deferred,
            open_slots=-1 if usage.open is None else usage.open,
        )


class PoolCollectionResponse(Answer):
    pools: list[PoolResponse]
    total_entries: int
