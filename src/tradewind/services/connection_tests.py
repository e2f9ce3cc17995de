"""Trying out whether a connection works, in a child process with a time limit: a hook is code of somebody else."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import asdict, replace

from tradewind.core.records import ConnectionRecord
from tradewind.sdk.masking import MASK
from tradewind.services.connections import set_connection, with_stored_secrets
from tradewind.services.errors import Busy, Invalid, NotAllowed, Unknown
from tradewind.services.session import Services

TIME_LIMIT_S: Final = 30.0
AT_ONCE: Final = 4
KEPT: Final = 1000


class Tested(NamedTuple):
    works: bool
    message: str


def check_enabled(services: Services) -> None:
    """Raises NotAllowed unless [core] test_connection is Enabled."""
    if services.conf.get("core", "test_connection").strip().lower() != "enabled":
        raise NotAllowed(
            "Testing connections is disabled in the configuration. An administrator can set [core] test_connection = Enabled."
        )


def connection_to_test(
    services: Services, record: ConnectionRecord, given: Collection[str], *, may_read: bool
) -> ConnectionRecord:
    """The stored connection of that id with the `given` fields of `record`; `record` itself when none is stored.

    Stored secrets are used only for the host and port that they are stored with: a test of another place has to bring its
    own, else whoever may test could have them sent to a machine of his. Raises Invalid then.
    """
    stored = services.store.connections.get(record.conn_id) if may_read else None
    if stored is None:
        return record
    moved = [name for name in ("host", "port") if name in given and _or_none(record, name) != _or_none(stored, name)]
    if moved:
        if not record.password or record.password == MASK:
            raise Invalid(
                f"The {' and '.join(moved)} to test differs from the stored connection '{record.conn_id}'. "
                "Send the password to test with."
            )
        return record
    fields = {name: getattr(record, name) for name in given if name in ConnectionRecord.__struct_fields__}
    return with_stored_secrets(replace(stored, **fields), stored)


def _or_none(record: ConnectionRecord, name: str) -> object:
    return getattr(record, name) or None


def try_connection(services: Services, record: ConnectionRecord, *, time_limit_s: float = TIME_LIMIT_S) -> Tested:
    """Whether the connection's hook can connect, and what it says. Takes as long as that, at most the time limit."""
    check_enabled(services)
    return run_test(record, time_limit_s)


def run_test(record: ConnectionRecord, time_limit_s: float) -> Tested:
    fields = {name: value for name, value in asdict(record).items() if value is not None and name != "description"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tradewind.runtime.connection_check"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(json.dumps(fields).encode(), time_limit_s)
    except subprocess.TimeoutExpired:
        return Tested(False, f"There was no answer within {time_limit_s:g} seconds. Check host, port and firewalls.")
    finally:
        # The hook may have started others; a child that has ended leaves nothing to kill.
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.communicate()
    if child.returncode != 0:
        return Tested(False, f"The hook of {record.conn_type} ended its process with code {child.returncode}.")
    answer = json.loads(output)
    return Tested(answer["status"], answer["message"])


@dataclass
class QueuedTest:
    """A test that runs on its own; its token is all it takes to read it."""

    token: str
    connection_id: str
    created_at: datetime
    state: str = "pending"
    """pending, running, success, failed."""
    message: str | None = None
    done: threading.Event = field(default_factory=threading.Event)


class QueuedTests:
    """The tests of this process, at most `AT_ONCE` at a time. The latest `KEPT` are remembered until it ends."""

    def __init__(self) -> None:
        self._tests: dict[str, QueuedTest] = {}
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def enqueue(
        self, services: Services, record: ConnectionRecord, *, commit: bool, time_limit_s: float = TIME_LIMIT_S
    ) -> QueuedTest:
        """Begins a test; with `commit` the connection is written when it works.

        Raises NotAllowed as `check_enabled`, and Busy while another test of this connection has not ended.
        """
        check_enabled(services)
        test = QueuedTest(secrets.token_urlsafe(32), record.conn_id, services.now())
        with self._lock:
            if any(other.connection_id == record.conn_id and not other.done.is_set() for other in self._tests.values()):
                raise Busy(f"A test of connection '{record.conn_id}' is under way. Wait for its end.")
            self._tests[test.token] = test
            ended = [token for token, other in self._tests.items() if other.done.is_set()]
            for token in ended[: max(0, len(self._tests) - KEPT)]:
                del self._tests[token]
        run = threading.Thread(
            target=self._run, args=(services, test, record, commit, time_limit_s), name="connection-test", daemon=True
        )
        run.start()
        return test

    def get(self, token: str) -> QueuedTest:
        """Raises Unknown; the message does not repeat the token."""
        found = self._tests.get(token)
        if found is None:
            raise Unknown(
                "connection test", "with this token", hint="Tests are forgotten when the web server restarts."
            )
        return found

    def _run(
        self, services: Services, test: QueuedTest, record: ConnectionRecord, commit: bool, time_limit_s: float
    ) -> None:
        state, message = "failed", "The test ended without a result."
        try:
            with self._turns:
                test.state = "running"
                works, message = run_test(record, time_limit_s)
            if works and commit:
                set_connection(services, record)
            state = "success" if works else "failed"
        except Exception as error:
            # Whatever it was, whoever polls has to see an end.
            message = f"{type(error).__name__}: {error}"
            raise
        finally:
            test.message = message
            test.state = state
            test.done.set()


QUEUED_TESTS: Final = QueuedTests()
"""Those of this process."""
