"""What an XCom can keep, and that it comes back the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.sdk import xcom_codec
from tradewind.sdk.exceptions import SerializationError


@pytest.fixture(autouse=True)
def own_classes_are_allowed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES", f"airflow.* {__name__}.*")


@dataclasses.dataclass
class Point:
    x: int
    y: list[Any] = dataclasses.field(default_factory=list)


class Colour(enum.Enum):
    RED = "r"


class Versioned:
    __version__ = 2

    def __init__(self, data: Any) -> None:
        self.data = data

    def serialize(self) -> Any:
        return {"data": self.data}

    @staticmethod
    def deserialize(data: Any, version: int) -> Versioned:
        assert version == 2
        return Versioned(data["data"])


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(dt.timezone.utc))
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.just(Colour.RED)
    | st.builds(Point, st.integers(), st.lists(st.integers(), max_size=2)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.just("__tw") | st.integers(), inner, max_size=4)
        | st.sets(st.integers() | st.text(), max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    back = xcom_codec.decode(xcom_codec.encode(value))
    assert back == value
    assert type(back) is type(value)


@given(PLAIN)
def test_plain_json_stays_plain_json(value: Any) -> None:
    if "__tw" not in json.dumps(value):
        assert json.loads(xcom_codec.encode(value)) == value


def test_times_keep_their_zone() -> None:
    moment = pendulum.datetime(2024, 7, 1, 12, tz="Asia/Seoul")
    back = xcom_codec.decode(xcom_codec.encode(moment))
    assert (back, back.timezone_name) == (moment, "Asia/Seoul")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (range(3), [0, 1, 2]),
        (Path("/a/b"), Path("/a/b")),
        (1 + 2j, 1 + 2j),
        (frozenset({1}), frozenset({1})),
        (bytearray(b"x"), bytearray(b"x")),
        (Decimal("1.10"), Decimal("1.10")),
        (uuid.UUID(int=5), uuid.UUID(int=5)),
    ],
)
def test_other_values(value: Any, expected: Any) -> None:
    assert xcom_codec.decode(xcom_codec.encode(value)) == expected


def test_classes_that_serialize_themselves_are_kept_with_their_version() -> None:
    assert xcom_codec.decode(xcom_codec.encode([Versioned({1, 2})]))[0].data == {1, 2}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "cannot keep a object: return JSON values"),
        ({"a": [1, {"b": lambda: 1}]}, "cannot keep a function at a[1].b"),
        (open, "builtin_function_or_method"),
    ],
)
def test_what_cannot_be_kept_is_named_with_its_place(value: Any, words: str) -> None:
    with pytest.raises(SerializationError) as caught:
        xcom_codec.encode(value)
    assert words in str(caught.value)


def test_a_list_in_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(SerializationError, match="nested more than"):
        xcom_codec.encode(loop)


def test_a_stored_object_builds_only_what_it_claims_to_be() -> None:
    for text in (
        '{"__tw": "object", "v": {"type": "subprocess:Popen", "fields": {"args": "true"}}}',
        '{"__tw": "enum", "v": {"type": "os:system", "value": "true"}}',
        '{"__tw": "serialized", "v": {"type": "os:system", "data": "true", "version": 1}}',
        '{"__tw": "object", "v": {"type": "no.such:Thing", "fields": {}}}',
        '{"__tw": "unheard", "v": 1}',
    ):
        with pytest.raises(SerializationError):
            xcom_codec.decode(text)


@pytest.mark.parametrize(
    ("value", "length"), [([1, 2], 2), ((1,), 1), ({"a": 1}, 1), ([], 0), ("text", None), (5, None), (None, None)]
)
def test_the_length_is_that_of_what_can_be_mapped_over(value: Any, length: int | None) -> None:
    assert xcom_codec.length_of(value) == length


def test_arrays_and_frames_are_kept_where_their_libraries_are_installed() -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(6, dtype="int32").reshape(2, 3)
    back = xcom_codec.decode(xcom_codec.encode({"a": array, "n": numpy.float64(1.5), "i": numpy.int64(2)}))
    assert (back["a"] == array).all()
    assert (back["a"].dtype, back["n"], back["i"]) == (array.dtype, 1.5, 2)
    with pytest.raises(SerializationError, match=r"numpy\.ndarray"):
        xcom_codec.encode(numpy.zeros(2, dtype=[("field", "int32")]))


def test_data_frames_keep_their_types_and_labels() -> None:
    pandas = pytest.importorskip("pandas")
    moments = pandas.to_datetime(["2024-01-01", None])
    frame = pandas.DataFrame(
        {
            "number": [1, 2],
            "text": ["x", None],
            "moment": moments,
            "zoned": moments.tz_localize("UTC"),
            "kind": pandas.Categorical(["a", "b"]),
            "maybe": pandas.array([1, None], dtype="Int64"),
            5: [True, False],
        },
        index=pandas.Index(["p", "q"], name="id"),
    )
    pandas.testing.assert_frame_equal(xcom_codec.decode(xcom_codec.encode(frame)), frame)
    for series in (frame["number"], pandas.Series([1.5, None]), pandas.Series([], dtype="int64")):
        pandas.testing.assert_series_equal(xcom_codec.decode(xcom_codec.encode(series)), series, check_index_type=False)
    assert xcom_codec.decode(xcom_codec.encode(frame.index)).equals(frame.index)
    with pytest.raises(SerializationError, match="DataFrame"):
        xcom_codec.encode(frame.set_index([5, "text"]))
