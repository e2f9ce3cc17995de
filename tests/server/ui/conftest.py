"""The routes of the views over a store of their own, with users as the test says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from tests.services.conftest import MORNING, HandClock, World
from tradewind.configuration import Configuration
from tradewind.core.permissions import BUILT_IN_ROLES, Grant
from tradewind.server.access import Caller, Guard, api_app, as_user
from tradewind.server.errors import tells_details
from tradewind.server.permissions import UI
from tradewind.server.ui import shapes
from tradewind.server.ui.routers import VIEW_ROUTERS
from tradewind.server.ui.segments import KeepsSlashes
from tradewind.services.session import Services
from tradewind.store import open_store


class Site(World):
    """A world with a web server in front; requests are an administrator's unless `grants` says otherwise."""

    def __init__(self, services: Services, clock: HandClock, rings: list[Any]) -> None:
        super().__init__(services, clock, rings)
        self.grants: frozenset[Grant] | None = BUILT_IN_ROLES["Admin"]
        app = api_app([*VIEW_ROUTERS], Guard(services, UI, self._authenticate), UI, openapi_url="/ui/openapi.json")
        tells_details(app)
        self.app = KeepsSlashes(app)
        self.client = TestClient(self.app)

    def _authenticate(self, request: Request, services: Services) -> Caller | None:
        if self.grants is None:
            return None
        return Caller(as_user(services, "ada", "10.0.0.1"), "ada", ("Admin",), self.grants, "10.0.0.1")

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def shaped(self, shape: type[shapes.Shape], path: str, **query: Any) -> Any:
        """The answer, which must be of this shape and nothing else."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return shape.model_validate_json(answer.content)

    def post(self, shape: type[shapes.Shape], path: str, body: dict[str, Any]) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return shape.model_validate_json(answer.content)


def seg(name: str) -> str:
    """A name as one segment of a path, as browsers' encodeURIComponent writes it."""
    return quote(name, safe="!'()*~")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = HandClock(MORNING)
    rings: list[Any] = []
    store = open_store(f"sqlite:///{tmp_path}/airflow.db", create=True)
    store.schema.migrate()
    services = Services(
        store=store,
        conf=Configuration(tmp_path, {}),
        who="cli:tester",
        clock=clock,
        ring=lambda: rings.append(clock.now()),
    )
    site = Site(services, clock, rings)
    yield site
    site.client.close()
    store.close()
