"""`airflow connections`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from tradewind.cli.errors import Refused
from tradewind.cli.files import read_mapping, write_text
from tradewind.cli.lazy import group
from tradewind.cli.options import JSON_OBJECT, ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.core.records import ConnectionRecord
from tradewind.services import connections as service
from tradewind.services.connection_tests import try_connection
from tradewind.services.connection_uri import (
    connection_from_json,
    connection_from_uri,
    extra_of,
    make_connection,
    uri_of,
)
from tradewind.services.errors import Invalid

connections = group("Manage connections: where and how tasks reach other systems.")


def _row(record: ConnectionRecord) -> dict[str, Any]:
    return {
        "conn_id": record.conn_id,
        "conn_type": record.conn_type,
        "description": record.description,
        "host": record.host,
        "schema": record.schema,
        "login": record.login,
        "password": record.password,
        "port": record.port,
        "extra_dejson": extra_of(record),
        "get_uri": uri_of(record),
    }


@connections.command("list")
@click.option("--conn-id", help="Only this one.")
@click.option("--show-values", is_flag=True, help="Show hosts, logins and passwords, too.")
@ignored("--hide-sensitive", flag=True)
@output_option
@verbose_option
def list_(conn_id: str | None, show_values: bool, output: str) -> None:
    """List connections."""
    with services() as found:
        records = service.list_connections(found, conn_id)
    rows = [_row(record) for record in records]
    if not show_values:
        rows = [{"conn_id": row["conn_id"], "conn_type": row["conn_type"]} for row in rows]
    print_rows(rows, output)


@connections.command()
@click.argument("conn_id")
@ignored("--color")
@output_option
@verbose_option
def get(conn_id: str, output: str) -> None:
    """Show one connection, with its password."""
    with services() as found:
        print_rows([_row(service.get_connection(found, conn_id))], output)


@connections.command()
@click.argument("conn_id")
@click.option("--conn-uri", help="The connection as a URI: type://login:password@host:port/schema.")
@click.option("--conn-json", type=JSON_OBJECT, help="The connection as a JSON object of its fields.")
@click.option("--conn-type", help="Its type, such as http or postgres.")
@click.option("--conn-description", help="What it is for.")
@click.option("--conn-host")
@click.option("--conn-login")
@click.option("--conn-password")
@click.option("--conn-schema")
@click.option("--conn-port")
@click.option("--conn-extra", help="A JSON object.")
@verbose_option
def add(
    conn_id: str,
    conn_uri: str | None,
    conn_json: dict[str, Any] | None,
    conn_type: str | None,
    conn_description: str | None,
    conn_host: str | None,
    conn_login: str | None,
    conn_password: str | None,
    conn_schema: str | None,
    conn_port: str | None,
    conn_extra: str | None,
) -> None:
    """Add a connection: by URI, by JSON, or by its fields."""
    fields = {
        "host": conn_host,
        "login": conn_login,
        "password": conn_password,
        "schema": conn_schema,
        "port": conn_port,
    }
    given = [name for name, value in fields.items() if value is not None]
    if sum([conn_uri is not None, conn_json is not None, conn_type is not None]) != 1:
        raise click.UsageError("Give exactly one of --conn-uri, --conn-json and --conn-type.")
    if conn_type is None and given:
        raise click.UsageError(f"--conn-{given[0]} goes with --conn-type, not with --conn-uri or --conn-json.")
    if conn_uri is not None:
        record = connection_from_uri(conn_id, conn_uri)
        extra = conn_extra or record.extra
        record = connection_from_json(conn_id, {**_fields(record), "extra": extra, "description": conn_description})
    elif conn_json is not None:
        record = connection_from_json(conn_id, conn_json)
    else:
        record = make_connection(conn_id, conn_type=conn_type, description=conn_description, extra=conn_extra, **fields)
    with services() as found:
        service.add_connection(found, record)
    click.echo(f"Successfully added `conn_id`={conn_id}")


@connections.command()
@click.argument("conn_id")
@ignored("--color")
@verbose_option
def delete(conn_id: str) -> None:
    """Delete a connection."""
    with services() as found:
        service.delete_connection(found, conn_id)
    click.echo(f"Successfully deleted connection with `conn_id`={conn_id}")


@connections.command()
@click.argument("conn_id")
@verbose_option
def test(conn_id: str) -> None:
    """Try whether a connection works, with its own hook. Needs [core] test_connection = Enabled."""
    with services() as found:
        works, message = try_connection(found, service.get_connection(found, conn_id))
    if not works:
        raise Refused(f"Connection {conn_id} does not work: {message}")
    click.echo(f"Connection {conn_id} works: {message}")


@connections.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace connections that exist.")
@verbose_option
def import_(file: Path, overwrite: bool) -> None:
    """Write the connections of a JSON, YAML or .env file."""
    with services() as found:
        done = service.import_connections(found, read_mapping(file), overwrite=overwrite)
    for conn_id in done.written:
        click.echo(f"Imported connection {conn_id}")
    for conn_id in done.skipped:
        click.echo(f"Connection {conn_id} exists already; --overwrite replaces it.", err=True)


@connections.command()
@click.argument("file")
@click.option("--file-format", type=click.Choice(["json", "yaml", "env"]), help="By default known by the file's name.")
@click.option("--format", "old_format", type=click.Choice(["json", "yaml", "env"]), hidden=True)
@click.option("--serialization-format", type=click.Choice(["json", "uri"]), help="How each connection is written.")
@verbose_option
def export(file: str, file_format: str | None, old_format: str | None, serialization_format: str | None) -> None:
    """Write all connections, passwords included, to a file; `-` is stdout."""
    kind = file_format or old_format or {".yaml": "yaml", ".yml": "yaml", ".env": "env"}.get(Path(file).suffix, "json")
    if serialization_format and kind != "env":
        raise Invalid("--serialization-format goes with --file-format env only. Leave it out.")
    with services() as found:
        records = service.list_connections(found)
    write_text(
        file, _exported(records, kind, serialization_format), f"{len(records)} Connections successfully exported"
    )


def _exported(records: list[ConnectionRecord], kind: str, serialization: str | None) -> str:
    if kind == "env":
        as_json = serialization == "json"
        lines = [f"{r.conn_id}={json.dumps(_fields(r)) if as_json else uri_of(r)}" for r in records]
        return "\n".join([*lines, ""])
    values = {record.conn_id: _fields(record) for record in records}
    if kind == "yaml":
        import yaml

        return str(yaml.safe_dump(values, allow_unicode=True, sort_keys=False))
    return json.dumps(values, indent=2, ensure_ascii=False)


def _fields(record: ConnectionRecord) -> dict[str, Any]:
    names = ("conn_type", "description", "login", "password", "host", "port", "schema", "extra")
    return {name: getattr(record, name) for name in names}
