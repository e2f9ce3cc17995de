"""XCom values as JSON text.

Plain JSON stays plain JSON, so other programs can read it. Everything else is an object with one key `__tw`, the tag, and
its content under `v`. A mapping of the user that has such a key itself is wrapped, so decoding gives back what was encoded.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import enum
import importlib
import json
import sys
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from tradewind.sdk.allowed_classes import is_allowed
from tradewind.sdk.exceptions import SerializationError

TAG = "__tw"
_MAX_DEPTH = 200

Encoded = tuple[str, Any]


def encode(value: Any) -> str:
    """JSON text of `value`. Raises SerializationError saying which part of it cannot be kept, and what to do."""
    return json.dumps(_plain(value, "", 0), separators=(",", ":"), allow_nan=True)


def decode(text: str) -> Any:
    """Inverse of `encode`; text that others wrote as plain JSON is read as well."""
    return _value(json.loads(text))


def length_of(value: Any) -> int | None:
    """Number of items when a task can be mapped over `value`, else None."""
    if isinstance(value, (list, tuple, dict)) or (hasattr(value, "__len__") and hasattr(value, "__getitem__")):
        return None if isinstance(value, (str, bytes, bytearray)) else len(value)
    return None


# --- encoding ----------------------------------------------------------------------------------------------------------------


def _plain(value: Any, path: str, depth: int) -> Any:
    if value is None or value is True or value is False or type(value) in (str, int, float):
        return value
    if depth > _MAX_DEPTH:
        raise SerializationError(f"The XCom value is nested more than {_MAX_DEPTH} deep at {path or 'its top'}.")
    if type(value) is list:
        return [_plain(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
    if type(value) is dict:
        return _mapping(value, path, depth)
    encoded = _tagged(value, path, depth)
    if encoded is not None:
        tag, content = encoded
        return {TAG: tag, "v": content}
    raise SerializationError(_cannot(value, path))


def _cannot(value: Any, path: str) -> str:
    name = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    where = f" at {path.lstrip('.')}" if path else ""
    return (
        f"An XCom cannot keep a {name}{where}: return JSON values, dates, dataclasses, or arrays and data frames of numpy "
        "and pandas. For anything else, write a file and return its path."
    )


def _mapping(value: Mapping[Any, Any], path: str, depth: int) -> Any:
    if all(type(key) is str for key in value) and TAG not in value:
        return {key: _plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    pairs = [
        [_plain(key, f"{path} (key)", depth + 1), _plain(item, f"{path}[{key!r}]", depth + 1)]
        for key, item in value.items()
    ]
    return {TAG: "dict", "v": pairs}


def _tagged(value: Any, path: str, depth: int) -> Encoded | None:
    def inner(item: Any) -> Any:
        return _plain(item, path, depth + 1)

    # First, because their scalars pass for Python's own: a missing time is a datetime to `isinstance`.
    encode_foreign = _FOREIGN.get(type(value).__module__.split(".")[0])
    if encode_foreign is not None:
        return encode_foreign(value, inner)
    for kind, tag, give in _SIMPLE:
        if isinstance(value, kind):
            return tag, give(value)
    if isinstance(value, enum.Enum):
        return "enum", {"type": _name_of(type(value)), "value": inner(value.value)}
    if isinstance(value, (str, int, float)):
        # Subclasses (numpy.float64, lazy text …) become their plain value.
        base = next(kind for kind in (str, int, float) if isinstance(value, kind))
        return "plain", base(value)
    if isinstance(value, tuple):
        return "tuple", [inner(item) for item in value]
    if isinstance(value, (set, frozenset)):
        tag = "set" if isinstance(value, set) else "frozenset"
        return tag, [inner(item) for item in sorted(value, key=repr)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.init}
        return "object", {"type": _name_of(type(value)), "fields": _mapping(fields, path, depth)}
    if hasattr(type(value), "__attrs_attrs__"):
        named = {one.name.lstrip("_"): getattr(value, one.name) for one in type(value).__attrs_attrs__ if one.init}
        return "object", {"type": _name_of(type(value)), "fields": _mapping(named, path, depth)}
    if isinstance(value, Mapping):
        return "plain", _mapping(dict(value), path, depth)
    serialize = getattr(value, "serialize", None)
    if callable(serialize) and hasattr(type(value), "deserialize"):
        return "serialized", {
            "type": _name_of(type(value)),
            "version": getattr(type(value), "__version__", 1),
            "data": inner(serialize()),
        }
    # Lazy results of mapped tasks and the like: any other sequence is kept as a list.
    is_sequence = all(hasattr(type(value), name) for name in ("__len__", "__getitem__", "__iter__"))
    if is_sequence and not isinstance(value, memoryview) and not hasattr(value, "dtype"):
        return "plain", [inner(item) for item in value]
    return None


def _name_of(kind: type[Any]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _moment(value: dt.datetime) -> Any:
    zone = value.tzinfo
    name = getattr(zone, "key", None) or getattr(zone, "name", None)
    return {"at": value.isoformat(), "zone": name if isinstance(name, str) else None, "fold": value.fold}


_SIMPLE: list[tuple[type[Any], str, Callable[[Any], Any]]] = [
    (dt.datetime, "datetime", _moment),
    (dt.date, "date", lambda value: value.isoformat()),
    (dt.time, "time", lambda value: value.isoformat()),
    (dt.timedelta, "timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    (Decimal, "decimal", str),
    (uuid.UUID, "uuid", str),
    (bytes, "bytes", lambda value: base64.b64encode(value).decode()),
    (bytearray, "bytearray", lambda value: base64.b64encode(value).decode()),
    (PurePath, "path", str),
    (complex, "complex", lambda value: [value.real, value.imag]),
]


def _numpy(value: Any, inner: Callable[[Any], Any]) -> Encoded | None:
    if type(value).__name__ == "ndarray":
        if value.dtype.names is not None:
            # Arrays of records: their layout is more than a type's name says.
            return None
        if value.dtype.hasobject:
            return "ndarray", {"dtype": "object", "shape": list(value.shape), "items": inner(value.ravel().tolist())}
        data = base64.b64encode(value.tobytes()).decode()
        return "ndarray", {"dtype": value.dtype.str, "shape": list(value.shape), "data": data}
    if type(value).__name__ in ("datetime64", "timedelta64"):
        # Finer than a microsecond, `item()` would give a bare number.
        value = value.astype(f"{type(value).__name__}[us]")
    return ("plain", inner(value.item())) if hasattr(value, "item") else None


def _pandas(value: Any, inner: Callable[[Any], Any]) -> Encoded | None:
    kind = type(value).__name__
    if kind == "Timestamp":
        return "plain", inner(value.to_pydatetime(warn=False))
    if kind == "Timedelta":
        return "plain", inner(value.to_pytimedelta())
    if kind in ("NaTType", "NAType"):
        return "plain", None
    if kind not in ("DataFrame", "Series") and not kind.endswith("Index"):
        return None
    labels = [] if kind.endswith("Index") else [value.index, *([value.columns] if kind == "DataFrame" else [])]
    if any(hasattr(label, "levels") for label in (value, *labels)):
        # Labels of several levels.
        return None

    def column(one: Any) -> Any:
        # What numpy has no type for (categories, times with a zone …) travels as single values.
        plain = hasattr(one.dtype, "descr")
        items = one.to_numpy() if plain else one.astype(object).tolist()
        return {"name": inner(one.name), "dtype": str(one.dtype), "items": inner(items)}

    content: dict[str, Any] = {"kind": kind, "index": [column(label) for label in labels[:1]]}
    if kind == "DataFrame":
        content["labels"] = column(value.columns)
        content["columns"] = [column(value.iloc[:, place]) for place in range(value.shape[1])]
    else:
        content["columns"] = [column(value)]
    return "frame", content


_FOREIGN: dict[str, Callable[[Any, Callable[[Any], Any]], Encoded | None]] = {"numpy": _numpy, "pandas": _pandas}


# --- decoding ----------------------------------------------------------------------------------------------------------------


def _value(data: Any) -> Any:
    if isinstance(data, list):
        return [_value(item) for item in data]
    if isinstance(data, dict):
        if TAG in data and isinstance(data[TAG], str):
            return _untagged(data[TAG], data.get("v"))
        return {key: _value(item) for key, item in data.items()}
    return data


def _untagged(tag: str, content: Any) -> Any:
    read = _READ.get(tag)
    if read is None:
        raise SerializationError(f"An XCom has a part of kind {tag!r}, which this version of tradewind does not know.")
    return read(content)


def _read_moment(content: Mapping[str, Any]) -> Any:
    value = dt.datetime.fromisoformat(content["at"])
    if content.get("zone") is None:
        return value
    import pendulum

    return pendulum.instance(value).in_timezone(content["zone"])


def _class_of(name: str, *, or_standard: bool = False) -> Any:
    """The class of a stored object. Nothing is imported unless it is allowed; it must still be importable then.

    `or_standard`: what the standard library defines is allowed, too.
    """
    module, _, qualname = name.partition(":")
    is_standard = or_standard and module.partition(".")[0] in sys.stdlib_module_names and module in sys.modules
    if not (is_standard or is_allowed(module, qualname)):
        raise SerializationError(
            f"An XCom holds a {module}.{qualname}, and such a class is not made from a stored text unless that is allowed: add "
            f"{module}.{qualname} to [core] allowed_deserialization_classes, or define the class in a file of the DAGs folder."
        )
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise SerializationError(
            f"An XCom holds a {qualname} of module {module!r}, which cannot be imported here ({error}): define the class in a "
            "module that every task can import, not inside a function."
        ) from error
    return found


def _read_object(content: Mapping[str, Any]) -> Any:
    kind = _class_of(content["type"])
    if not (dataclasses.is_dataclass(kind) or hasattr(kind, "__attrs_attrs__")):
        raise SerializationError(f"{content['type']} is no longer a dataclass or attrs class: the XCom cannot be read.")
    return kind(**_value(content["fields"]))


def _read_enum(content: Mapping[str, Any]) -> Any:
    # An http.HTTPStatus, for example: making one calls nothing.
    kind = _class_of(content["type"], or_standard=True)
    if not (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        raise SerializationError(f"{content['type']} is no longer an enum: the XCom cannot be read.")
    return kind(_value(content["value"]))


def _read_serialized(content: Mapping[str, Any]) -> Any:
    kind = _class_of(content["type"])
    if not callable(getattr(kind, "deserialize", None)):
        raise SerializationError(f"{content['type']} has no deserialize(): the XCom cannot be read.")
    return kind.deserialize(_value(content["data"]), content["version"])


def _read_array(content: Mapping[str, Any]) -> Any:
    import numpy  # type: ignore[import-not-found,unused-ignore]

    if "items" in content:
        array = numpy.empty(len(content["items"]), dtype=object)
        array[:] = _value(content["items"])
    else:
        array = numpy.frombuffer(base64.b64decode(content["data"]), dtype=numpy.dtype(content["dtype"])).copy()
    return array.reshape(content["shape"])


def _read_frame(content: Mapping[str, Any]) -> Any:
    import pandas  # type: ignore[import-untyped,import-not-found,unused-ignore]

    def column(one: Mapping[str, Any]) -> Any:
        return pandas.Series(_value(one["items"]), dtype=one["dtype"], name=_value(one["name"]))

    def label(one: Mapping[str, Any]) -> Any:
        return pandas.Index(column(one), name=_value(one["name"]))

    columns = [column(one) for one in content["columns"]]
    if content["kind"] not in ("DataFrame", "Series"):
        return label(content["columns"][0])
    index = label(content["index"][0])
    for one in columns:
        one.index = index
    if content["kind"] == "Series":
        return columns[0]
    frame = pandas.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = label(content["labels"])
    return frame


_READ: dict[str, Callable[[Any], Any]] = {
    "plain": _value,
    "dict": lambda pairs: {_value(key): _value(item) for key, item in pairs},
    "tuple": lambda items: tuple(_value(item) for item in items),
    "set": lambda items: {_value(item) for item in items},
    "frozenset": lambda items: frozenset(_value(item) for item in items),
    "datetime": _read_moment,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda parts: dt.timedelta(days=parts[0], seconds=parts[1], microseconds=parts[2]),
    "decimal": Decimal,
    "uuid": uuid.UUID,
    "bytes": base64.b64decode,
    "bytearray": lambda text: bytearray(base64.b64decode(text)),
    "path": lambda text: importlib.import_module("pathlib").Path(text),
    "complex": lambda parts: complex(*parts),
    "enum": _read_enum,
    "object": _read_object,
    "serialized": _read_serialized,
    "ndarray": _read_array,
    "frame": _read_frame,
}
