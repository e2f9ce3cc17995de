"""Variables: values that DAG files share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from tradewind.core.records import VariableRecord
from tradewind.services.errors import Invalid, Unknown
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


def get_variable(services: Services, key: str) -> VariableRecord:
    """Raises Unknown, and Invalid when no fernet key opens the value."""
    found = services.store.variables.get(key)
    if found is None:
        raise Unknown("variable", key, services.store.variables.keys(), hint="`airflow variables list` shows them.")
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
    if not key:
        raise Invalid("A variable needs a key. Give it one.")
    text = json.dumps(value) if as_json or not isinstance(value, str) else value
    services.store.variables.set(key, text, description, outbox=services.note("variable", "set", detail={"key": key}))
    services.ring()


def delete_variable(services: Services, key: str) -> bool:
    """True when there was one."""
    return services.store.variables.delete(key, outbox=services.note("variable", "deleted", detail={"key": key}))


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
