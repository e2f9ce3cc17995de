"""Variables: values that DAG files share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import OutboxRecord, VariableRecord
from tradewind.sdk.masking import MASK
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.masks import with_stored
from tradewind.services.session import Services


class OnExisting(str, Enum):
    """What an import does with a variable that exists."""

    OVERWRITE = "overwrite"
    FAIL = "fail"
    SKIP = "skip"


class Imported(NamedTuple):
    written: list[str]
    skipped: list[str]


def list_variables(services: Services) -> list[VariableRecord]:
    """All variables by key."""
    return services.store.variables.list()


def variable_page(
    services: Services, page: Page, order: Sequence[Ordering] = (), key: Sequence[Pattern] = ()
) -> Found[VariableRecord]:
    """Some of the variables whose key matches all patterns; ordered by `key`, `description`, `is_encrypted`."""
    return services.store.variables.page(page, order, key)


def get_variable(services: Services, key: str) -> VariableRecord:
    """Raises Unknown, and Invalid when no fernet key opens the value."""
    found = services.store.variables.get(key)
    if found is None:
        raise _unknown(services, key)
    if found.value is None:
        raise Invalid(
            f"Variable '{key}' was encrypted with a key that is not in [core] fernet_key. Put that key back, "
            "or set the variable again."
        )
    return found


def set_variable(
    services: Services, key: str, value: Any, *, description: str | None = None, as_json: bool = False
) -> None:
    """Write a variable. With `as_json`, and for anything but text, the value is stored as JSON."""
    _check(key)
    text = json.dumps(value) if as_json else text_of(value)
    services.store.variables.set(key, text, description, outbox=_told(services, "set", key, after=_shown(description)))
    services.ring()


def add_variable(services: Services, key: str, value: Any, *, description: str | None = None) -> None:
    """A variable that was not there. Raises AlreadyExists (of the store)."""
    _check(key)
    told = _told(services, "added", key, after=_shown(description))
    services.store.variables.add(key, text_of(value), description, outbox=told)
    services.ring()


def change_variable(services: Services, key: str, changes: Mapping[str, Any]) -> VariableRecord:
    """Change `value` or `description`, or both; the variable as it is then. Raises Unknown.

    What was shown as `***` and comes back so stays as it is.
    """
    stored = services.store.variables.get(key)
    if stored is None:
        raise _unknown(services, key)
    values = dict(changes)
    if "value" in values:
        values["value"] = with_stored(text_of(values["value"]), stored.value)
    after = _shown(values.get("description", stored.description))
    told = _told(services, "set", key, before=_shown(stored.description), after=after)
    if not services.store.variables.update(key, values, outbox=told):
        raise _unknown(services, key)
    services.ring()
    return get_variable(services, key)


def delete_variable(services: Services, key: str) -> bool:
    """True when there was one."""
    stored = services.store.variables.get(key)
    before = _shown(None if stored is None else stored.description)
    return services.store.variables.delete(key, outbox=_told(services, "deleted", key, before=before))


def text_of(value: Any) -> str:
    """How a value is stored: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _check(key: str) -> None:
    if not key:
        raise Invalid("A variable needs a key. Give it one.")


def _unknown(services: Services, key: str) -> Unknown:
    return Unknown("variable", key, services.store.variables.keys(), hint="`airflow variables list` shows them.")


def _shown(description: str | None) -> dict[str, Any]:
    return {"value": MASK, "description": description}


def _told(
    services: Services,
    why: str,
    key: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> list[OutboxRecord]:
    """For live views, and for the audit log, which never has a value."""
    named = {"key": key}
    return [
        services.note("variable", why, detail=named),
        services.audit(
            f"variable.{_DONE[why]}",
            before=None if before is None else {**named, **before},
            after=None if after is None else {**named, **after},
        ),
    ]


_DONE: Final = {"set": "set", "added": "add", "deleted": "delete"}


def import_variables(
    services: Services, values: Mapping[str, Any], *, on_existing: OnExisting = OnExisting.OVERWRITE
) -> Imported:
    """Write many variables: `{key: value}`, or `{key: {"value": …, "description": …}}` as Airflow 3 exports them.

    With FAIL nothing is written when one of them exists.
    """
    existing = set(services.store.variables.keys())
    taken = [key for key in values if key in existing]
    if on_existing is OnExisting.FAIL and taken:
        raise Invalid(f"Nothing was imported: variable '{taken[0]}' exists already. Delete it, or overwrite or skip.")
    skipped = taken if on_existing is OnExisting.SKIP else []
    written = [key for key in values if key not in skipped]
    for key in written:
        value, description = values[key], None
        if isinstance(value, dict) and "value" in value and set(value) <= {"value", "description"}:
            value, description = value["value"], value.get("description")
        set_variable(services, key, value, description=description)
    return Imported(written, skipped)


def export_variables(services: Services) -> dict[str, Any]:
    """What `import_variables` reads: JSON values decoded, descriptions kept."""
    exported: dict[str, Any] = {}
    for record in list_variables(services):
        value = _decoded(record.value)
        exported[record.key] = {"description": record.description, "value": value} if record.description else value
    return exported


def _decoded(text: str | None) -> Any:
    try:
        return json.loads(text) if text is not None else None
    except ValueError:
        return text
