"""Logging in to a real server of a fresh home, and commands beside it."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.home import Home
from tradewind.server.login import COOKIE
from tradewind.server.serve import PASSWORD_FILE
from tradewind.services.tokens import KEY_FILE

pytestmark = pytest.mark.slow


def address_in(home: Home, command: str) -> str:
    def told() -> str | None:
        found = re.search(r"Web server is running: (http://\S+)", (home.folder / f"{command}.out").read_text())
        return found[1] if found else None

    return str(home.wait_for(told))


def log_in(client: httpx2.Client, username: str, password: str) -> httpx2.Response:
    answer = client.post("/ui/session", json={"username": username, "password": password})
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer


def test_the_first_start_makes_an_admin_and_tells_his_password_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.running("standalone", "--port", "0"):
        address = address_in(home, "standalone")
        printed = (tmp_path / "standalone.out").read_text()
        file = tmp_path / PASSWORD_FILE
        password = file.read_text().strip()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert printed.count(password) == 1
        with httpx2.Client(base_url=address) as client:
            assert client.get("/ui/dags").status_code == 401
            session = log_in(client, "admin", password)
            assert session.status_code == 200 and session.json()["user"]["roles"] == ["Admin"]
            assert client.get("/ui/users").json()["users"][0]["username"] == "admin"
    with home.running("standalone", "--port", "0"):
        home.wait_for(lambda: (tmp_path / "standalone.out").read_text().count("Web server is running") == 2)
        assert (tmp_path / "standalone.out").read_text().count(password) == 1


def test_what_a_command_changes_counts_in_the_server_at_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.run(
        "users", "create", "-u", "alice", "-f", "A", "-l", "K", "-r", "Op", "-e", "a@x", "-p", "the first password"
    )  # fmt: skip
    with home.running("webserver", "--port", "0"):
        address = address_in(home, "webserver")
        with httpx2.Client(base_url=address) as client:
            assert log_in(client, "alice", "the first password").status_code == 200
            assert client.cookies[COOKIE]
            given = {"username": "alice", "password": "the first password"}
            token = client.post("/auth/token", json=given)
            assert token.status_code == 201
            bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
            basic = ("alice", "the first password")
            with httpx2.Client(base_url=address) as script:
                assert script.get("/api/v2/pools", headers=bearer).status_code == 200
                assert script.get("/api/v1/pools", auth=basic).status_code == 200
                home.run("users", "reset-password", "-u", "alice", "-p", "the second password")
                assert script.get("/api/v2/pools", headers=bearer).status_code == 401
                assert script.get("/api/v1/pools", auth=basic).status_code == 401
            assert client.get("/ui/dags").status_code == 401
            assert log_in(client, "alice", "the second password").status_code == 200
            home.run("users", "delete", "-u", "alice")
            assert client.get("/ui/dags").status_code == 401
        told = (tmp_path / "webserver.out").read_text()
        assert "password" not in told and token.json()["access_token"] not in told


def test_processes_that_start_at_once_sign_with_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tradewind.services.tokens import _read_or_make;"
        "sys.stdin.readline(); print(_read_or_make(Path(sys.argv[1])))"
    )
    key = tmp_path / KEY_FILE
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(key)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    keys = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert len(keys) == 1 and len(keys.pop()) >= 40
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE] and stat.S_IMODE(key.stat().st_mode) == 0o600
