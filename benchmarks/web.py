"""The web server alone, over a store that was filled beforehand, and somebody who is logged in and asks."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from benchmarks.bench import Numbers
from benchmarks.ports import free_port, request
from benchmarks.process_tree import cpu_s
from benchmarks.subject import DidNotHappen

USER: Final = "bench"
PASSWORD: Final = "bench-password-of-nobody"
_HEADERS: Final = {"Accept": "application/json"}


def environment(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "TRADEWIND"))}
    return inherited | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"} | dict(settings)


def tradewind() -> str:
    return str(Path(sys.executable).with_name("tradewind"))


def make_user(environ: Mapping[str, str]) -> None:
    """An administrator, unless the database has him from an earlier row."""
    line = [
        tradewind(), "users", "create", "--username", USER, "--password", PASSWORD, "--firstname", "b", "--lastname",
        "b", "--role", "Admin", "--email", "bench@localhost",
    ]  # fmt: skip
    done = subprocess.run(line, env=dict(environ), capture_output=True, text=True, check=False)
    if done.returncode != 0 and "exist" not in done.stdout + done.stderr:
        raise DidNotHappen(f"`users create` ended with {done.returncode}:\n{done.stdout}{done.stderr}")


class WebServer:
    """`tradewind webserver` on a port of its own. A context manager; inside, it is healthy and `get` is logged in."""

    def __init__(self, home: Path, database_url: str | None = None) -> None:
        settings = {} if database_url is None else {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url}
        self.environ = environment(home, settings)
        self.port = free_port()
        self.token = ""
        self._log = home / "webserver.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: http.client.HTTPConnection | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> WebServer:
        make_user(self.environ)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [tradewind(), "webserver", "--hostname", "127.0.0.1", "--port", str(self.port)],
                env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._await_start()
            self.token = token_of(self.port)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _await_start(self) -> None:
        end = time.monotonic() + 60
        assert self._process is not None
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                text = self._log.read_text(encoding="utf-8", errors="replace")[-3000:]
                raise DidNotHappen(f"the web server did not start.\n{text}")
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def get(self, path: str) -> bytes:
        """The body, over one connection that stays open. Raises DidNotHappen for any answer but 200."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._connection.request("GET", path, headers={**_HEADERS, "Authorization": f"Bearer {self.token}"})
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise DidNotHappen(f"GET {path} answered {response.status}: {body[:300]!r}")
        return body

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def timed(self, path: str, *, count: int = 200, longest_s: float = 4.0) -> Numbers:
        """Milliseconds of up to `count` requests one after the other (at least 20, then until `longest_s` have gone by)."""
        for _ in range(3):
            self.get(path)
        assert self._process is not None
        spent: list[float] = []
        used = cpu_s([self._process.pid])
        end = time.perf_counter() + longest_s
        while len(spent) < count and (len(spent) < 20 or time.perf_counter() < end):
            began = time.perf_counter()
            self.get(path)
            spent.append((time.perf_counter() - began) * 1000)
        used = cpu_s([self._process.pid]) - used
        spent.sort()
        return {
            "p50_ms": round(spent[len(spent) // 2], 1),
            "p95_ms": round(spent[int(len(spent) * 0.95)], 1),
            # What a request costs the server, whoever else works on the machine.
            "cpu_ms": round(used / len(spent) * 1000, 1),
        }


def answers(port: int) -> bool:
    """Whether a web server is there; its scheduler need not be."""
    try:
        status, _ = request(port, "GET", "/health", timeout_s=2)
    except OSError:
        return False
    return status == 200


def token_of(port: int) -> str:
    status, body = request(port, "POST", "/auth/token", body={"username": USER, "password": PASSWORD})
    if status != 201:
        raise DidNotHappen(f"POST /auth/token answered {status}: {body}")
    return str(body["access_token"])
