"""XComs as the APIs show and change them.

A value is never made into the objects it was made of: classes of the user are imported in his tasks only. What is no plain
JSON is shown by its content.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from tradewind.core.records import RunRecord, XComRecord
from tradewind.sdk.exceptions import SerializationError
from tradewind.sdk.xcom_codec import TAG, encode, length_of
from tradewind.services.errors import Invalid, Unknown
from tradewind.services.session import Services
from tradewind.services.tasks import instance_of
from tradewind.store.errors import AlreadyExists

RESULT_KEY: Final = "return_value"
_IN_FIELD: Final = {"datetime": "at", "enum": "value", "object": "fields", "serialized": "data"}
"""Tag → the field of its content that people mean."""


def plain_value(text: str) -> Any:
    """The value of an XCom in plain JSON: a date as its text, a tuple or set as a list, an object as its fields."""
    # NaN and Infinity, which Python's json writes, are no JSON for others.
    return _plain(json.loads(text, parse_constant=str))


def _plain(data: Any) -> Any:
    if isinstance(data, list):
        return [_plain(item) for item in data]
    if not isinstance(data, dict):
        return data
    if not isinstance(data.get(TAG), str):
        return {key: _plain(item) for key, item in data.items()}
    tag, content = data[TAG], data.get("v")
    if tag == "dict" and isinstance(content, list):
        return {str(_plain(key)): _plain(item) for key, item in content}
    if tag in _IN_FIELD and isinstance(content, dict):
        content = content.get(_IN_FIELD[tag])
    return _plain(content)


def results_of(services: Services, run: RunRecord, task_ids: Sequence[str]) -> dict[str, Any]:
    """Task → what it returned; a list by map index for a mapped one. Tasks that returned nothing are left out."""
    if not task_ids:
        return {}
    found: dict[str, list[XComRecord]] = {}
    for record in services.store.xcoms.get(run.run_key, task_ids, key=RESULT_KEY):
        found.setdefault(record.task_id, []).append(record)
    return {
        task_id: plain_value(records[0].value)
        if len(records) == 1 and records[0].map_index < 0
        else [plain_value(record.value) for record in records]
        for task_id, records in found.items()
    }


def get_xcom(services: Services, run: RunRecord, task_id: str, key: str, map_index: int) -> XComRecord:
    """Raises Unknown."""
    found = services.store.xcoms.get(run.run_key, [task_id], [map_index], key)
    if not found:
        others = services.store.xcoms.get(run.run_key, [task_id], limit=100)
        raise Unknown("XCom", key, [one.key for one in others], f"task '{task_id}' of run '{run.run_id}'")
    return found[0]


def add_xcom(services: Services, run: RunRecord, task_id: str, key: str, map_index: int, value: Any) -> XComRecord:
    """A value that was not there. Raises Unknown for the task, AlreadyExists (of the store), and Invalid."""
    instance_of(services, run, task_id, map_index)
    if not key:
        raise Invalid("An XCom needs a key. Give it one.")
    if services.store.xcoms.get(run.run_key, [task_id], [map_index], key):
        raise AlreadyExists(
            "XCom", key, f"Task '{task_id}' of run '{run.run_id}' has an XCom '{key}'. Change that one."
        )
    return _set(services, run, task_id, key, map_index, value, "xcom.add")


def change_xcom(services: Services, run: RunRecord, task_id: str, key: str, map_index: int, value: Any) -> XComRecord:
    """Another value in the place of the one that is there. Raises Unknown, and Invalid."""
    get_xcom(services, run, task_id, key, map_index)
    return _set(services, run, task_id, key, map_index, value, "xcom.set")


def delete_xcom(services: Services, run: RunRecord, task_id: str, key: str, map_index: int) -> None:
    """Raises Unknown."""
    get_xcom(services, run, task_id, key, map_index)
    entry = services.audit("xcom.delete", before={"key": key}, **_place(run, task_id, map_index))
    services.store.xcoms.delete(run.run_key, task_id, map_index, key, entry)


def _set(
    services: Services,
    run: RunRecord,
    task_id: str,
    key: str,
    map_index: int,
    value: Any,
    event: str,
) -> XComRecord:
    try:
        text = encode(value)
    except SerializationError as error:
        raise Invalid(str(error)) from None
    record = XComRecord(
        run_key=run.run_key,
        task_id=task_id,
        map_index=map_index,
        key=key,
        value=text,
        length=length_of(value),
        created_at=services.now(),
    )
    # Values can be large, and may hold what nobody else should read: the log says that there was one.
    entry = services.audit(event, after={"key": key}, **_place(run, task_id, map_index))
    services.store.xcoms.set(record, entry)
    return record


def _place(run: RunRecord, task_id: str, map_index: int) -> dict[str, Any]:
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_key": run.run_key,
        "task_id": task_id,
        "map_index": map_index,
    }


def text_of(value: Any) -> str | None:
    """A value as a text: a text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
