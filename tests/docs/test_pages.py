"""Pages lead somewhere, and their Python is Python."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, Block, anchors, blocks, links, name_of
from tradewind.sdk.collect import collect_dags

PYTHON = [block for page in PAGES for block in blocks(page, "python")]
DAG_FILES = [block for block in PYTHON if "with DAG(" in block.text or "@dag" in block.text]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_page_of_the_project(page: Path) -> None:
    lost = []
    for link in links(page):
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            lost.append(link)
    assert not lost


def test_every_page_can_be_reached_from_the_first_one() -> None:
    first = DOCS / "README.md"
    reached, front = {first}, [first]
    while front:
        page = front.pop()
        found = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
        new = {path for path in found if path.suffix == ".md" and path.exists()} - reached
        reached |= new
        front += new
    assert {name_of(page) for page in DOCS.rglob("*.md")} <= {name_of(page) for page in reached}


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_in_the_pages_compiles(block: Block) -> None:
    ast.parse(block.text)


@pytest.mark.parametrize("block", DAG_FILES, ids=str)
def test_dags_in_the_pages_import(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "dag_file.py"
    file.write_text(block.text, encoding="utf-8")
    found = collect_dags(str(file))
    assert not found.problems
    assert found.specs


def test_there_are_dags_in_the_pages() -> None:
    assert len(DAG_FILES) >= 3
