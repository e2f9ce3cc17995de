"""Requests that the OpenAPI documents allow, and many that they do not: every answer must be one that they name.

Bounded by the number of requests for each operation, so that it takes about a minute for both documents.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server.site import Site, a_site
from tradewind.server.openapi import document_of

pytestmark = pytest.mark.slow

LATER: Final = "Not built yet"
"""Tag of the operations that answer 501."""
EXAMPLES: Final = int(os.environ.get("TRADEWIND_SCHEMA_EXAMPLES", "12"))
"""Requests for each operation, always the same ones; 100 look deeper."""
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("site")
    site = a_site(folder, {"AIRFLOW__API__EXPOSE_CONFIG": "True"})
    yield site
    site.store.close()


def _operations(api: str) -> list[Any]:
    """(path, method) of every operation but those that are not built yet, named by operation id."""
    paths = document_of(api)["paths"]
    return [
        pytest.param(path, method, id=f"{api}-{operation['operationId']}")
        for path, methods in paths.items()
        for method, operation in methods.items()
        if LATER not in operation["tags"]
    ]


@pytest.fixture(scope="module")
def schemas(shared_site: Site) -> Callable[[str], Any]:
    @cache
    def schema_of(api: str) -> Any:
        return schemathesis.openapi.from_asgi(f"/api/{api}/openapi.json", shared_site.app)

    return schema_of


@pytest.mark.parametrize(("path", "method"), [*_operations("v1"), *_operations("v2")])
def test_every_answer_is_one_that_the_document_names(schemas: Callable[[str], Any], path: str, method: str) -> None:
    operation = schemas(path.split("/")[2])[path][method.upper()]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(operation.as_strategy(mode) for mode in schemathesis.GenerationMode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": "Role Admin"}, checks=CHECKS)

    ask()
