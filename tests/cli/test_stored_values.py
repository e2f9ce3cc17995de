"""`variables`, `connections`, `pools`, `users`: what they print, write and refuse."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run
from tradewind.services import users
from tradewind.services.session import Services


def test_a_variable_is_set_listed_read_and_deleted(run: Run):
    assert run("variables set a 1 --description d").output == "Variable a created\n"
    assert json.loads(run("variables list -o json").output) == [{"key": "a"}]
    assert run("variables get a").output == "1\n"
    assert run("variables get b -d other").output == "other\n"
    assert run("variables delete a").output == "Variable a deleted\n"
    assert "There is no variable 'a'" in run("variables get a", fails=1).output


def test_a_variable_may_be_read_as_json(run: Run):
    run(["variables", "set", "a", '{"x": 1}'])
    assert run("variables get -j a").output == "{'x': 1}\n"
    run("variables set b plain")
    assert "no JSON" in run("variables get -j b", fails=1).output


def test_a_connection_is_tried_out(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch):
    run(
        ["connections", "add", "here", "--conn-json", json.dumps({"conn_type": "fs", "extra": {"path": str(tmp_path)}})]
    )
    assert "test_connection = Enabled" in run("connections test here", fails=1).output
    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
    assert run("connections test here").output.startswith("Connection here works: ")
    run(["connections", "add", "gone", "--conn-json", '{"conn_type": "fs", "extra": {"path": "/nowhere"}}'])
    assert "Connection gone does not work: " in run("connections test gone", fails=1).output
    assert "There is no connection 'other'" in run("connections test other", fails=1).output


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.json", '{"a": 1, "b": "x"}'),
        ("v.yaml", "a: 1\nb: x\n"),
        ("v.env", "# comment\n\na=1\nb=x\n"),
    ],
)
def test_variables_are_imported_from_every_format(name: str, text: str, tmp_path: Path, run: Run):
    (tmp_path / name).write_text(text)
    assert run(f"variables import {tmp_path / name}").output.startswith("2 of 2 variables")
    assert run("variables get b").output == "x\n"


@pytest.mark.parametrize(
    ("name", "text"), [("v.json", "[1]"), ("v.json", "{"), ("v.env", "novalue"), ("none.json", None)]
)
def test_a_file_that_cannot_be_imported_is_named(name: str, text: str | None, tmp_path: Path, run: Run):
    if text is not None:
        (tmp_path / name).write_text(text)
    assert str(tmp_path / name) in run(f"variables import {tmp_path / name}", fails=1).output


def test_exports_are_private_files(tmp_path: Path, run: Run):
    run("variables set a 1")
    assert run(f"variables export {tmp_path / 'v.json'}").output.startswith("1 Variables successfully exported to ")
    assert json.loads((tmp_path / "v.json").read_text()) == {"a": 1}
    assert stat.S_IMODE((tmp_path / "v.json").stat().st_mode) == 0o600
    assert json.loads(run("variables export -").stdout.rstrip()) == {"a": 1}


def test_values_and_passwords_are_listed_only_on_request(run: Run):
    run(["connections", "add", "c", "--conn-uri", "http://me:pass@host"])
    run("variables set a value")
    assert json.loads(run("connections list -o json").output) == [{"conn_id": "c", "conn_type": "http"}]
    assert json.loads(run("connections list -o json --show-values").output)[0]["password"] == "pass"
    assert "value" in run("variables list --show-values").output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--conn-uri", "postgresql://u:p@h:5432/db?x=1"],
        ["--conn-json", '{"conn_type": "postgres", "login": "u", "password": "p", "host": "h", "port": 5432, '
         '"schema": "db", "extra": {"x": "1"}}'],
        ["--conn-type", "postgres", "--conn-login", "u", "--conn-password", "p", "--conn-host", "h", "--conn-port",
         "5432", "--conn-schema", "db", "--conn-extra", '{"x": "1"}'],
    ],
)  # fmt: skip
def test_a_connection_is_added_in_three_ways(arguments: list[str], run: Run):
    run(["connections", "add", "c1", *arguments])
    (row,) = json.loads(run("connections get c1 -o json").output)
    assert row["get_uri"] == "postgres://u:p@h:5432/db?x=1"
    assert "exists already" in run(["connections", "add", "c1", *arguments], fails=1).output


@pytest.mark.parametrize(
    "arguments", [[], ["--conn-uri", "http://h", "--conn-type", "http"], ["--conn-uri", "http://h", "--conn-host", "x"]]
)
def test_ways_to_add_a_connection_do_not_mix(arguments: list[str], run: Run):
    run(["connections", "add", "c", *arguments], fails=2)


@pytest.mark.parametrize("name", ["c.json", "c.yaml", "c.env"])
def test_an_export_of_connections_can_be_imported_again(name: str, tmp_path: Path, run: Run):
    run(["connections", "add", "c1", "--conn-uri", "http://me:p%40ss@host/?__extra__=%7B%22a%22%3A+%7B%7D%7D"])
    before = run("connections get c1 -o json").output
    run(f"connections export {tmp_path / name}")
    run("connections delete c1")
    assert run(f"connections import {tmp_path / name}").output == "Imported connection c1\n"
    assert run("connections get c1 -o json").output == before
    if name == "c.yaml":
        assert yaml.safe_load((tmp_path / name).read_text())["c1"]["password"] == "p@ss"


def test_pools_print_as_in_airflow(run: Run):
    assert run("pools set p 4 desc --include-deferred").output == "Pool p created\n"
    assert json.loads(run("pools list -o json").output) == [
        {"pool": "default_pool", "slots": "128", "description": "Default pool", "include_deferred": "False"},
        {"pool": "p", "slots": "4", "description": "desc", "include_deferred": "True"},
    ]
    assert run("pools delete p").output == "Pool p deleted\n"
    assert "default_pool" in run("pools delete default_pool", fails=1).output


TUTORIAL = [
    "users", "create", "--username", "admin", "--password", "!admin-password!", "--firstname", "b",
    "--lastname", "kkhyunn", "--role", "Admin", "--email", "admin@example.com",
]  # fmt: skip


def test_the_tutorials_user_is_created_once(run: Run, services: Services):
    assert run(TUTORIAL).output == 'User "admin" created with role "Admin"\n'
    assert users.password_matches("!admin-password!", users.find_user(services, username="admin").password_hash)
    assert "exists already" in run(TUTORIAL, fails=1).output
    assert json.loads(run("users list -o json").output) == [
        {
            "id": "1",
            "username": "admin",
            "email": "admin@example.com",
            "first_name": "b",
            "last_name": "kkhyunn",
            "roles": ["Admin"],
        }
    ]


SHORT = "users create -u admin -f A -l B -r Admin -e a@b"


def test_a_password_is_asked_for_twice(run: Run, services: Services):
    assert run(SHORT, answer="one\ntwo\nsecret\nsecret\n").output.count("Repeat password") == 2
    assert users.password_matches("secret", users.find_user(services, username="admin").password_hash)


def test_a_random_password_is_printed_once(run: Run, services: Services):
    output = run(f"{SHORT} --use-random-password").output
    password = output.strip().rsplit(" ", 1)[1]
    assert users.password_matches(password, users.find_user(services, username="admin").password_hash)


def test_roles_and_addresses_that_are_not_there_are_named(run: Run):
    assert "Did you mean 'Admin'" in run(SHORT.replace("Admin", "Amdin") + " -p x", fails=1).output
    assert "nobody@x" in run("users delete -e nobody@x", fails=1).output
    assert "Name the user" in run("users delete", fails=1).output


def test_a_password_can_be_reset(run: Run, services: Services):
    run(f"{SHORT} -p old")
    run("users reset-password -u admin -p new")
    assert users.password_matches("new", users.find_user(services, username="admin").password_hash)
