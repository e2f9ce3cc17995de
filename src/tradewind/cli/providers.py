"""`airflow providers`."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import click

from tradewind.cli.lazy import group
from tradewind.cli.options import ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.services.errors import Unknown
from tradewind.services.providers import installed

providers = group("Show installed provider packages.")


def _row(name: str, found: metadata.Distribution) -> dict[str, Any]:
    return {"package_name": name, "description": found.metadata["Summary"] or "", "version": found.version}


@providers.command("list")
@output_option
@verbose_option
def list_(output: str) -> None:
    """List the provider packages in this environment."""
    print_rows([_row(name, found) for name, found in installed().items()], output)


@providers.command()
@click.argument("provider_name")
@click.option("-f", "--full", is_flag=True, help="Everything that the package says about itself.")
@ignored("--color")
@output_option
@verbose_option
def get(provider_name: str, full: bool, output: str) -> None:
    """Show one provider package."""
    known = installed()
    if provider_name not in known:
        raise Unknown("provider package", provider_name, known, hint="Install it with pip.")
    found = known[provider_name]
    row = _row(provider_name, found)
    if full:
        row |= {"requires": found.requires or [], "home_page": found.metadata["Home-page"] or ""}
    print_rows([row], output)


@providers.command()
@output_option
@verbose_option
def hooks(output: str) -> None:
    """List the connection types of the installed provider packages."""
    rows: list[dict[str, Any]] = []
    for point in metadata.entry_points(group="apache_airflow_provider"):
        package = point.dist.name if point.dist is not None else point.name
        about = point.load()()
        for kind in about.get("connection-types", []):
            rows.append(
                {
                    "connection_type": kind.get("connection-type"),
                    "class": kind.get("hook-class-name"),
                    "package_name": package,
                }
            )
    print_rows(sorted(rows, key=lambda row: str(row["connection_type"])), output)
