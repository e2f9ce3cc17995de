"""DagBag: the DAGs of a folder, as tests of DAG files load them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tradewind.configuration import conf
from tradewind.sdk.collect import collect_dags
from tradewind.sdk.dag import DAG


class DagBag:
    """Imports every Python file below `dag_folder` (default: the DAGs folder) that speaks of DAGs, in this process.

    `import_errors` maps files to what is wrong with them.
    """

    def __init__(
        self,
        dag_folder: str | os.PathLike[str] | None = None,
        include_examples: bool = False,
        safe_mode: bool = True,
        read_dags_from_db: bool = False,
        collect_dags: bool = True,
        **_: Any,
    ) -> None:
        self.dag_folder = os.fspath(dag_folder or conf.get("core", "dags_folder"))
        self.dags: dict[str, DAG] = {}
        self.import_errors: dict[str, str] = {}
        self.captured_warnings: dict[str, tuple[str, ...]] = {}
        self.safe_mode = safe_mode
        if collect_dags:
            self.collect_dags(self.dag_folder)

    def collect_dags(self, dag_folder: str | os.PathLike[str] | None = None, **_: Any) -> None:
        """Import the files below a folder, or one file."""
        for file in _python_files(os.fspath(dag_folder or self.dag_folder)):
            self.process_file(file)

    def process_file(self, filepath: str, only_if_updated: bool = True, safe_mode: bool | None = None) -> list[DAG]:
        """Import one file; its DAGs."""
        if (self.safe_mode if safe_mode is None else safe_mode) and not _speaks_of_dags(filepath):
            return []
        found = collect_dags(os.path.abspath(filepath))
        if found.problems:
            self.import_errors[filepath] = "\n".join(problem.message for problem in found.problems)
        if found.warnings:
            self.captured_warnings[filepath] = tuple(found.warnings)
        self.dags.update(found.dags)
        return list(found.dags.values())

    def bag_dag(self, dag: DAG, **_: Any) -> None:
        self.dags[dag.dag_id] = dag

    def get_dag(self, dag_id: str, session: Any = None) -> DAG | None:
        return self.dags.get(dag_id)

    @property
    def dag_ids(self) -> list[str]:
        return list(self.dags)

    def size(self) -> int:
        return len(self.dags)


def _python_files(folder: str) -> Iterator[str]:
    if os.path.isfile(folder):
        yield folder
        return
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.join(root, name)


def _speaks_of_dags(file: str) -> bool:
    """Airflow's cheap test: the file names both words somewhere."""
    with open(file, "rb") as opened:
        content = opened.read().lower()
    return b"dag" in content and (b"airflow" in content or b"tradewind" in content)
