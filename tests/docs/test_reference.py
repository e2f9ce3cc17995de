"""The reference says what the code does, and all of it."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.pages import DOCS, ROOT
from tradewind.configuration.options import OPTIONS, SECTIONS
from tradewind.core import messages

PACKAGE = ROOT / "src" / "tradewind"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_option_is_documented() -> None:
    text = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
    used, _, without_effect = text.partition("## Options without effect")
    for section in SECTIONS:
        for part, is_used in ((used, True), (without_effect, False)):
            wanted = {key for (place, key), option in OPTIONS.items() if place == section and option.is_used is is_used}
            if wanted:
                body = re.split(rf"^##+ \[{re.escape(section)}\]$", part, flags=re.MULTILINE)[1]
                body = re.split(r"^##", body, maxsplit=1, flags=re.MULTILINE)[0]
                assert wanted <= set(re.findall(r"`([^`]+)`", body)), section


def test_an_option_that_nothing_reads_is_said_to_be_unread(generator: ModuleType) -> None:
    sources = [path for path in PACKAGE.rglob("*.py") if path.name not in ("option_table.py", "renames.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    unread = {name for name, option in OPTIONS.items() if option.is_used and f'"{name[1]}"' not in text}
    said = {name for name, caveat in generator.CAVEATS.items() if "ot read yet" in caveat}
    assert unread == said


def test_every_command_is_documented(generator: ModuleType) -> None:
    text = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    for name in generator.cli.commands_table:
        assert f"\n## {name}\n" in text


def test_every_cause_of_an_end_is_documented() -> None:
    text = (DOCS / "reference" / "exit-causes.md").read_text(encoding="utf-8")
    source = Path(str(messages.__file__)).read_text(encoding="utf-8")
    listed = [
        statement.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and node.name in ("Failed", "Lost")
        for field, statement in zip(node.body, node.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and field.target.id == "cause"
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
    ]
    causes = {word.strip() for line in listed for word in str(line).rstrip(".").split(",")}
    assert len(causes) >= 10
    assert {f"| `{cause}` |" for cause in causes} <= set(re.findall(r"^\| `\w+` \|", text, flags=re.MULTILINE))


def test_the_package_airflow_holds_names_only() -> None:
    files = sorted(
        path.relative_to(ROOT / "src" / "airflow").as_posix() for path in (ROOT / "src/airflow").rglob("*.py")
    )
    assert files == ["__init__.py"]
    tree = ast.parse((ROOT / "src" / "airflow" / "__init__.py").read_text(encoding="utf-8"))
    behaviour = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, behaviour)]
