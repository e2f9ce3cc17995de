"""Which classes a stored XCom may name: reading one imports their module and calls them.

Allowed are, without any setting, the classes that DAG files, and modules and plugins beside them, define: their code runs in
the task's process anyway. Beyond that `[core] allowed_deserialization_classes` decides, as in Airflow: names with `*`, with
blanks between (`airflow.*` by default), and `allowed_deserialization_classes_regexp`, which match the whole name.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from tradewind.configuration import conf

DAG_FILE_PREFIX: Final = "unusual_prefix_"
"""What the module names of DAG files begin with; see `collect.module_name`."""
# The blocks that ship with us are what Airflow's names stand for.
_OWN: Final = ("tradewind.*",)


def is_allowed(module: str, qualname: str) -> bool:
    """Whether `module.qualname` may be built from a stored text. Imports nothing."""
    name = f"{module}.{qualname}"
    if any(fnmatchcase(name, pattern) for pattern in (*_OWN, *_words("allowed_deserialization_classes"))):
        return True
    if any(_compiled(pattern).fullmatch(name) for pattern in _words("allowed_deserialization_classes_regexp")):
        return True
    return _belongs_to_dag_files(module)


def _words(option: str) -> list[str]:
    # Airflow separates by blanks; commas are what other lists have.
    return conf.get("core", option, fallback="").replace(",", " ").split()


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _belongs_to_dag_files(module: str) -> bool:
    """Whether it is a DAG file, or lies below the DAGs or plugins folder."""
    if module.startswith(DAG_FILE_PREFIX) and module in sys.modules:
        return True
    top = module.partition(".")[0]
    try:
        # Of a top-level module this only looks for the file.
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [spec.origin] if spec.origin else []
    return _are_below([*places, *(spec.submodule_search_locations or ())])


def _are_below(paths: Iterable[str]) -> bool:
    folders = [os.path.realpath(conf.get("core", name)) + os.sep for name in ("dags_folder", "plugins_folder")]
    found = [os.path.realpath(path) for path in paths]
    return bool(found) and all(any(path.startswith(folder) for folder in folders) for path in found)
