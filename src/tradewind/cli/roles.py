"""`airflow roles` and `airflow sync-perm`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tradewind.cli.lazy import HELP, group
from tradewind.cli.options import ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.services import roles as service

roles = group("Manage roles and what they may do.")


@roles.command("list")
@click.option("-p", "--permission", is_flag=True, help="Show what each may do, too.")
@output_option
@verbose_option
def list_roles(permission: bool, output: str) -> None:
    """List roles."""
    with services() as found:
        known = service.roles(found)
    if not permission:
        print_rows([{"name": role.name} for role in known], output)
        return
    rows = [
        {"name": role.name, "resource": grant.resource, "action": grant.action.value}
        for role in known
        for grant in sorted(role.grants, key=lambda grant: (grant.resource, grant.action.value))
    ]
    print_rows(rows, output)


@roles.command()
@click.argument("names", metavar="ROLE...", nargs=-1, required=True)
@verbose_option
def create(names: tuple[str, ...]) -> None:
    """Create roles. They may do nothing until `add-perms`."""
    with services() as found:
        for name in names:
            service.create_role(found, name)
    click.echo(f"Added {len(names)} role(s)")


@roles.command()
@click.argument("names", metavar="ROLE...", nargs=-1, required=True)
@verbose_option
def delete(names: tuple[str, ...]) -> None:
    """Delete roles of your own, and take them from everybody who has them."""
    with services() as found:
        for name in names:
            service.delete_role(found, name)
    click.echo(f"Deleted {len(names)} role(s)")


@roles.command("add-perms")
@click.argument("names", metavar="ROLE...", nargs=-1, required=True)
@click.option("-r", "--resource", "resources", multiple=True, required=True, help="DAGs, DAG:etl, Pools … Repeatable.")
@click.option("-a", "--action", "actions", multiple=True, required=True, help="can_read, can_edit … Repeatable.")
@verbose_option
def add_permissions(names: tuple[str, ...], resources: tuple[str, ...], actions: tuple[str, ...]) -> None:
    """Let roles do something more."""
    given = [f"{action} on {resource}" for resource in resources for action in actions]
    with services() as found:
        for name in names:
            kept = [str(grant) for grant in service.get_role(found, name).grants]
            service.update_role(found, name, [*kept, *given])
    click.echo(f"Added {len(given)} permission(s) to {', '.join(names)}")


@roles.command("del-perms")
@click.argument("names", metavar="ROLE...", nargs=-1, required=True)
@click.option("-r", "--resource", "resources", multiple=True, required=True, help="DAGs, DAG:etl, Pools … Repeatable.")
@click.option("-a", "--action", "actions", multiple=True, help="can_read, can_edit … Repeatable; none: all actions.")
@verbose_option
def delete_permissions(names: tuple[str, ...], resources: tuple[str, ...], actions: tuple[str, ...]) -> None:
    """Let roles do something no more."""
    with services() as found:
        for name in names:
            kept = [
                grant
                for grant in service.get_role(found, name).grants
                if grant.resource not in resources or (actions and grant.action.value not in actions)
            ]
            service.update_role(found, name, kept)
    click.echo(f"Permissions taken from {', '.join(names)}")


@roles.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@ignored("-p", "--pretty", flag=True)
@verbose_option
def export_roles(file: Path) -> None:
    """Write all roles to a JSON file."""
    with services() as found:
        rows = [
            {"name": role.name, "resource": grant.resource, "action": grant.action.value}
            for role in service.roles(found)
            for grant in sorted(role.grants, key=str)
        ]
        empty = [{"name": role.name, "resource": "", "action": ""} for role in service.roles(found) if not role.grants]
    file.write_text(json.dumps(sorted(rows + empty, key=lambda row: row["name"]), indent=4) + "\n")
    click.echo(f"Roles exported to {file}")


@roles.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@verbose_option
def import_roles(file: Path) -> None:
    """Create the roles of a JSON file, and give them what it says; built-in ones stay as they are."""
    try:
        rows = json.loads(file.read_text())
    except ValueError as error:
        raise click.ClickException(f"{file} is no JSON: {error}. Export roles to see how it is written.") from None
    with services() as found:
        names = service.import_roles(found, rows)
    click.echo(f"Imported: {', '.join(names) or 'nothing new'}")


@click.command("sync-perm", context_settings=HELP)
@ignored("--include-dags", flag=True)
@verbose_option
def sync_perm() -> None:
    """Nothing to do: built-in roles are part of tradewind, and a DAG's access_control counts at once."""
    click.echo(
        "Built-in roles are part of tradewind, and a DAG's access_control counts at once; there is nothing to update."
    )
