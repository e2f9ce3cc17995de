"""DAG files come, change and go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.world import World
from tradewind.core.messages import Parsed
from tradewind.engine.events import FilesChanged
from tradewind.engine.files import DagFiles
from tradewind.executors.instant import InstantExecutor

TEXT = "from airflow import DAG\nDAG('d', schedule=None)\n"


class Importing(InstantExecutor):
    """Remembers what it was asked to import, and answers when told."""

    def __init__(self, like: InstantExecutor) -> None:
        self.__dict__.update(like.__dict__)
        self.parsed: list[str] = []
        self.retired: list[str] = []

    def parse(self, file: str, source_digest: str | None = None, source: str | None = None, keep: bool = False) -> None:
        self.parsed.append(Path(file).name)

    def retire(self, file: str) -> None:
        self.retired.append(Path(file).name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def files(folder: Path) -> tuple[DagFiles, Importing]:
    world = World()
    state = world.engine.state
    object.__setattr__(state.settings, "dags_folder", folder)
    executor = Importing(world.executor)
    state.executor = executor
    return world.engine.files, executor


def answer(found: DagFiles, path: Path, **values: object) -> None:
    found.parsed(Parsed(host_id="h", file=str(path), source_digest="x", source=TEXT, **values))  # type: ignore[arg-type]


def changed(found: DagFiles, *paths: Path) -> None:
    found.changed(FilesChanged(frozenset(map(str, paths))))


def test_a_new_file_is_imported_and_one_that_does_not_mention_a_dag_is_not(files, folder):
    found, executor = files
    (folder / "a.py").write_text(TEXT)
    (folder / "notes.py").write_text("print('hello')")
    changed(found, folder / "a.py", folder / "notes.py")
    assert executor.parsed == ["a.py"]


def test_a_file_that_is_written_while_it_is_imported_is_imported_once_more(files, folder):
    found, executor = files
    path = folder / "a.py"
    path.write_text(TEXT)
    changed(found, path)
    path.write_text(TEXT + "# more\n")
    changed(found, path)
    assert executor.parsed == ["a.py"]
    answer(found, path)
    assert executor.parsed == ["a.py", "a.py"]


def test_a_file_is_imported_again_when_a_module_it_reads_changes(files, folder):
    found, executor = files
    path, module = folder / "a.py", folder / "lib" / "settings.py"
    path.write_text(TEXT)
    changed(found, path)
    answer(found, path, depends_on=[str(module)])
    changed(found, module)
    assert executor.parsed == ["a.py", "a.py"]
    assert executor.retired == ["a.py"]  # its host has the old module


def test_a_file_is_imported_again_when_a_variable_it_read_changes(files, folder):
    found, executor = files
    path = folder / "a.py"
    path.write_text(TEXT)
    changed(found, path)
    answer(found, path, variables_read=["tables"])
    found.variables_changed(["other"])
    assert executor.parsed == ["a.py"]
    found.variables_changed(["tables"])
    assert executor.parsed == ["a.py", "a.py"]


def test_a_deleted_file_is_forgotten_and_found_again_when_it_comes_back(files, folder):
    found, executor = files
    path = folder / "a.py"
    path.write_text(TEXT)
    changed(found, path)
    answer(found, path)
    path.unlink()
    changed(found, path)
    path.write_text(TEXT)
    changed(found, path)
    assert executor.parsed == ["a.py", "a.py"]


def test_a_file_that_starts_to_be_ignored_is_forgotten(files, folder):
    found, _ = files
    path = folder / "a.py"
    path.write_text(TEXT)
    changed(found, path)
    answer(found, path)
    (folder / ".airflowignore").write_text("a.py")
    changed(found, folder / ".airflowignore")
    assert found.found() == []
