"""Import by path, and other questions about modules."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType
from typing import Any

_DOTTED = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")


def import_string(dotted_path: str) -> Any:
    """The object at `package.module.name`. Raises ImportError."""
    module, separator, name = dotted_path.rpartition(".")
    if not separator:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    found = importlib.import_module(module)
    try:
        return getattr(found, name)
    except AttributeError:
        raise ImportError(f'Module "{module}" does not define a "{name}" attribute/class') from None


def qualname(o: Any, use_qualname: bool = False) -> str:
    """`package.module.name` of a function or class, or of an object's class."""
    if callable(o) and hasattr(o, "__module__") and hasattr(o, "__name__"):
        return f"{o.__module__}.{o.__qualname__ if use_qualname else o.__name__}"
    kind = o if isinstance(o, type) else type(o)
    return kind.__qualname__ if kind.__module__ in (None, "builtins") else f"{kind.__module__}.{kind.__qualname__}"


def is_valid_dotpath(path: str) -> bool:
    """Whether `path` looks like an import path."""
    if not isinstance(path, str):
        raise TypeError("Path must be a string")
    return _DOTTED.match(path) is not None


def iter_namespace(namespace: ModuleType) -> Any:
    return pkgutil.iter_modules(namespace.__path__, namespace.__name__ + ".")
