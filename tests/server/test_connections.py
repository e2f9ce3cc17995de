from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.server.site import PASSWORD, Site
from tradewind.core.records import ConnectionRecord
from tradewind.services.connection_tests import QueuedTests, run_test
from tradewind.services.connections import get_connection
from tradewind.services.errors import Busy

V2 = "/api/v2/connections"
TEST = "AIRFLOW__CORE__TEST_CONNECTION"


@pytest.fixture
def testing(make_site: Callable[..., Site]) -> Site:
    """A site where connections may be tested."""
    return make_site(**{TEST: "Enabled"})


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_no_secret_of_a_connection_is_in_any_answer(admin: TestClient, version: str) -> None:
    path = f"/api/{version}/connections"
    body = {"connection_id": "warehouse", "description": "x"} | ({"conn_type": "postgres"} if version == "v2" else {})
    answers = [admin.get(path), admin.get(f"{path}/warehouse"), admin.patch(f"{path}/warehouse", json=body)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not any(PASSWORD in answer.text or "k-12345-secret" in answer.text for answer in answers)
    assert "k-12345-secret" not in admin.get("/api/v2/eventLogs").text


def test_masks_that_come_back_leave_the_secrets_as_they_are(site: Site, admin: TestClient) -> None:
    shown = admin.get(f"{V2}/warehouse").json()
    shown["host"] = "db2.example.com"
    del shown["team_name"]
    assert admin.patch(f"{V2}/warehouse", json=shown).status_code == 200
    stored = get_connection(site.services, "warehouse")
    assert (stored.host, stored.password) == ("db2.example.com", PASSWORD)
    assert json.loads(stored.extra or "")["api_key"] == "k-12345-secret"


def test_a_mask_of_fields_changes_these_only(site: Site, admin: TestClient) -> None:
    body = {"connection_id": "warehouse", "conn_type": "mysql", "host": "other", "schema": "s"}
    admin.patch(f"{V2}/warehouse?update_mask=host&update_mask=schema", json=body)
    stored = get_connection(site.services, "warehouse")
    assert (stored.conn_type, stored.host, stored.schema, stored.login) == ("postgres", "other", "s", "etl")
    admin.patch("/api/v1/connections/warehouse?update_mask=host,schema", json={"host": "third"})
    stored = get_connection(site.services, "warehouse")
    assert (stored.host, stored.schema, stored.password) == ("third", None, PASSWORD)


def test_what_no_connection_can_be_is_refused(admin: TestClient) -> None:
    def status(**fields: object) -> int:
        return admin.post(V2, json={"connection_id": "c", "conn_type": "http", **fields}).status_code

    assert status(connection_id="a b") == 422
    assert status(port=2**40) == 422
    assert status(extra="[1]") == 400
    assert status(extra="{") == 400
    assert status(host="a\0b") == 422
    assert status() == 201
    assert status() == 409


def test_airflows_default_connections_are_added_beside_those_that_are_there(site: Site, admin: TestClient) -> None:
    admin.post(V2, json={"connection_id": "spark_default", "conn_type": "spark", "host": "mine"})
    assert admin.post(f"{V2}/defaults").status_code == 204
    assert get_connection(site.services, "spark_default").host == "mine"
    assert get_connection(site.services, "postgres_default").conn_type == "postgres"
    assert admin.post(f"{V2}/defaults").status_code == 204


# --- testing one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/connections/test", f"{V2}/test", f"{V2}/enqueue-test"])
def test_nothing_is_tested_unless_the_configuration_allows_it(admin: TestClient, path: str) -> None:
    answer = admin.post(path, json={"connection_id": "x", "conn_type": "fs"})
    assert answer.status_code == 403
    assert "test_connection = Enabled" in answer.json()["detail"]


def test_the_hook_of_the_type_says_whether_it_works(testing: Site, tmp_path: Path) -> None:
    client = testing.client()

    def test(path: str, **fields: object) -> object:
        body = {"connection_id": "x", "conn_type": "fs", "extra": json.dumps({"path": path}), **fields}
        return client.post(f"{V2}/test", json=body).json()

    assert test(str(tmp_path)) == {"status": True, "message": f"Path {tmp_path} exists."}
    assert test("/none") == {"status": False, "message": "Path /none does not exist."}
    without_hook = client.post("/api/v1/connections/test", json={"connection_id": "x", "conn_type": "nothing"}).json()
    assert without_hook["status"] is False and "install its provider" in without_hook["message"]


def test_stored_secrets_are_not_sent_to_another_place(testing: Site) -> None:
    client = testing.client()
    body = {"connection_id": "warehouse", "conn_type": "postgres", "password": "***"}
    assert client.post(f"{V2}/test", json={**body, "host": "db.example.com"}).status_code == 200
    for moved in ({"host": "evil.example.com"}, {"port": 1}):
        answer = client.post(f"{V2}/test", json={**body, **moved})
        assert answer.status_code == 400
        assert PASSWORD not in answer.text
    assert client.post(f"{V2}/test", json={**body, "host": "h", "password": "own"}).status_code == 200


def _provider(folder: Path, name: str, test: str) -> None:
    """A provider package with a hook for connections of type `name`, whose test does `test`."""
    info = folder / f"apache_airflow_providers_{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: apache-airflow-providers-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[apache_airflow_provider]\nprovider_info={name}_provider:info\n")
    kind = {"connection-type": name, "hook-class-name": f"{name}_provider.Hook"}
    (folder / f"{name}_provider.py").write_text(
        "import os, subprocess, time\n"
        "from airflow.hooks.base import BaseHook\n"
        f"def info():\n    return {{'connection-types': [{kind!r}]}}\n"
        "class Hook(BaseHook):\n    conn_name_attr = 'its_id'\n"
        "    def __init__(self, its_id):\n        self.its_id = its_id\n"
        f"    def test_connection(self):\n        {test}\n"
    )


