"""`airflow users`, `airflow roles` and `airflow sync-perm`."""

from __future__ import annotations

import click

from tradewind.cli.lazy import HELP, group
from tradewind.cli.options import ignored, verbose_option
from tradewind.cli.output import output_option, print_rows
from tradewind.cli.session import services
from tradewind.services import users as service

users = group("Manage the users of the web UI and the API.")
roles = group("Manage roles.")


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
            role=role,
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


def _password(given: str | None, random: bool) -> str:
    if given is not None and random:
        raise click.UsageError("Give --password or --use-random-password, not both.")
    if random:
        return service.random_password()
    if given is not None:
        return given
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="Repeat password"))


@roles.command("list")
@ignored("-p", "--permission", flag=True)
@output_option
@verbose_option
def list_roles(output: str) -> None:
    """List roles."""
    with services() as found:
        print_rows([{"name": name} for name in service.list_roles(found)], output)


@click.command(context_settings=HELP)
@ignored("--include-dags", flag=True)
@verbose_option
def sync_perm() -> None:
    """Nothing to do: roles are part of the database."""
    click.echo("Roles and permissions are part of the database; there is nothing to update.")
