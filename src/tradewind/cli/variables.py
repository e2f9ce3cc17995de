"""`airflow variables`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tradewind.cli.files import read_mapping, write_json
from tradewind.cli.lazy import group
from tradewind.cli.options import ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.services import variables as service
from tradewind.services.errors import Invalid, Unknown

variables = group("Manage variables: values that DAG files share.")


@variables.command("list")
@click.option("--show-values", is_flag=True, help="Show values and descriptions, too.")
@ignored("--hide-sensitive", flag=True)
@output_option
@verbose_option
def list_(show_values: bool, output: str) -> None:
    """List variables."""
    with services() as found:
        rows: list[dict[str, Any]] = [
            {"key": record.key, "value": record.value, "description": record.description}
            if show_values
            else {"key": record.key}
            for record in service.list_variables(found)
        ]
    print_rows(rows, output)


@variables.command()
@click.argument("key")
@click.option("-d", "--default", help="Printed when there is no such variable.")
@click.option("-j", "--json", "as_json", is_flag=True, help="Read the value as JSON.")
@verbose_option
def get(key: str, default: str | None, as_json: bool) -> None:
    """Print the value of a variable."""
    with services() as found:
        try:
            value: Any = service.get_variable(found, key).value
        except Unknown:
            if default is None:
                raise
            value = default
    if as_json:
        try:
            value = json.loads(value)
        except ValueError as error:
            raise Invalid(f"The value of variable '{key}' is no JSON: {error}. Leave out --json.") from None
    click.echo(value)


@variables.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--description", help="What it is for.")
@click.option("-j", "--json", "as_json", is_flag=True, help="Store the value as a JSON text.")
@verbose_option
def set_(key: str, value: str, description: str | None, as_json: bool) -> None:
    """Write a variable."""
    with services() as found:
        service.set_variable(found, key, value, description=description, as_json=as_json)
    click.echo(f"Variable {key} created")


@variables.command()
@click.argument("key")
@verbose_option
def delete(key: str) -> None:
    """Delete a variable."""
    with services() as found:
        existed = service.delete_variable(found, key)
    click.echo(f"Variable {key} deleted" if existed else f"There was no variable {key}")


@variables.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-a",
    "--action-on-existing-key",
    "action",
    type=click.Choice([action.value for action in service.OnExisting]),
    default="overwrite",
    show_default=True,
    help="What to do with a variable that exists.",
)
@verbose_option
def import_(file: Path, action: str) -> None:
    """Write the variables of a JSON, YAML or .env file."""
    values = read_mapping(file)
    with services() as found:
        done = service.import_variables(found, values, on_existing=service.OnExisting(action))
    click.echo(f"{len(done.written)} of {len(values)} variables successfully updated.")
    if done.skipped:
        click.echo(f"Skipped because they exist: {', '.join(done.skipped)}")


@variables.command()
@click.argument("file")
@verbose_option
def export(file: str) -> None:
    """Write all variables to a JSON file; `-` is stdout."""
    with services() as found:
        values = service.export_variables(found)
    write_json(file, values, f"{len(values)} Variables successfully exported")
