"""`python -m tradewind.server.openapi v2` prints the OpenAPI document of an API: v1, v2 or ui."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from tradewind.configuration import Configuration
from tradewind.server.app import make_apis
from tradewind.server.documents import Document
from tradewind.server.login import Login
from tradewind.services.session import Services
from tradewind.store import open_store


def document_of(api: str) -> Document:
    """The document of `v1`, `v2` or `ui`; it depends on no installation."""
    with tempfile.TemporaryDirectory() as folder, open_store("sqlite://", create=True) as store:
        services = Services(store=store, conf=Configuration(Path(folder), {}), who="openapi")
        apis = make_apis(services, lambda request, services: None, Login())
        return dict(getattr(apis, api).openapi())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tradewind.server.openapi", description=__doc__)
    parser.add_argument("api", choices=["v1", "v2", "ui"])
    print(json.dumps(document_of(parser.parse_args().api), indent=2))


if __name__ == "__main__":
    main()
