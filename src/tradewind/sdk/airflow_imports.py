"""Serves Airflow's import names: modules are made when they are imported, from the table in `airflow_names`.

The finder stands at the end of `sys.meta_path`, so whatever is really there — an installed provider package — wins.
"""

from __future__ import annotations

import dis
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

from tradewind.sdk.airflow_names import MODULES, NOT_YET, OF_PROVIDERS

# Families of providers: their packages have two parts, such as apache-airflow-providers-apache-spark.
_FAMILIES = frozenset({"apache", "atlassian", "cncf", "common", "dbt", "microsoft"})


def names_of(module: str) -> dict[str, tuple[str, str]]:
    """What `module` serves: name → (target module, target name)."""
    served: dict[str, tuple[str, str]] = {}
    for part in (MODULES.get(module) or OF_PROVIDERS.get(module) or "").split():
        target, _, names = part.partition(":")
        for name in names.split(","):
            shown, _, own = name.partition("=")
            served[shown] = (target, own or shown)
    return served


def is_served(module: str) -> bool:
    return module in MODULES or module in OF_PROVIDERS


def _belongs_to_later(module: str) -> bool:
    """Whether `module`, or a package it is in, comes later as a whole."""
    parts = module.split(".")
    return any(NOT_YET.get(".".join(parts[:end])) == "" for end in range(2, len(parts) + 1))


def _not_yet(what: str) -> str:
    return (
        f"{what} is not served by tradewind yet. Guard the import (`try: … except ImportError:`) if the file can do without it; "
        "docs/roadmap.md says what comes."
    )


class AirflowModule(ModuleType):
    """A module whose names are loaded when they are first used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return sorted(self._served())
        if name.startswith("__") and name.endswith("__") and name not in self._served():
            raise AttributeError(name)
        target = self._served().get(name)
        if target is not None:
            value = _load(*target)
            self.__dict__[name] = value
            return value
        full = f"{self.__name__}.{name}"
        if is_served(full) and "__path__" in self.__dict__:
            return importlib.import_module(full)
        message = self._missing(name)
        if _is_import_statement(sys._getframe(1)):
            raise ImportError(message, name=name, path=None)
        raise AttributeError(message)

    def __setattr__(self, name: str, value: Any) -> None:
        # The import of a submodule binds it in its package. Where a name of the package is spelt like that
        # (`airflow.decorators.task_group`), the name is what is meant, as in Airflow.
        if isinstance(value, AirflowModule) and name in self._served():
            return
        super().__setattr__(name, value)

    def _served(self) -> dict[str, tuple[str, str]]:
        found = self.__dict__.get("_tradewind_names")
        if found is None:
            found = self.__dict__["_tradewind_names"] = names_of(self.__name__)
        served: dict[str, tuple[str, str]] = found
        return served

    def _missing(self, name: str) -> str:
        if name in NOT_YET.get(self.__name__, "").split(",") or _belongs_to_later(f"{self.__name__}.{name}"):
            return _not_yet(f"{self.__name__}.{name}")
        return f"cannot import name {name!r} from {self.__name__!r}: tradewind serves no such name there."

    def __dir__(self) -> list[str]:
        below = [one[len(self.__name__) + 1 :] for one in MODULES if one.startswith(f"{self.__name__}.")]
        return sorted({*self.__dict__, *self._served(), *(one for one in below if "." not in one)})


def _load(target: str, path: str) -> Any:
    module = importlib.import_module(target)
    if path == "*":
        return module
    value: Any = module
    for part in path.split("."):
        value = getattr(value, part)
    return value


def _is_import_statement(frame: FrameType) -> bool:
    """Whether `frame` is just executing `from … import name`: only then may an ImportError stand for a missing name."""
    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and dis.opname[code[frame.f_lasti]] == "IMPORT_FROM"


class AirflowFinder:
    """Finds the modules of the table, and says what to install for a provider that is absent.

    A finder and loader in one. It does not name their base classes: importing those costs as much as all of this.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("airflow."):
            return None
        if is_served(fullname) or _is_family(fullname):
            is_package = _is_family(fullname) or _has_modules_below(fullname)
            loader: Any = self
            return ModuleSpec(fullname, loader, origin="tradewind", is_package=is_package)
        if _is_being_imported(sys._getframe(1)):
            if fullname.startswith("airflow.providers."):
                package = provider_of(fullname)
                if package is not None:
                    raise ModuleNotFoundError(
                        f"No module named {fullname!r}: its provider is not installed. Run: pip install {package}",
                        name=fullname,
                    )
            elif _belongs_to_later(fullname):
                raise ModuleNotFoundError(_not_yet(fullname), name=fullname)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return AirflowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        return None


def _is_family(module: str) -> bool:
    parent, _, name = module.rpartition(".")
    return parent == "airflow.providers" and name in _FAMILIES


def _has_modules_below(module: str) -> bool:
    prefix = f"{module}."
    return any(one.startswith(prefix) for one in (*MODULES, *OF_PROVIDERS, *NOT_YET))


def provider_of(module: str) -> str | None:
    """The distribution that brings `module`, when that is missing as a whole; None for a part of one that is there."""
    parts = module.split(".")[2:]
    depth = 2 if parts[0] in _FAMILIES else 1
    return f"apache-airflow-providers-{'-'.join(parts)}".replace("_", "-") if len(parts) == depth else None


def _is_being_imported(frame: FrameType) -> bool:
    """True for an import, False for `importlib.util.find_spec`, which only wants to know."""
    looking: FrameType | None = frame
    while looking is not None and looking.f_code.co_filename.startswith("<frozen importlib"):
        if looking.f_code.co_name == "_find_and_load_unlocked":
            return True
        looking = looking.f_back
    return False


def install() -> None:
    """Serve Airflow's names from now on. Done once by `import airflow`."""
    if not any(isinstance(finder, AirflowFinder) for finder in sys.meta_path):
        sys.meta_path.append(AirflowFinder())


def all_folders(own: Sequence[str]) -> list[str]:
    """The folders of package `airflow`: its own, and those in which installed providers put theirs."""
    found = list(own)
    for entry in sys.path:
        folder = os.path.join(entry, "airflow")
        if folder not in found and os.path.isdir(os.path.join(folder, "providers")):
            found.append(folder)
    return found
