"""The template fields of a task as they were rendered: what the UI and `tasks render` show."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

Redact = Callable[[Any, str], Any]


def filled_fields(task: Any) -> dict[str, Any]:
    """The template fields that are not empty."""
    values = {field: getattr(task, field, None) for field in task.template_fields}
    return {
        field: value
        for field, value in values.items()
        if value is not None and not (isinstance(value, (str, list, tuple, dict, set)) and not value)
    }


def rendered_fields(fields: Mapping[str, Any], redact: Redact, max_length: int) -> str:
    """JSON text of {field: value}.

    Secrets are masked first, by value and by key name. What JSON has no form for becomes text; a value longer than
    `max_length` characters is cut and says so.
    """
    shown = {field: redact(_plain(value), field) for field, value in fields.items()}
    text = json.dumps(shown, ensure_ascii=False)
    if len(text) <= max_length:
        return text
    return json.dumps({field: _cut(value, max_length) for field, value in shown.items()}, ensure_ascii=False)


def _plain(value: Any, depth: int = 0) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if depth < 8:
        # Before the question for a Mapping, which is one for the registry of an abstract class.
        if isinstance(value, (list, tuple)):
            return [_plain(item, depth + 1) for item in value]
        if isinstance(value, (dict, Mapping)):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (set, frozenset)):
            return sorted((_plain(item, depth + 1) for item in value), key=repr)
    if callable(value) and hasattr(value, "__qualname__"):
        return f"<callable {value.__module__}.{value.__qualname__}>"
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _cut(value: Any, max_length: int) -> Any:
    if isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    if len(text) <= max_length:
        return value
    note = f"… (cut: {len(text):,} characters, [core] max_templated_field_length is {max_length:,})"
    return text[: max(0, max_length - len(note))] + note
