"""The web server is killed and stays away while tasks run: they do not notice, and who listened to it catches up."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.faults.site import Balance, Site, database, settle
from tradewind.server.ui.stream import REPLAY
from tradewind.services.users import create_user

AWAY_S = float(os.environ.get("TRADEWIND_FAULT_AWAY_S", "5"))
"""How long the web server is gone; reliability is judged by 5 and by 60."""
TASK_S = max(0.1, AWAY_S * 8 / 200 * 1.3)
"""200 tasks, 8 at once, are still under way when it comes back."""

Measure = Callable[..., None]
MakeSite = Callable[..., Site]


@dataclass
class Listener:
    """Reads the stream until it breaks off, or until `enough` of it has come; keeps what it was told."""

    url: str
    token: str
    told: list[dict[str, Any]] = field(default_factory=list)
    resets: int = 0
    broke_off: threading.Event = field(default_factory=threading.Event)

    def listen(self, last: int | None = None, enough: Callable[[], bool] = lambda: False) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        try:
            with httpx2.stream("GET", f"{self.url}/ui/stream", headers=headers, timeout=30) as answer:
                assert answer.status_code == 200
                event: dict[str, str] = {}
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        event[name] = value
                        continue
                    # An event counts once its empty line is there.
                    if event.get("event") == "reset":
                        self.resets += 1
                    elif "data" in event:
                        notice = json.loads(event["data"])
                        assert notice["seq"] == int(event["id"])
                        self.told.append(notice)
                    event = {}
                    if enough():
                        return
        except httpx2.TransportError:
            self.broke_off.set()

    def last(self) -> int:
        return int(self.told[-1]["seq"])


def web_server(site: Site, port: int = 0) -> tuple[Any, str]:
    """A web server of this home, and its address."""
    said = len(_said(site))
    process = site.start("api-server", "--hostname", "127.0.0.1", "--port", str(port))

    def address() -> str | None:
        found = re.search(r"Web server is running: (http://\S+)", _said(site)[said:])
        return found[1] if found else None

    return process, site.wait(address, "the web server answers", every_s=0.01)


def _said(site: Site) -> str:
    file = site.home.folder / "api-server.out"
    return file.read_text() if file.exists() else ""


def what(notice: Any) -> tuple[str, str, str, str, int]:
    """The object that a notice, or a row of the outbox, is about."""
    if isinstance(notice, dict):
        return notice["kind"], notice["dag_id"], notice["run_id"], notice["task_id"], notice["map_index"]
    return notice.kind, notice.dag_id, notice.run_id, notice.task_id, notice.map_index


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_while_the_web_server_is_away_tasks_go_on_and_a_listener_then_misses_nothing(
    kind: str, make_site: MakeSite, measured: Measure
) -> None:
    site = make_site(database=database(kind))
    create_user(
        site.services,
        username="anna",
        email="a@x",
        first_name="",
        last_name="",
        roles=["Admin"],
        password="!anna-here!",
    )
    engine = site.start()
    server, url = web_server(site)
    answer = httpx2.post(f"{url}/auth/token", json={"username": "anna", "password": "!anna-here!"})
    assert answer.status_code == 201
    site.write_chain(seconds=TASK_S, retries=0)
    site.wait_for_dag("chain")
    began_at = site.store.outbox.last_seq()
    listener = Listener(url, answer.json()["access_token"])
    thread = threading.Thread(target=listener.listen, args=(began_at,))
    thread.start()
    site.trigger("chain", 20)
    site.wait(lambda: site.count("end") >= 20 and len(listener.told) > 40, "20 tasks done and told", every_s=0.002)

    server.kill()
    server.wait()
    killed_at = time.time()
    assert listener.broke_off.wait(5), "the listener was not cut off"
    thread.join()
    site.wait(lambda: time.time() - killed_at > AWAY_S, "the web server was away long enough", AWAY_S + 10)
    away_until = time.time()
    missed_until = site.store.outbox.last_seq()
    assert missed_until > listener.last(), "nothing happened while it was away"
    assert engine.poll() is None and site.unfinished()

    # On the same port again: the listener goes on where it was cut off.
    _, again = web_server(site, int(url.rpartition(":")[2]))
    assert again == url
    assert httpx2.get(f"{url}/api/v2/monitor/health").json()["scheduler"]["status"] == "healthy"
    before = len(listener.told)

    def all_is_told() -> bool:
        return not site.unfinished() and listener.last() >= site.store.outbox.last_seq()

    listener.listen(listener.last(), all_is_told)
    site.wait_until_all_ended()

    # No task noticed.
    assert settle(site) == Balance(tries=200, lost=0, failed=0, doubled=0)
    assert site.count("start") == site.count("end") == 200
    measured("silence while the web server was away", site.silence_s(killed_at, away_until), TASK_S + 0.2)
    # Nothing was told twice, or in another order; and nothing was left out: of each object the newest state is known, and
    # what changed in the absence was told at once when it was over.
    numbers = [notice["seq"] for notice in listener.told]
    assert numbers == sorted(set(numbers))
    assert listener.resets == 0
    kinds = {"run", "task"}
    newest = {
        what(row): (row.seq, row.new) for row in site.store.outbox.since(began_at, limit=100_000) if row.kind in kinds
    }
    told = {what(notice): (notice["seq"], notice["state"]) for notice in listener.told if notice["kind"] in kinds}
    assert told == newest
    assert len(newest) == 220
    in_absence = {
        what(row) for row in site.store.outbox.since(numbers[before - 1], limit=100_000) if row.seq <= missed_until
    }
    assert {key for key in in_absence if key[0] in kinds} <= {what(notice) for notice in listener.told[before:]}
    assert missed_until - numbers[before - 1] < REPLAY


def test_standalone_starts_a_killed_web_server_again_on_its_port(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    parent = site.start("standalone", "--port", str(port))
    output = site.home.folder / "standalone.out"

    def addresses() -> list[str]:
        return re.findall(r"Web server is running: (http://\S+)", output.read_text())

    site.wait(addresses, "the web server answers")
    site.write_chain(seconds=0.1)
    site.trigger("chain", 4)
    site.wait(lambda: site.count("end") >= 8, "8 tasks done", every_s=0.002)
    server = site.web_server()
    assert server is not None
    os.kill(server, signal.SIGKILL)
    site.wait(lambda: len(addresses()) == 2, "the web server answers again")
    first, second = addresses()
    assert first == second
    assert httpx2.get(f"{second}/health").status_code == 200
    site.wait_until_all_ended()
    assert settle(site) == Balance(tries=40, lost=0, failed=0, doubled=0)
    assert parent.poll() is None
    assert "The web server was killed by SIGKILL; starting it again." in output.read_text()
