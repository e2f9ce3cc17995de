"""When is the UI built again? When something that goes into it differs, and only then."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import hatch_build

from .checkout import ROOT, Checkout


@pytest.mark.parametrize(
    "name", ["src/main.ts", "src/app/new.css", "index.html", "package-lock.json", "public/icon.svg", "vite.config.ts"]
)
def test_a_source_that_changes_changes_the_hash(checkout: Checkout, name: str) -> None:
    before = hatch_build.source_hash(checkout.root / "ui")
    checkout.write(name, "something else\n")
    assert hatch_build.source_hash(checkout.root / "ui") != before


@pytest.mark.parametrize(
    "name",
    ["src/app/frame.test.tsx", "src/test/setup.ts", "node_modules/react/index.js", "src/.main.ts.swp", "README.md"],
)
def test_what_does_not_go_into_the_build_does_not_change_the_hash(checkout: Checkout, name: str) -> None:
    before = hatch_build.source_hash(checkout.root / "ui")
    checkout.write(name, "something else\n")
    assert hatch_build.source_hash(checkout.root / "ui") == before


def test_a_file_that_moves_changes_the_hash(checkout: Checkout) -> None:
    before = hatch_build.source_hash(checkout.root / "ui")
    (checkout.root / "ui/src/main.ts").rename(checkout.root / "ui/src/start.ts")
    assert hatch_build.source_hash(checkout.root / "ui") != before


def test_bytes_that_move_from_one_file_to_the_next_change_the_hash(checkout: Checkout) -> None:
    checkout.write("src/a.ts", "12")
    checkout.write("src/b.ts", "3")
    before = hatch_build.source_hash(checkout.root / "ui")
    checkout.write("src/a.ts", "1")
    checkout.write("src/b.ts", "23")
    assert hatch_build.source_hash(checkout.root / "ui") != before


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_npm_run_build_writes_the_same_hash_as_the_installation() -> None:
    said = subprocess.run(
        ["node", "scripts/source-hash.mjs", "--print"], cwd=ROOT / "ui", capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == hatch_build.source_hash(ROOT / "ui")


def test_the_whole_list_of_sources_exists() -> None:
    assert [name for name in hatch_build.SOURCES if not (ROOT / "ui" / name).exists()] == []
