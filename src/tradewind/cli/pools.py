"""`airflow pools`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tradewind.cli.files import read_mapping, write_json
from tradewind.cli.lazy import group
from tradewind.cli.options import ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.core.records import PoolRecord
from tradewind.services import pools as service

pools = group("Manage pools: slots that tasks of all DAGs share.")


def _row(pool: PoolRecord) -> dict[str, Any]:
    return {
        "pool": pool.name,
        "slots": pool.slots,
        "description": pool.description,
        "include_deferred": pool.include_deferred,
    }


@pools.command("list")
@output_option
@verbose_option
def list_(output: str) -> None:
    """List pools."""
    with services() as found:
        print_rows([_row(pool) for pool in service.list_pools(found)], output)


@pools.command()
@click.argument("pool")
@output_option
@verbose_option
def get(pool: str, output: str) -> None:
    """Show one pool."""
    with services() as found:
        print_rows([_row(service.get_pool(found, pool))], output)


@pools.command("set")
@click.argument("pool")
@click.argument("slots", type=int)
@click.argument("description")
@click.option("--include-deferred", is_flag=True, help="Deferred tasks hold slots, too.")
@ignored("--team-name")
@output_option
@verbose_option
def set_(pool: str, slots: int, description: str, include_deferred: bool, output: str) -> None:
    """Make or change a pool. -1 slots: no limit."""
    record = PoolRecord(name=pool, slots=slots, description=description, include_deferred=include_deferred)
    with services() as found:
        service.set_pool(found, record)
    click.echo(f"Pool {pool} created")


@pools.command()
@click.argument("pool")
@output_option
@verbose_option
def delete(pool: str, output: str) -> None:
    """Delete a pool."""
    with services() as found:
        service.delete_pool(found, pool)
    click.echo(f"Pool {pool} deleted")


@pools.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@verbose_option
def import_(file: Path) -> None:
    """Write the pools of a JSON file."""
    with services() as found:
        done = service.import_pools(found, read_mapping(file))
    click.echo(f"Uploaded {len(done)} pool(s)")


@pools.command()
@click.argument("file")
@verbose_option
def export(file: str) -> None:
    """Write all pools to a JSON file; `-` is stdout."""
    with services() as found:
        values = service.export_pools(found)
    write_json(file, values, f"Exported {len(values)} pools")
