"""`GET /ui/stream`: server-sent events with what changed, from the outbox.

What came together is told together: one notice for each run, one for each task
instance, and for a run of which more than MANY instances changed, one that says how many.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tradewind.core.moments import encode_moment
from tradewind.core.records import OutboxRecord
from tradewind.server.access import Caller, CallerOf
from tradewind.server.tailer import Tailer
from tradewind.server.ui.shapes import Notice
from tradewind.services.session import Services

HEARTBEAT_S: Final = 15.0
LONGEST_S: Final = 1800.0
MANY: Final = 500
"""Changes of one run in a tick; more are told as a number."""
REPLAY: Final = 20_000
"""A listener who missed more changes than so many is told to ask for everything anew."""
_KINDS: Final = frozenset(
    {"run", "task", "dag", "pool", "variable", "connection", "import_error", "backfill", "health"}
)
_encode = msgspec.json.Encoder(enc_hook=encode_moment).encode

Told = dict[str, Any]


def notices_of(records: Iterable[OutboxRecord], caller: Caller) -> list[Told]:
    """What a caller is told of some changes: the newest state of everything that changed, in the order of the outbox."""
    latest: dict[tuple[str, ...], Told] = {}
    per_run: dict[tuple[str, str], int] = {}
    for record in records:
        if record.kind not in _KINDS or (record.dag_id and not caller.sees(record.dag_id)):
            continue
        key = (record.kind, record.dag_id, record.run_id, record.task_id, str(record.map_index))
        if record.kind == "task" and key not in latest:
            run = (record.dag_id, record.run_id)
            per_run[run] = per_run.get(run, 0) + 1
        latest.pop(key, None)
        latest[key] = {
            "seq": record.seq,
            "kind": record.kind,
            "dag_id": record.dag_id,
            "run_id": record.run_id,
            "task_id": record.task_id,
            "map_index": record.map_index,
            "state": record.new,
            "at": record.at,
            "count": 1,
        }
    many = {run for run, count in per_run.items() if count > MANY}
    told: list[Told] = []
    summed: dict[tuple[str, str], Told] = {}
    for notice in latest.values():
        run = (notice["dag_id"], notice["run_id"])
        if notice["kind"] == "task" and run in many:
            summed[run] = {**notice, "kind": "run", "task_id": "", "map_index": -1, "state": "", "count": per_run[run]}
        else:
            told.append(notice)
    return sorted([*told, *summed.values()], key=lambda notice: notice["seq"])


def stream_routes(services: Services, tailer: Tailer) -> APIRouter:
    router = APIRouter()

    @router.get(
        "/ui/stream", operation_id="stream", response_class=StreamingResponse, responses={200: {"model": Notice}}
    )
    async def stream(request: Request, caller: CallerOf, since: int | None = None) -> StreamingResponse:
        last = request.headers.get("last-event-id", "")
        start = int(last) if last.isdigit() and len(last) < 19 else since
        return StreamingResponse(
            events(tailer, services, caller, start),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


async def events(tailer: Tailer, services: Services, caller: Caller, start: int | None) -> AsyncIterator[bytes]:
    """The text of the stream, from behind `start` (None: from now on), until it is old enough to be opened anew."""
    queue = await tailer.listen()
    ends_at = time.monotonic() + LONGEST_S * random.uniform(0.9, 1.1)
    try:
        now = tailer.seq
        yield b": listening\n\n"
        if start is not None and start != now:
            missed = await run_in_threadpool(_missed, services, start, now)
            if missed is None:
                yield reset(now, services.now())
            else:
                for notice in notices_of(missed, caller):
                    yield event(notice)
        told = max(now, start or 0) if start is None or start <= now else now
        # Who has heard nothing yet must know where he stands, too: else he would miss what happens while he is cut off.
        yield here(told)
        while (left := ends_at - time.monotonic()) > 0:
            try:
                batch = await asyncio.wait_for(queue.get(), min(HEARTBEAT_S, left))
            except asyncio.TimeoutError:
                yield here(told)
                continue
            if batch is None:
                while not queue.empty():
                    queue.get_nowait()
                told = tailer.seq
                yield reset(told, services.now())
                continue
            fresh = [record for record in batch if record.seq > told]
            if fresh:
                told = fresh[-1].seq
            text = b"".join(event(notice) for notice in notices_of(fresh, caller))
            if text:
                yield text
    finally:
        tailer.leave(queue)


def _missed(services: Services, start: int, now: int) -> list[OutboxRecord] | None:
    """Changes behind `start` up to `now`; None when they are too many, or not all there any more."""
    if start > now or now - start > REPLAY:
        return None
    found = [record for record in services.store.outbox.since(start, limit=REPLAY) if record.seq <= now]
    # Old rows are cleaned away from the beginning: the first one shows whether something is missing.
    return found if not found or found[0].seq <= start + MANY else None


def here(seq: int) -> bytes:
    """Nothing new up to this number: no event, and a sign of life."""
    return b": beat\nid: %d\n\n" % seq


def event(notice: Told) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (notice["seq"], _encode(notice))


def reset(seq: int, at: datetime) -> bytes:
    body = {"seq": seq, "kind": "reset", "at": at}
    return b"event: reset\nid: %d\ndata: %b\n\n" % (seq, _encode(body))
