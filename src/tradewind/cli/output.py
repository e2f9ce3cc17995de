"""Rows as table, json, yaml or plain text, as Airflow prints them.

As there, single values are text in json and yaml, too (`"slots": "128"`); lists, objects and null stay what they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import click

FORMATS: Final = ("table", "json", "yaml", "plain")
Row = Mapping[str, Any]


def print_rows(rows: Iterable[Row], output: str, *, columns: Sequence[str] | None = None) -> None:
    """Print `rows`; `columns` chooses and orders what table and plain show (json and yaml show everything)."""
    found = list(rows)
    if output == "json":
        click.echo(json.dumps([_structured(row) for row in found], ensure_ascii=False))
    elif output == "yaml":
        import yaml

        click.echo(yaml.safe_dump([_structured(row) for row in found], allow_unicode=True))
    elif not found:
        if output == "table":
            click.echo("No data found")
    else:
        names = list(columns or found[0])
        texts = [[_text(row.get(name)) for name in names] for row in found]
        for line in (_table if output == "table" else _plain)(names, texts):
            click.echo(line.rstrip())


def _table(names: list[str], rows: list[list[str]]) -> list[str]:
    widths = _widths(names, rows)
    lines = [" | ".join(name.ljust(width) for name, width in zip(names, widths, strict=True))]
    lines.append("=+=".join("=" * width for width in widths))
    lines += [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return lines


def _plain(names: list[str], rows: list[list[str]]) -> list[str]:
    widths = _widths(names, rows)
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [names, *rows]]


def _widths(names: list[str], rows: list[list[str]]) -> list[int]:
    return [max(len(cell) for cell in column) for column in zip(names, *rows, strict=True)]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(_text(item) for item in value)
    return "None" if value is None else " ".join(str(value).splitlines())


def _structured(row: Row) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return str(value)


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o/--output`."""
    return click.option(
        "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How rows are printed."
    )(command)
