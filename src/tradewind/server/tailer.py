"""News for whoever waits in this process: the outbox, read once for all.

One task reads it while anybody listens, four times a second, and hands what is new to everybody: fifty browsers cost as much
reading as one.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.concurrency import run_in_threadpool

from tradewind.core.records import OutboxRecord
from tradewind.services.session import Services

TICK_S: Final = 0.25
PAGE: Final = 5000
WAITING: Final = 200
"""Batches that a slow listener may have before him; then he is told that some were lost."""


class Tailer:
    """Reads the outbox for everybody who listens to this process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._listeners: set[asyncio.Queue[list[OutboxRecord] | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self.seq = 0

    async def listen(self) -> asyncio.Queue[list[OutboxRecord] | None]:
        """A queue of batches, each in the order of the outbox; None: some were lost, start over."""
        if self._task is None or self._task.done():
            self.seq = await run_in_threadpool(self._services.store.outbox.last_seq)
            self._task = asyncio.create_task(self._run())
        queue: asyncio.Queue[list[OutboxRecord] | None] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[list[OutboxRecord] | None]) -> None:
        self._listeners.discard(queue)

    async def _run(self) -> None:
        outbox = self._services.store.outbox
        while self._listeners:
            try:
                found = await run_in_threadpool(outbox.since, self.seq, limit=PAGE)
            except Exception:
                # The database is away: browsers keep what they show, and are told as soon as it is back.
                await asyncio.sleep(1.0)
                continue
            if found:
                self.seq = found[-1].seq
                for queue in list(self._listeners):
                    if queue.qsize() < WAITING:
                        queue.put_nowait(found)
                    elif queue.qsize() == WAITING:
                        queue.put_nowait(None)
            if len(found) < PAGE:
                await asyncio.sleep(TICK_S)

    async def hears_of_run(
        self, queue: asyncio.Queue[list[OutboxRecord] | None], run_key: int, patience_s: float
    ) -> None:
        """Returns when the run has changed (or may have), at the latest after `patience_s` seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        while (left := until - loop.time()) > 0:
            try:
                batch = await asyncio.wait_for(queue.get(), left)
            except asyncio.TimeoutError:
                return
            if batch is None or any(record.run_key == run_key and record.kind == "run" for record in batch):
                return
