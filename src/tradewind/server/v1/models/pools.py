from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tradewind.core.records import PoolRecord
from tradewind.server.bodies import Answer, Body, Slots, Text
from tradewind.services.pools import UsedPool

PoolName = Annotated[Text, Field(min_length=1, max_length=256)]


class PoolBody(Body):
    name: PoolName
    slots: Slots
    description: Text | None = None
    include_deferred: bool = False

    def record(self) -> PoolRecord:
        return PoolRecord(
            name=self.name,
            slots=self.slots,
            description=self.description or "",
            include_deferred=self.include_deferred,
        )


class PoolPatch(Body):
    name: PoolName | None = None
    slots: Slots | None = None
    description: Text | None = None
    include_deferred: bool | None = None


class Pool(Answer):
    name: str
    slots: int
    """-1: no limit."""
    occupied_slots: int
    running_slots: int
    queued_slots: int
    scheduled_slots: int
    open_slots: int
    """-1: no limit."""
    deferred_slots: int
    description: str | None
    include_deferred: bool

    @classmethod
    def of(cls, used: UsedPool) -> Pool:
        pool, usage = used
        return cls(
            name=pool.name,
            slots=pool.slots,
            occupied_slots=usage.occupied,
            running_slots=usage.running,
            queued_slots=usage.queued,
            scheduled_slots=usage.scheduled,
            open_slots=-1 if usage.open is None else usage.open,
            deferred_slots=usage.deferred,
            description=pool.description or None,
            include_deferred=pool.include_deferred,
        )


class PoolCollection(Answer):
    pools: list[Pool]
    total_entries: int
