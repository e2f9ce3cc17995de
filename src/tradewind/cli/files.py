"""Files that commands read and write."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tradewind.services.errors import Invalid


def read_mapping(path: Path) -> dict[str, Any]:
    """The object in a .json, .yaml, .yml or .env file. Raises Invalid."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"Cannot read {path}: {error.strerror}. Check the path.") from None
    except UnicodeDecodeError:
        raise Invalid(f"Cannot read {path}: it is not UTF-8 text. Save it as UTF-8.") from None
    found: Any
    if path.suffix == ".env":
        found = _read_env(path, text)
    elif path.suffix in (".yaml", ".yml"):
        import yaml

        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise Invalid(f"{path} is no YAML: {error}") from None
    else:
        try:
            found = json.loads(text)
        except ValueError as error:
            raise Invalid(f"{path} is no JSON: {error}. Other formats are known by .yaml and .env.") from None
    if not isinstance(found, dict):
        raise Invalid(f"{path} must hold an object that maps names to values.")
    return {str(name): value for name, value in found.items()}


def _read_env(path: Path, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, separator, value = stripped.partition("=")
        if not separator or not name.strip():
            raise Invalid(f"{path}, line {number}: write it as NAME=value.")
        found[name.strip()] = value
    return found


def write_text(file: str, text: str, done: str) -> None:
    """Write `text` to a file (mode 600: it may hold secrets) or, for `-`, to stdout; then say what was done."""
    if file in ("-", "/dev/stdout"):
        click.echo(text)
        click.echo(f"\n{done}.", err=True)
        return
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
            written.write(text)
    except OSError as error:
        raise Invalid(f"Cannot write {file}: {error.strerror}. Choose another path.") from None
    click.echo(f"{done} to {file}.")


def write_json(file: str, values: Mapping[str, Any], done: str) -> None:
    write_text(file, json.dumps(values, indent=4, ensure_ascii=False), done)
