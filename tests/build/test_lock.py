"""The lock file of the UI: for every platform, from no particular registry."""

from __future__ import annotations

import json
from typing import Any

from .checkout import ROOT


def packages() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((ROOT / "ui/package-lock.json").read_text())["packages"]
    return found


def test_the_bundler_is_locked_for_every_platform() -> None:
    """npm below 11.8 writes only the binding of the machine that it runs on; then `npm ci` fails on all others."""
    bindings = {name.rsplit("/", 1)[1] for name in packages() if "/@rolldown/binding-" in f"/{name}"}
    wanted = {
        f"binding-{platform}"
        for platform in (
            "linux-x64-gnu",
            "linux-x64-musl",
            "linux-arm64-gnu",
            "linux-arm64-musl",
            "darwin-x64",
            "darwin-arm64",
        )
    }
    assert wanted <= bindings, wanted - bindings


def test_no_registry_is_named() -> None:
    assert [name for name, package in packages().items() if "resolved" in package] == []


def test_each_package_has_its_hash() -> None:
    assert [name for name, package in packages().items() if name and "integrity" not in package] == []
