"""`airflow users`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tradewind.cli.lazy import group
from tradewind.cli.options import verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.services import users as service

users = group("Manage the users of the web UI and the API.")


@users.command("list")
@output_option
@verbose_option
def list_users(output: str) -> None:
    """List users."""
    with services() as found:
        rows = [
            {
                "id": number,
                "username": user.username,
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "roles": list(user.roles),
            }
            for number, user in enumerate(service.list_users(found), 1)
        ]
    print_rows(rows, output)


@users.command()
@click.option("-u", "--username", required=True, help="Name to log in with.")
@click.option("-f", "--firstname", required=True)
@click.option("-l", "--lastname", required=True)
@click.option("-r", "--role", required=True, help="Admin, Op, User, Viewer or Public.")
@click.option("-e", "--email", required=True)
@click.option("-p", "--password", help="Asked for, twice, when it is not given.")
@click.option("--use-random-password", is_flag=True, help="Make a password up, and print it once.")
@verbose_option
def create(
    username: str,
    firstname: str,
    lastname: str,
    role: str,
    email: str,
    password: str | None,
    use_random_password: bool,
) -> None:
    """Create a user."""
    secret = _password(password, use_random_password)
    with services() as found:
        service.create_user(
            found,
            username=username,
            email=email,
            first_name=firstname,
            last_name=lastname,
            roles=[role],
            password=secret,
        )
    click.echo(f'User "{username}" created with role "{role}"')
    if use_random_password:
        click.echo(f"Password: {secret}")


@users.command()
@click.option("-u", "--username")
@click.option("-e", "--email")
@verbose_option
def delete(username: str | None, email: str | None) -> None:
    """Delete a user."""
    with services() as found:
        user = service.delete_user(found, username=username, email=email)
    click.echo(f'User "{user.username}" deleted')


@users.command("reset-password")
@click.option("-u", "--username")
@click.option("-e", "--email")
@click.option("-p", "--password", help="Asked for, twice, when it is not given.")
@click.option("--use-random-password", is_flag=True, help="Make a password up, and print it once.")
@verbose_option
def reset_password(username: str | None, email: str | None, password: str | None, use_random_password: bool) -> None:
    """Give a user a new password."""
    with services() as found:
        user = service.find_user(found, username=username, email=email)
        secret = _password(password, use_random_password)
        service.set_password(found, user, secret)
    click.echo(f'User "{user.username}" has a new password')
    if use_random_password:
        click.echo(f"Password: {secret}")


@users.command("add-role")
@click.option("-u", "--username")
@click.option("-e", "--email")
@click.option("-r", "--role", required=True)
@verbose_option
def add_role(username: str | None, email: str | None, role: str) -> None:
    """Give a user one more role."""
    with services() as found:
        user = service.add_role(found, service.find_user(found, username=username, email=email), role)
    click.echo(f'User "{user.username}" added to role "{role}"')


@users.command("remove-role")
@click.option("-u", "--username")
@click.option("-e", "--email")
@click.option("-r", "--role", required=True)
@verbose_option
def remove_role(username: str | None, email: str | None, role: str) -> None:
    """Take a role from a user."""
    with services() as found:
        user = service.remove_role(found, service.find_user(found, username=username, email=email), role)
    click.echo(f'User "{user.username}" removed from role "{role}"')


@users.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@verbose_option
def export_users(file: Path) -> None:
    """Write all users, without their passwords, to a JSON file."""
    with services() as found:
        rows = [
            {
                "username": user.username,
                "email": user.email,
                "firstname": user.first_name,
                "lastname": user.last_name,
                "roles": list(user.roles),
            }
            for user in service.list_users(found)
        ]
    file.write_text(json.dumps(rows, indent=4, sort_keys=True) + "\n")
    click.echo(f"{len(rows)} users exported to {file}")


@users.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@verbose_option
def import_users(file: Path) -> None:
    """Create or change users as a JSON file of `users export` says; new ones get random passwords."""
    try:
        rows = json.loads(file.read_text())
    except ValueError as error:
        raise click.ClickException(f"{file} is no JSON: {error}. Export users to see how it is written.") from None
    with services() as found:
        done = service.import_users(found, rows)
    for name in done.created:
        click.echo(f'User "{name}" created. `airflow users reset-password -u {name}` gives a password.')
    for name in done.updated:
        click.echo(f'User "{name}" updated')


def _password(given: str | None, random: bool) -> str:
    if given is not None and random:
        raise click.UsageError("Give --password or --use-random-password, not both.")
    if random:
        return service.random_password()
    if given is not None:
        return given
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="Repeat password"))
