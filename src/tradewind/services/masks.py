"""What was shown as `***` and comes back: it stays what it was."""

from __future__ import annotations

import json
from typing import Any

from tradewind.sdk.masking import MASK


def with_stored(text: str, stored: str | None) -> str:
    """`text` with what is stored in the place of `***`: of the whole text, or of values within its JSON."""
    if MASK not in text or stored is None:
        return text
    if text == MASK:
        return stored
    new, old = _loaded(text), _loaded(stored)
    return text if new is None or old is None else json.dumps(_unmasked(new, old))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unmasked(new: Any, old: Any) -> Any:
    if new == MASK:
        return new if old is None else old
    if isinstance(new, dict):
        known = old if isinstance(old, dict) else {}
        return {key: _unmasked(value, known.get(key)) for key, value in new.items()}
    if isinstance(new, list):
        known_items = old if isinstance(old, list) and len(old) == len(new) else [None] * len(new)
        return [_unmasked(value, was) for value, was in zip(new, known_items, strict=True)]
    return new