@pytest.fixture
def provide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    return lambda name, test: _provider(tmp_path / "packages", name, test)


def test_a_hook_that_hangs_is_ended_with_all_that_it_started(
    provide: Callable[[str, str], None], tmp_path: Path
) -> None:
    # Whoever reads the pipe reads its end when nobody has it open for writing any more.
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    provide("slow", f"subprocess.Popen(['sleep', '1000'], stdout=open({str(fifo)!r}, 'w')); time.sleep(1000)")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(fifo.read_text()), daemon=True)
    reader.start()
    tested = run_test(ConnectionRecord(conn_id="c", conn_type="slow"), time_limit_s=5)
    assert tested.works is False and "within 5 seconds" in tested.message
    reader.join(30)
    assert heard == [""]


def test_a_hook_that_takes_its_process_along_is_an_answer(provide: Callable[[str, str], None]) -> None:
    provide("crash", "os._exit(7)")
    tested = run_test(ConnectionRecord(conn_id="c", conn_type="crash"), time_limit_s=30)
    assert (tested.works, tested.message) == (False, "The hook of crash ended its process with code 7.")


def test_what_a_hook_says_has_no_password_and_what_it_prints_is_no_answer(provide: Callable[[str, str], None]) -> None:
    provide("chatty", "print('noise'); return True, self.get_connection(self.its_id).password + ' works'")
    tested = run_test(ConnectionRecord(conn_id="c", conn_type="chatty", password="hunter22"), time_limit_s=30)
    assert (tested.works, tested.message) == (True, "*** works")


def test_a_queued_test_is_read_by_its_token_and_keeps_the_connection_on_request(testing: Site, tmp_path: Path) -> None:
    client = testing.client()
    tests = QueuedTests()
    record = ConnectionRecord(conn_id="place", conn_type="fs", extra=json.dumps({"path": str(tmp_path)}))
    test = tests.enqueue(testing.services, record, commit=True)
    assert test.done.wait(60)
    assert (tests.get(test.token).state, test.message) == ("success", f"Path {tmp_path} exists.")
    assert client.get(f"{V2}/place").json()["conn_type"] == "fs"
    none = client.get(f"{V2}/enqueue-test", headers={"Airflow-Connection-Test-Token": "guess"})
    assert none.status_code == 404 and "guess" not in none.text


def test_a_connection_has_one_queued_test_at_a_time(
    testing: Site, provide: Callable[[str, str], None], tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    provide("waits", f"import fcntl; fcntl.flock(open({str(gate)!r}), fcntl.LOCK_EX); return True, 'gone through'")
    tests = QueuedTests()
    record = ConnectionRecord(conn_id="c", conn_type="waits")
    with gate.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        test = tests.enqueue(testing.services, record, commit=False)
        with pytest.raises(Busy, match="under way"):
            tests.enqueue(testing.services, record, commit=False)
    assert test.done.wait(60) and test.message == "gone through"
