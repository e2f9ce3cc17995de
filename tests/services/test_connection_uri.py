"""Connections as URIs and JSON: a table of Airflow's forms, and that every connection survives the round trip."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.records import ConnectionRecord
from tradewind.services.connection_uri import connection_from_json, connection_from_uri, make_connection, uri_of
from tradewind.services.errors import Invalid

URIS: list[tuple[str, dict[str, Any]]] = [
    (
        "postgresql://u:p@h:5432/db?sslmode=require",
        {
            "conn_type": "postgres",
            "login": "u",
            "password": "p",
            "host": "h",
            "port": 5432,
            "schema": "db",
            "extra": '{"sslmode": "require"}',
        },
    ),
    ("http://host", {"conn_type": "http", "host": "host"}),
    ("http://https://host", {"conn_type": "http", "host": "https://host"}),
    ("google-cloud-platform://", {"conn_type": "google_cloud_platform"}),
    ("aws://AKIA:a%2Fb%40c@", {"conn_type": "aws", "login": "AKIA", "password": "a/b@c"}),
    ("mysql://:secret@h", {"conn_type": "mysql", "password": "secret", "host": "h"}),
    ("http://h/?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D", {"host": "h", "extra": '{"a": {"b": 1}}'}),
    ("fs:///?path=%2Ftmp", {"conn_type": "fs", "host": None, "extra": '{"path": "/tmp"}'}),
    ("http://[::1]:80", {"host": "[::1]", "port": 80}),
]


@pytest.mark.parametrize(("uri", "expected"), URIS, ids=[uri for uri, _ in URIS])
def test_a_uri_is_read_as_airflow_reads_it(uri: str, expected: dict[str, Any]):
    found = connection_from_uri("c", uri)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize("uri", ["no-uri", "http://h:port", ""])
def test_what_is_no_uri_is_refused_without_repeating_it(uri: str):
    with pytest.raises(Invalid, match="connection 'c'"):
        connection_from_uri("c", uri)


def test_a_refused_uri_shows_no_password():
    with pytest.raises(Invalid) as caught:
        connection_from_uri("c", "http://user:secret@host:99999999")
    assert "secret" not in str(caught.value)


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)


@given(
    st.builds(
        ConnectionRecord,
        conn_id=st.just("c"),
        conn_type=st.sampled_from(["http", "google_cloud_platform", "my_type"]),
        host=st.none() | st.from_regex(r"[a-z][a-z0-9.]{0,10}", fullmatch=True),
        login=st.none() | text,
        password=st.none() | text,
        port=st.none() | st.integers(1, 65535),
        schema=st.none() | text,
        extra=st.none() | st.dictionaries(text, text | st.integers() | st.lists(text), min_size=1).map(json.dumps),
    )
)
def test_a_uri_leads_back_to_the_connection_it_came_from(record: ConnectionRecord):
    found = connection_from_uri("c", uri_of(record))
    assert json.loads(found.extra or "{}") == json.loads(record.extra or "{}")
    fields = ("conn_type", "host", "login", "password", "port", "schema")
    assert [getattr(found, name) for name in fields] == [getattr(record, name) for name in fields]


def test_an_object_of_fields_or_a_uri_makes_a_connection():
    assert connection_from_json("c", "http://h").host == "h"
    found = connection_from_json("c", {"conn_type": "http", "port": "80", "extra": {"a": 1}})
    assert (found.port, found.extra) == (80, '{"a": 1}')
    with pytest.raises(Invalid, match="no field 'hots'"):
        connection_from_json("c", {"conn_type": "http", "hots": "h"})


def test_ports_and_extras_must_be_what_they_are():
    with pytest.raises(Invalid, match="port"):
        make_connection("c", conn_type="http", port="eighty")
    for extra in ("{", "[1]"):
        with pytest.raises(Invalid, match="JSON object"):
            make_connection("c", conn_type="http", extra=extra)
