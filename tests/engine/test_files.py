"""DAG files come, change and go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.world import World, dag
from tradewind.core.messages import Parsed
from tradewind.core.spec import DagSpec
from tradewind.engine.events import FilesChanged
from tradewind.engine.files import DagFiles
from tradewind.executors.instant import InstantExecutor
from tradewind.store.errors import StoreUnavailable

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


# --- saved together ----------------------------------------------------------------------------------------------------


@pytest.fixture
def world(folder: Path) -> World:
    world = World()
    object.__setattr__(world.engine.state.settings, "dags_folder", folder)
    world.engine.state.executor = Importing(world.executor)
    return world


def imported(world: World, path: Path, *specs: DagSpec) -> None:
    world.engine.state.emit(Parsed(host_id="h", file=str(path), source_digest=path.stem, source=TEXT, dags=list(specs)))
    world.engine.drain()


def look_at(world: World, folder: Path, *names: str) -> list[Path]:
    paths = [folder / f"{name}.py" for name in names]
    for path in paths:
        path.write_text(TEXT)
    changed(world.engine.files, *paths)
    return paths


def visible(world: World) -> list[str]:
    return [record.dag_id for record in world.store.dags.list()]


def test_a_file_alone_is_saved_as_soon_as_it_is_imported(world, folder):
    (path,) = look_at(world, folder, "a")
    imported(world, path, dag(dag_id="a"))
    assert visible(world) == ["a"]


def test_a_file_waits_for_those_that_are_still_imported_and_not_for_long(world, folder):
    first, second, third = look_at(world, folder, "a", "b", "c")
    imported(world, first, dag(dag_id="a"))
    imported(world, second, dag(dag_id="b"))
    assert visible(world) == []
    # The third loops for ever.
    world.clock.advance(timedelta(milliseconds=300))
    world.engine.drain()
    assert visible(world) == ["a", "b"]
    imported(world, third, dag(dag_id="c"))
    assert visible(world) == ["a", "b", "c"]


def test_the_last_one_brings_all_that_wait(world, folder):
    paths = look_at(world, folder, "a", "b")
    heard = []
    world.engine.files.heard = lambda report: heard.append(report.file)
    for path in paths:
        imported(world, path, dag(dag_id=path.stem))
    assert visible(world) == ["a", "b"]
    assert heard == [str(path) for path in paths]


def test_a_file_that_cannot_be_saved_keeps_none_of_the_others_from_being_seen(world, folder, caplog):
    paths = look_at(world, folder, "a", "bad", "c")
    save_files = world.store.dags.save_files

    def save(files, *args, **values):
        if any(parsed.file.endswith("bad.py") for parsed in files):
            raise ValueError("a text that the database does not take")
        return save_files(files, *args, **values)

    world.store.dags.save_files = save
    for path in paths:
        imported(world, path, dag(dag_id=path.stem))
    assert visible(world) == ["a", "c"]
    assert "bad.py could not be saved" in caplog.text
    imported(world, *look_at(world, folder, "later"), dag(dag_id="later"))
    assert visible(world) == ["a", "c", "later"]


def test_what_was_imported_while_the_database_was_away_is_saved_when_it_is_back(world, folder):
    paths = look_at(world, folder, "a", "b")
    save_files = world.store.dags.save_files

    def away(*_args, **_values):
        raise StoreUnavailable("gone")

    world.store.dags.save_files = away
    for path in paths:
        imported(world, path, dag(dag_id=path.stem))
    assert visible(world) == []
    world.store.dags.save_files = save_files
    world.clock.advance(timedelta(seconds=30))
    world.engine.drain()
    assert visible(world) == ["a", "b"]


def test_a_file_that_is_deleted_before_it_was_saved_leaves_nothing(world, folder):
    first, second = look_at(world, folder, "a", "b")
    imported(world, first, dag(dag_id="a"))
    first.unlink()
    changed(world.engine.files, first)
    imported(world, second, dag(dag_id="b"))
    assert visible(world) == ["b"]


def test_every_dag_of_a_file_with_very_many_is_known_to_the_engine(world, folder):
    (path,) = look_at(world, folder, "many")
    imported(world, path, *(dag(dag_id=f"dag_{number}") for number in range(1001)))
    assert len(visible(world)) == len(world.engine.state.catalog.dags) == 1001
