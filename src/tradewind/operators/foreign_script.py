"""The script that calls a function in an interpreter that knows nothing of tradewind."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

# Runs on Python 3.6 and later, and needs only the serializer.
_TEMPLATE = """\
from __future__ import annotations

import datetime as _datetime
import sys as _sys

import {serializer} as _serializer


def _date(text):
    try:
        import pendulum
    except ImportError:
        return _datetime.datetime.fromisoformat(text)
    return pendulum.parse(text)


with open(_sys.argv[1], "rb") as _file:
    _given = _serializer.load(_file)
virtualenv_string_args = _given["strings"]
_kwargs = dict(_given["kwargs"])
_kwargs.update((_name, _date(_text)) for _name, _text in _given["dates"].items())

{source}

try:
    _result = {name}(*_given["args"], **_kwargs)
except Exception as _error:
    with open(_sys.argv[3], "w", encoding="utf-8") as _file:
        _file.write("%s: %s" % (type(_error).__name__, _error))
    raise
with open(_sys.argv[2], "wb") as _file:
    _serializer.dump(_result, _file, protocol=4)
"""

_DECORATORS = frozenset({"task", "setup", "teardown"})


def foreign_script(name: str, source: str, serializer: str) -> str:
    """A script that calls the function `name`, whose `source` defines it.

    Its arguments are three paths: of the input, of the result, and of the error when the function raises.
    """
    return _TEMPLATE.format(name=name, source=source.rstrip(), serializer=serializer)


def source_of(function: Callable[..., Any]) -> str:
    """The source of a function, not indented, without the decorators that make a task of it."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    definition = ast.parse(source).body[0]
    lines = source.splitlines()
    for decorator in reversed(getattr(definition, "decorator_list", [])):
        if _root_name(decorator) in _DECORATORS:
            del lines[decorator.lineno - 1 : decorator.end_lineno]
    return "\n".join(lines)


def _root_name(node: ast.expr) -> str:
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
