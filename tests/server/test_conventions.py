from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field
from starlette.requests import Request as StarletteRequest

from tests.server.site import Site
from tradewind.core.lists import Ordering, Pattern, Span
from tradewind.server.access import Caller
from tradewind.server.conventions import (
    Orderings,
    PageOfV1,
    PageOfV2,
    accepted,
    changes,
    order_by_v1,
    order_by_v2,
    pattern,
    span,
)
from tradewind.server.errors import NotAcceptable, tells_details
from tradewind.services.errors import Invalid

KEYS = {"id": "key", "end_date": "end_date"}


@pytest.fixture
def echo(site: Site) -> Iterator[TestClient]:
    """An application that answers with what it understood."""

    def admit(request: Request) -> None:
        request.state.caller = Caller(site.services, "me", (), frozenset(), "")

    app = FastAPI(dependencies=[Depends(admit)])
    tells_details(app)

    @app.get("/v1")
    def v1(page: PageOfV1, order: Annotated[Orderings, Depends(order_by_v1(KEYS, "id"))]) -> Any:
        return [page, order]

    @app.get("/v2")
    def v2(page: PageOfV2, order: Annotated[Orderings, Depends(order_by_v2(KEYS, "id"))]) -> Any:
        return [page, order]

    @app.get("/filters")
    def filters(
        start: Annotated[Span[datetime], Depends(span("start_date"))],
        key: Annotated[tuple[Pattern, ...], Depends(pattern("key_pattern", "key_prefix_pattern"))],
    ) -> Any:
        return {"start": asdict(start), "key": [one._asdict() for one in key]}

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "limit", "offset"),
    [
        ("/v1", 100, 0),
        ("/v1?limit=0", 50, 0),
        ("/v1?limit=5000&offset=7", 100, 7),
        ("/v2", 50, 0),
        ("/v2?limit=0", 0, 0),
        ("/v2?limit=5000", 100, 0),
    ],
)
def test_a_page_has_the_default_of_its_api_and_at_most_maximum_page_limit(
    echo: TestClient, path: str, limit: int, offset: int
) -> None:
    assert echo.get(path).json()[0] == [limit, offset]


@pytest.mark.parametrize("path", ["/v1?limit=-1", "/v2?limit=-1", "/v1?offset=-1", "/v2?offset=-1", "/v2?limit=many"])
def test_a_page_that_cannot_be_is_refused(echo: TestClient, path: str) -> None:
    assert echo.get(path).status_code in (400, 422)


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/v1", [["key", False]]),
        ("/v1?order_by=-end_date", [["end_date", True]]),
        ("/v2?order_by=-end_date&order_by=id", [["end_date", True], ["key", False]]),
        ("/v2?order_by=id&order_by=-id", [["key", False]]),
    ],
)
def test_order_by_takes_the_names_of_the_api(echo: TestClient, path: str, order: Any) -> None:
    assert echo.get(path).json()[1] == order


@pytest.mark.parametrize("path", ["/v1?order_by=password", "/v2?order_by=id&order_by=-password"])
def test_an_unknown_name_to_order_by_is_answered_with_the_names_there_are(echo: TestClient, path: str) -> None:
    answer = echo.get(path)
    assert answer.status_code == 400
    assert "'password'" in answer.json()["detail"] and "end_date, id" in answer.json()["detail"]


def test_bounds_and_patterns_reach_the_route(echo: TestClient) -> None:
    answer = echo.get("/filters?start_date_gte=2025-01-01T09:00:00%2B09:00&key_pattern=a|b&key_prefix_pattern=s3://")
    assert answer.json() == {
        "start": {"gte": "2025-01-01T00:00:00Z", "gt": None, "lte": None, "lt": None},
        "key": [{"terms": ["a", "b"], "is_prefix": False}, {"terms": ["s3"], "is_prefix": True}],
    }
    assert echo.get("/filters?key_pattern=~").json()["key"] == []


def test_a_moment_without_a_zone_or_out_of_range_is_refused(echo: TestClient) -> None:
    assert echo.get("/filters?start_date_gte=2025-01-01T09:00:00").status_code == 422
    assert echo.get("/filters?start_date_gte=0001-01-01T00:00:00%2B09:00").status_code == 422


class Thing(BaseModel):
    name: str
    note: str | None = None
    schema_: str | None = Field(default=None, alias="schema")


def test_without_a_mask_what_is_given_changes() -> None:
    body = Thing.model_validate({"name": "a", "schema": "s"})
    assert changes(body, None, ["name", "note", "schema"]) == {"name": "a", "schema_": "s"}


def test_a_mask_names_what_changes_also_to_nothing() -> None:
    body = Thing.model_validate({"name": "a"})
    assert changes(body, ["note,schema"], ["name", "note", "schema"]) == {"note": None, "schema_": None}
    with pytest.raises(Invalid, match="'id' is unknown"):
        changes(body, ["id"], ["name"])


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/plain", "text/plain"),
        ("text/*;q=0.5, application/json;q=0.1", "text/plain"),
        ("text/plain;q=0, */*", "application/json"),
    ],
)
def test_the_accept_header_chooses(header: str, kind: str) -> None:
    assert accepted(_asking(header), "application/json", "text/plain") == kind


def test_nothing_acceptable_is_said() -> None:
    with pytest.raises(NotAcceptable, match="image/png"):
        accepted(_asking("image/png"), "application/json")


def test_a_prefix_ends_before_its_last_signs() -> None:
    assert Pattern.start("test_|s3://") == Pattern(("test", "s3"), is_prefix=True)
    assert Pattern.start("test|__").is_open


def test_several_orderings_keep_their_order() -> None:
    assert [Ordering("a", True), Ordering("b")] == [Ordering("a", descending=True), Ordering("b", False)]


def _asking(accept: str) -> StarletteRequest:
    return StarletteRequest({"type": "http", "headers": [(b"accept", accept.encode())] if accept else []})
