"""The real Apache Airflow in the same environment: both bring the import name `airflow`, so neither would work.

Looks at folder names only, so that every command can afford it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

# apache-airflow-core exists since 3.0; before that, apache-airflow itself held the code. Our own marker for pip is a
# distribution named apache-airflow of version 3.
_REAL = re.compile(r"apache_airflow_core-(?P<core>[^-]+)\.dist-info|apache_airflow-(?P<old>[012]\.[^-]+)\.dist-info")


def installed(path: Iterable[str]) -> tuple[str, str] | None:
    """(distribution and version, folder) of the real Airflow below one of the import folders `path`; None without."""
    for folder in path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            found = _REAL.fullmatch(name)
            if found is not None:
                core, old = found["core"], found["old"]
                return (f"apache-airflow-core {core}" if core else f"apache-airflow {old}"), folder
    return None


def refusal(path: Iterable[str]) -> str | None:
    """What to tell the user when the real Airflow is installed, too."""
    found = installed(path)
    if found is None:
        return None
    what, folder = found
    return (
        f"The real Apache Airflow ({what}) is installed in {folder}. It and tradewind both bring the package "
        "`airflow`, so they cannot share an environment.\n"
        "  Install tradewind into a fresh one (python -m venv), or: pip uninstall apache-airflow apache-airflow-core "
        "apache-airflow-task-sdk && pip install --force-reinstall tradewind"
    )
