"""Answers of the views: plain values, encoded at once.

The shape beside a route is for the document; that the values have it is what `tests/server/ui` checks. Validating every
answer again would cost more than making it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Response

from tradewind.core.moments import encode_moment

# Planned runs are pendulum's times, which msgspec takes for unknown.
_encode = msgspec.json.Encoder(enc_hook=encode_moment).encode


def answer(value: Any, status: int = 200) -> Response:
    return Response(_encode(value), status, media_type="application/json")
