"""Connections: URIs, JSON, fields, lookup."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sdk.world import Platform
from tradewind.core.messages import ConnectionInfo
from tradewind.sdk import masking
from tradewind.sdk.connection import Connection
from tradewind.sdk.exceptions import AirflowException, AirflowNotFoundException

# URI, then type, host, schema, login, password, port, extra, and the URI that is written again: as Airflow 2.11 answers.
URIS = [
    (
        "postgres://user:p%40ss@db.example:5433/sch?sslmode=require",
        ("postgres", "db.example", "sch", "user", "p@ss", 5433, {"sslmode": "require"}),
        None,
    ),
    ("mysql://u@h/s", ("mysql", "h", "s", "u", None, None, {}), None),
    ("http://h:80", ("http", "h", "", None, None, 80, {}), None),
    ("https://h/path/x", ("https", "h", "path/x", None, None, None, {}), "https://h/path%2Fx"),
    (
        "google-cloud-platform://?key_path=%2Fk&scope=a%2Cb",
        ("google_cloud_platform", "", "", None, None, None, {"key_path": "/k", "scope": "a,b"}),
        "google-cloud-platform:///?key_path=%2Fk&scope=a%2Cb",
    ),
    (
        "aws://AKIA:sec%2Fret@/?region_name=eu",
        ("aws", "", "", "AKIA", "sec/ret", None, {"region_name": "eu"}),
        None,
    ),
    ("sqlite:////tmp/x.db", ("sqlite", "", "/tmp/x.db", None, None, None, {}), "sqlite:///%2Ftmp%2Fx.db"),
    ("postgresql://h/db", ("postgres", "h", "db", None, None, None, {}), "postgres://h/db"),
    ("my-conn-type://h", ("my_conn_type", "h", "", None, None, None, {}), None),
    (
        "http://https%3A%2F%2Fexample.com%3A8080/",
        ("http", "https://example.com:8080", "", None, None, None, {}),
        "http://https://example.com%3A8080",
    ),
    ("http://https://example.com:8080/x", ("http", "https://example.com", "x", None, None, 8080, {}), None),
    ("spark://local", ("spark", "local", "", None, None, None, {}), None),
    ("type://", ("type", "", "", None, None, None, {}), None),
    ("type://user:@host", ("type", "host", "", "user", None, None, {}), "type://user@host"),
    ("type://:pw@host", ("type", "host", "", "", "pw", None, {}), None),
    (
        "type://host?__extra__=%7B%22a%22%3A+1%7D",
        ("type", "host", "", None, None, None, {"a": 1}),
        "type://host/?__extra__=%7B%22a%22%3A+1%7D",
    ),
    ("type://host?a=1&b=2&a=3", ("type", "host", "", None, None, None, {"a": "3", "b": "2"}), "type://host/?a=3&b=2"),
    ("type://h:1/s/t?x=y", ("type", "h", "s/t", None, None, 1, {"x": "y"}), "type://h:1/s%2Ft?x=y"),
    ("type://user%20a:p%3Aw@h%20x/sch%2Fe", ("type", "h x", "sch/e", "user a", "p:w", None, {}), None),
    ("http://user:pass@host:80/s?e=", ("http", "host", "s", "user", "pass", 80, {"e": ""}), None),
    ("fs:///tmp", ("fs", "", "tmp", None, None, None, {}), None),
]


def fields(connection: Connection) -> tuple[Any, ...]:
    return (
        connection.conn_type,
        connection.host,
        connection.schema,
        connection.login,
        connection.password,
        connection.port,
        connection.extra_dejson,
    )


@pytest.mark.parametrize(("uri", "expected", "written"), URIS)
def test_a_uri_is_read_and_written_as_airflow_does(uri: str, expected: Any, written: str | None) -> None:
    connection = Connection("c", uri=uri)
    assert fields(connection) == expected
    assert connection.get_uri() == (written or uri)
    assert fields(Connection("c", uri=connection.get_uri())) == expected


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (
            {
                "conn_type": "postgres",
                "host": "h",
                "login": "l@",
                "password": "p/",
                "schema": "s",
                "port": 1,
                "extra": {"a": 1},
            },
            "postgres://l%40:p%2F@h:1/s?__extra__=%7B%22a%22%3A+1%7D",
        ),
        ({"conn_type": "http", "host": "https://x.y/z", "port": 8}, "http://https://x.y%2Fz:8"),
        ({"conn_type": "google_cloud", "extra": '{"k": 1}'}, "google-cloud:///?__extra__=%7B%22k%22%3A+1%7D"),
        ({"conn_type": "t", "host": "a b"}, "t://a%20b"),
        ({"conn_type": "t", "login": "x"}, "t://x@"),
        ({"conn_type": "", "host": "h"}, "//h"),
        ({"conn_type": "t", "schema": "s"}, "t:///s"),
        ({"conn_type": "t", "extra": '{"a": "b"}', "host": "h"}, "t://h/?a=b"),
        ({"conn_type": "t", "extra": "{}", "host": "h"}, "t://h/?__extra__=%7B%7D"),
        ({"conn_type": "t", "extra": "nope", "host": "h"}, "t://h/?__extra__=nope"),
        ({"conn_type": "t", "extra": '["l"]', "host": "h"}, "t://h/?__extra__=%5B%22l%22%5D"),
    ],
)
def test_fields_are_written_as_a_uri(given: dict[str, Any], written: str) -> None:
    assert Connection("c", **given).get_uri() == written


def test_json_is_read_like_fields() -> None:
    connection = Connection.from_json('{"conn_type": "t", "host": "h", "extra": {"a": 1}, "port": "12"}', "c")
    assert (connection.conn_type, connection.port, connection.extra_dejson) == ("t", 12, {"a": 1})
    assert Connection.from_json('{"uri": "a://b"}', "c").host == "b"
    assert Connection.from_json(connection.as_json(), "c") == connection


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"host": "h", "foo": 1}', "'foo'; known are"),
        ('{"port": "x"}', "port 'x' is not a number"),
        ("[1]", "must be a mapping"),
    ],
)
def test_json_that_is_no_connection_is_refused(text: str, words: str) -> None:
    with pytest.raises(AirflowException, match=words):
        Connection.from_json(text, "c")


@pytest.mark.parametrize(("uri", "words"), [("nothing", "has no '://'"), ("t://h:port/", "is not a number")])
def test_a_uri_that_is_none_is_refused(uri: str, words: str) -> None:
    with pytest.raises(AirflowException, match=words):
        Connection("c", uri=uri)


def test_the_environment_comes_before_the_platform(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.connections["my"] = ConnectionInfo(conn_id="my", conn_type="t", host="stored", password="hidden-one")
    assert Connection.get("my").host == "stored"
    monkeypatch.setenv("AIRFLOW_CONN_MY", "t://environment")
    assert Connection.get("my").host == "environment"
    monkeypatch.setenv("AIRFLOW_CONN_MY", '{"conn_type": "t", "host": "json"}')
    assert Connection.get("my").host == "json"


def test_a_connection_that_nobody_knows_says_how_to_add_it(platform: Platform) -> None:
    with pytest.raises(AirflowNotFoundException, match=r"`nope` isn't defined.*AIRFLOW_CONN_NOPE"):
        Connection.get("nope")


def test_what_a_connection_holds_is_masked_from_then_on() -> None:
    Connection("c", uri="t://u:p%40ssword@h?api_key=verysecret&region=europe")
    assert masking.redact("p@ssword p%40ssword verysecret europe") == "*** *** *** europe"


def test_a_hook_that_no_package_has_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowException, match="No installed package has a hook for connections of type 'moon'"):
        Connection("c", conn_type="moon").get_hook()
    monkeypatch.setenv("AIRFLOW_CONN_C", "fs:///tmp")
    assert type(Connection.get("c").get_hook()).__name__ == "FSHook"


def test_nested_json_in_extra_is_read_on_request() -> None:
    connection = Connection("c", conn_type="t", extra='{"a": "{\\"b\\": 1}", "c": "plain"}')
    assert connection.get_extra_dejson(nested=True) == {"a": {"b": 1}, "c": "plain"}
